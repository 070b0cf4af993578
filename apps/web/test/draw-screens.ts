/**
 * Draws docs/screens from the gallery, for the README and for whoever reviews a change of looks. Run it by hand:
 * what a font or a browser's version changes should not fail a test.
 */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { openWindow } from "@sotto/testkit/browser";
import type { SCENES } from "../src/gallery/scenes.ts";
import { openGallery, type Wish } from "./gallery.ts";

const FOLDER = resolve(import.meta.dirname, "../../../docs/screens");
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800 };

type Picture = {
  readonly name: string;
  readonly scene: keyof typeof SCENES;
  readonly size: typeof PHONE | typeof DESK;
  readonly wish: Wish;
};
const light: Wish = { theme: "light" };
const dark: Wish = { theme: "dark" };

const PICTURES: readonly Picture[] = [
  { name: "join-phone-light", scene: "join", size: PHONE, wish: light },
  { name: "lock-phone-dark", scene: "lock-wrong", size: PHONE, wish: dark },
  { name: "lock-phone-light", scene: "lock-trial", size: PHONE, wish: light },
  { name: "lock-desktop-light", scene: "lock", size: DESK, wish: light },
  { name: "pins-phone-light", scene: "pins", size: PHONE, wish: light },
  { name: "pins-desktop-dark", scene: "pins-trial", size: DESK, wish: dark },
  { name: "kit-phone-light", scene: "kit", size: PHONE, wish: light },
  { name: "decoy-phone-light", scene: "decoy", size: PHONE, wish: light },
  { name: "chats-phone-light", scene: "chats", size: PHONE, wish: light },
  { name: "chats-empty-phone-dark", scene: "chats-empty", size: PHONE, wish: dark },
  { name: "conversation-phone-light", scene: "conversation", size: PHONE, wish: light },
  { name: "conversation-desktop-dark", scene: "conversation", size: DESK, wish: dark },
  { name: "conversation-answers-phone-light", scene: "conversation-answers", size: PHONE, wish: light },
  { name: "conversation-answers-desktop-dark", scene: "conversation-answers", size: DESK, wish: dark },
  { name: "conversation-offline-phone-dark", scene: "conversation-offline", size: PHONE, wish: dark },
  { name: "chats-groups-phone-light", scene: "chats-groups", size: PHONE, wish: light },
  { name: "group-phone-light", scene: "group", size: PHONE, wish: light },
  { name: "group-desktop-dark", scene: "group", size: DESK, wish: dark },
  { name: "group-details-phone-light", scene: "group-details", size: PHONE, wish: light },
  {
    name: "group-remove-phone-german",
    scene: "group-remove",
    size: PHONE,
    wish: { ...light, language: "de" },
  },
  { name: "new-group-phone-light", scene: "new-group", size: PHONE, wish: light },
  { name: "add-phone-light", scene: "add", size: PHONE, wish: light },
  { name: "verify-phone-dark", scene: "verify", size: PHONE, wish: dark },
  { name: "verify-desktop-light", scene: "verify", size: DESK, wish: light },
  { name: "details-phone-german", scene: "details", size: PHONE, wish: { ...light, language: "de" } },
  { name: "me-desktop-light", scene: "me", size: DESK, wish: light },
  { name: "second-tab-phone-light", scene: "blocked-second-tab", size: PHONE, wish: light },
];

const gallery = await openGallery();
await mkdir(FOLDER, { recursive: true });
const windows = { phone: await openWindow(PHONE), desk: await openWindow(DESK) };
for (const { name, scene, size, wish } of PICTURES) {
  const window = size === PHONE ? windows.phone : windows.desk;
  await window.page.goto(gallery.address(scene, wish));
  await window.page.locator(".home, .threshold__body").waitFor();
  await window.page.locator("html[data-pressed]").waitFor({ state: "attached" });
  await window.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await window.page.waitForTimeout(300);
  await window.page.screenshot({ path: join(FOLDER, `${name}.png`) });
}
await Promise.all([windows.phone.close(), windows.desk.close()]);
await gallery.close();
