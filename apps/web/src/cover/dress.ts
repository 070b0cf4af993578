/** The page's name, icon and manifest: the product's own, or its cover's. Nothing names the product before. */
import { effect } from "@preact/signals";
import * as m from "../paraglide/messages.js";
import { cover, type Cover } from "../preferences.ts";

function nameOf(worn: Cover): string {
  switch (worn) {
    case "none":
      return "Sotto";
    case "calculator":
      return m.cover_calculator();
    case "notes":
      return m.cover_notes();
  }
}

export function dress(head: HTMLHeadElement): void {
  effect(() => {
    const worn = cover.value;
    document.title = nameOf(worn);
    const place = worn === "none" ? "" : `covers/${worn}`;
    link(head, "icon", worn === "none" ? "/icon.svg" : `/${place}.svg`);
    link(head, "apple-touch-icon", worn === "none" ? "/icon-192.png" : `/${place}.svg`);
    link(head, "manifest", worn === "none" ? "/manifest.webmanifest" : `/${place}.webmanifest`);
  });
}

function link(head: HTMLHeadElement, rel: string, href: string): void {
  let element = head.querySelector<HTMLLinkElement>(`link[rel="${rel}"]`);
  if (element === null) {
    element = document.createElement("link");
    element.rel = rel;
    head.append(element);
  }
  element.href = href;
}
