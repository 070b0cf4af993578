/** In place of where one writes, once one is in a group no longer: why, and that nothing more comes. */
import type { ConversationView } from "@sotto/client";
import type { JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { Icon } from "../parts/icon.tsx";
import { nameWords } from "../words.ts";

export const Over = ({ view }: { readonly view: ConversationView }): JSX.Element => (
  <p class="over" role="status">
    <Icon name="leave" />
    <span>{overWords(view)}</span>
  </p>
);

/** The reason burns as everything does: then that it is over is all there is to say. */
function overWords({ messages }: ConversationView): string {
  const last = messages.findLast(
    ({ content }) =>
      content.kind === "notice" && (content.notice.kind === "left" || content.notice.kind === "removed"),
  );
  if (last?.content.kind !== "notice") return m.over();
  const { notice } = last.content;
  if (notice.kind === "left") return m.over_left();
  if (notice.kind === "removed" && notice.by !== undefined)
    return m.over_removed_by({ name: nameWords(notice.by) });
  return m.over_removed();
}
