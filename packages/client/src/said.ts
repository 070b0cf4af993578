/** What was said about messages, read for showing them. Spec: spec/client.md, "About a message". */
import { toHex } from "@sotto/protocol";
import { fileToView } from "./file/view.ts";
import type { Records } from "./ports.ts";
import { readMany } from "./reading.ts";
import { annotations, type Annotation } from "./stored/annotation.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { DELETED } from "./stored/message.ts";
import type { Burn, MessageView, Reaction, Version } from "./views.ts";
import { readBurnMs, readWritten } from "./written.ts";

/** By messageId, hexadecimal: in the order of their slots, edits oldest first. */
export type Said = ReadonlyMap<string, readonly Annotation[]>;

const NOTHING_SAID: Said = new Map();

export async function readSaid(
  records: Records,
  number: ConversationNumber,
  messageIds: ReadonlySet<string>,
): Promise<Said> {
  const start = `${annotations.prefix}${number}/`;
  const idOf = (key: string): string => key.slice(start.length, start.length + 32);
  const keys = records.list(start).filter((key) => messageIds.has(idOf(key)));
  if (keys.length === 0) return NOTHING_SAID; // mostly, and then nothing need be waited for
  const values = await readMany(records, keys);
  const said = new Map<string, Annotation[]>();
  for (const [at, key] of keys.entries()) {
    const value = values[at];
    const annotation = value && annotations.fromBytes(value);
    if (!annotation?.ok) continue;
    const all = said.get(idOf(key));
    if (all === undefined) said.set(idOf(key), [annotation.value]);
    else all.push(annotation.value);
  }
  return said;
}

type Message = {
  readonly messageId: Uint8Array;
  readonly sentAt: number;
  readonly contentKind: number;
  readonly content: Uint8Array;
};

/** What a message says now; undefined where it is of a kind that cannot be shown. */
export function contentNow(
  { messageId, sentAt, contentKind, content }: Message,
  said: Said,
): Exclude<MessageView["content"], { kind: "notice" | "unknown" }> | undefined {
  const about = said.get(toHex(messageId)) ?? [];
  if (contentKind === DELETED || about.some((one) => one.about.kind === "deletion"))
    return { kind: "deleted" };
  const written = readWritten(contentKind, content);
  if (written === undefined) return undefined;
  const versions: Version[] = [{ text: written.text, time: sentAt }];
  for (const { about: one, sentAt: time } of about)
    if (one.kind === "edit") versions.push({ text: one.text, time });
  const text = versions.at(-1)?.text ?? "";
  const edits = versions.slice(0, -1);
  return {
    kind: "text",
    text,
    edits,
    ...(written.isForwarded && { isForwarded: true }),
    ...(written.file !== undefined && { file: fileToView(written.file) }),
  };
}

/** From when it was read, or else its upper bound. */
export function burnNow(
  message: Pick<Message, "messageId" | "contentKind" | "content"> & Omit<Burn, "reading">,
  said: Said,
): Burn {
  const { burnAt, burnMs } = message;
  const afterMs = readBurnMs(message);
  if (afterMs === undefined) return { burnAt, burnMs, reading: undefined };
  const read = (said.get(toHex(message.messageId)) ?? []).find(({ about }) => about.kind === "read");
  if (read === undefined) return { burnAt, burnMs, reading: { afterMs, at: undefined } };
  const at = read.sentAt;
  return { burnAt: Math.min(burnAt, at + afterMs), burnMs: afterMs, reading: { afterMs, at } };
}

/** `nameOf`: of whoever said it, in a group. */
export function reactionsTo(
  messageId: Uint8Array,
  said: Said,
  nameOf: (annotation: Annotation) => string | undefined,
): readonly Reaction[] {
  const found = (said.get(toHex(messageId)) ?? []).flatMap((one) => {
    const { about, mine } = one;
    const isThere = about.kind === "reaction" && about.emoji !== "";
    return isThere ? [{ emoji: about.emoji, mine, author: nameOf(one) }] : [];
  });
  return found.toSorted((a, b) => Number(b.mine) - Number(a.mine));
}

export const isPinned = (messageId: Uint8Array, said: Said): boolean =>
  (said.get(toHex(messageId)) ?? []).some(({ about }) => about.kind === "pin" && about.isPinned);

/** What shows a message differently. */
const CHANGES: readonly string[] = ["edit", "deletion", "pin"];

/** What one says about a message oneself and the relay does not have yet: an edit or deletion, a reaction. */
export function unsentAbout(
  messageId: Uint8Array,
  said: Said,
): { readonly isChanging: boolean; readonly isReacting: boolean } {
  const unsent = (said.get(toHex(messageId)) ?? []).filter(({ mine, sent }) => mine && sent === undefined);
  return {
    isChanging: unsent.some(({ about }) => CHANGES.includes(about.kind)),
    isReacting: unsent.some(({ about }) => about.kind === "reaction"),
  };
}
