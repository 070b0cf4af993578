/** What the terminal prints: lines for people, one JSON value a line for programs. Spec: spec/terminal.md, TC2, TC3. */
import type { ConversationRow, ConversationView, MessageView } from "@sotto/client";

const MARKS = { waiting: "…", sent: "✓", delivered: "✓✓", failed: "!" } as const;

/** Text from others may hold terminal control sequences: only line breaks and visible characters pass. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, (one) =>
    one === "\n" ? "\n      " : "\ufffd",
  );

const clock = (time: number): string =>
  new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export function messageLine(conversation: Pick<ConversationView, "name">, message: MessageView): string {
  const author = message.mine ? "you" : conversation.name;
  const mark = message.mark === undefined ? "" : ` ${MARKS[message.mark]}`;
  return `${clock(message.time)} ${printable(author)}: ${printable(contentText(message))}${mark}`;
}

function contentText({ content }: MessageView): string {
  if (content.kind === "text") return content.text;
  if (content.kind === "unknown") return "(written by a newer version: update to read it)";
  return `(${content.notice.kind})`;
}

export const messageJson = (
  conversation: Pick<ConversationView, "id" | "name">,
  message: MessageView,
): string =>
  JSON.stringify({
    conversation: conversation.id,
    name: conversation.name,
    key: message.key,
    mine: message.mine,
    time: message.time,
    mark: message.mark,
    burnAt: message.burn?.burnAt,
    content: message.content,
  });

export function rowLine(row: ConversationRow): string {
  const unread = row.unread > 0 ? ` (${row.unread} new)` : "";
  const verified = row.isVerified ? " [verified]" : "";
  const state = row.state === "ready" ? "" : ` [${row.state}]`;
  const preview = row.preview === undefined ? "" : `  ${clock(row.preview.time)} ${row.preview.text}`;
  return `${row.id.slice(0, 8)}  ${printable(row.name)}${verified}${state}${unread}${printable(preview)}`;
}

export const rowJson = (row: ConversationRow): string =>
  JSON.stringify({
    id: row.id,
    name: row.name,
    verified: row.isVerified,
    unread: row.unread,
    state: row.state,
  });
