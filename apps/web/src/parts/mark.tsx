/** How far a message has come, as a drawing and a word. */
import type { Mark as MarkKind } from "@sotto/client";
import type { JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { Icon, type IconName } from "./icon.tsx";

const ICONS: Readonly<Record<MarkKind, IconName>> = {
  waiting: "clock",
  sent: "check",
  delivered: "checks",
  failed: "alert",
};

function markWords(mark: MarkKind): string {
  switch (mark) {
    case "waiting":
      return m.mark_waiting();
    case "sent":
      return m.mark_sent();
    case "delivered":
      return m.mark_delivered();
    case "failed":
      return m.mark_failed();
  }
}

export function Mark({ mark }: { readonly mark: MarkKind }): JSX.Element {
  return (
    <span class="mark" data-mark={mark} title={markWords(mark)}>
      <Icon name={ICONS[mark]} />
      <span class="unseen">{markWords(mark)}</span>
    </span>
  );
}
