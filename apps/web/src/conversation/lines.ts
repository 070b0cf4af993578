/** From messages to what stands in the log: day separators, a line where the unread begin, groups of bubbles. */
import type { MessageKey, MessageView } from "@sotto/client";
import { dayOf, MINUTE_MS } from "../times.ts";

export type Line =
  | { readonly kind: "day"; readonly key: string; readonly time: number }
  | { readonly kind: "unread"; readonly key: string }
  | {
      readonly kind: "message";
      readonly key: string;
      readonly message: MessageView;
      /** First and last of a group: one author, one minute. */
      readonly isFirst: boolean;
      readonly isLast: boolean;
      /** Whether its author's name stands over it: in a group, where it is another one than before. */
      readonly showsAuthor: boolean;
    };

const isBubble = (message: MessageView): boolean => message.content.kind !== "notice";

const isSameAuthor = (a: MessageView, b: MessageView): boolean => a.mine === b.mine && a.author === b.author;

/** One author's bubbles of one minute. */
const isGroup = (a: MessageView | undefined, b: MessageView | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  isBubble(a) &&
  isBubble(b) &&
  isSameAuthor(a, b) &&
  Math.floor(a.time / MINUTE_MS) === Math.floor(b.time / MINUTE_MS);

export function messagesToLines(
  messages: readonly MessageView[],
  firstUnread: MessageKey | undefined,
): readonly Line[] {
  const lines: Line[] = [];
  messages.forEach((message, at) => {
    const before = messages[at - 1];
    const beginsDay = before === undefined || dayOf(before.time) !== dayOf(message.time);
    if (beginsDay) {
      lines.push({ kind: "day", key: `day-${dayOf(message.time)}`, time: message.time });
    }
    const beginsUnread = message.key === firstUnread;
    if (beginsUnread) lines.push({ kind: "unread", key: "unread" });
    const after = messages[at + 1];
    lines.push({
      kind: "message",
      key: message.key,
      message,
      isFirst: beginsUnread || !isGroup(before, message),
      isLast: after?.key === firstUnread ? true : !isGroup(message, after),
      showsAuthor:
        message.author !== undefined &&
        isBubble(message) &&
        (beginsDay || beginsUnread || !isBubble(before) || !isSameAuthor(before, message)),
    });
  });
  return lines;
}
