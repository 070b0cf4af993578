/**
 * Forgetting. Every message that burns has a record under the time it burns at; when that time has come, by the
 * greatest time there is reason to believe, the message goes before anything is shown. Spec: spec/client.md, "Burning".
 */
import { toHex } from "@sotto/protocol";
import { forgetAnnotations } from "./annotation-slots.ts";
import { REPEAT_REMEMBERED_MS } from "./burning.ts";
import { isTheirs } from "./channel/place.ts";
import { changeConversation, theirsAfter } from "./conversation.ts";
import type { Core } from "./core.ts";
import { forgetFile } from "./file/forget.ts";
import { expireUploads } from "./file/upload.ts";
import { uploads } from "./stored/file.ts";
import { burnDrafts, nextDraftDue } from "./drafts.ts";
import { conversationIn, keyTime, timeKey, type ConversationNumber } from "./stored/keys.ts";
import { conversations, outboxEntries } from "./stored/conversation.ts";
import { dues, items, seenIds, type Due } from "./stored/message.ts";
import { readMany } from "./reading.ts";
import type { Turn } from "./turn.ts";
import { isWritten } from "./written.ts";

/** Records forgotten in one turn. */
const DUES_PER_TURN = 2_000;

const seenId = (number: ConversationNumber, messageId: Uint8Array): string => `${number}/${toHex(messageId)}`;

/** Whether this conversation has shown a message of this id before. */
export const isSeen = async (
  turn: Turn,
  number: ConversationNumber,
  messageId: Uint8Array,
): Promise<boolean> => (await turn.load(seenIds, seenId(number, messageId))) !== undefined;

/** Remembers the message's id, and when to forget the message. */
export function scheduleBurn(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  message: { readonly itemId: string; readonly messageId: Uint8Array; readonly burnAt: number | undefined },
): void {
  const idKey = seenId(number, message.messageId);
  turn.save(seenIds, idKey, { itemKey: message.itemId });
  const { burnAt } = message;
  if (burnAt === undefined) return;
  turn.afterwards(() => core.agenda.want("burn", ownTime(turn, burnAt)));
  turn.save(dues, `${timeKey(burnAt)}/${idKey}`, { kind: "burn", itemKey: message.itemId, idKey });
}

/** Forgets what is due, and says when to come again. */
export async function purge(core: Core, turn: Turn): Promise<void> {
  const due = core.records.list(dues.prefix, {
    to: dues.prefix + timeKey(turn.believedNow + 1),
    limit: DUES_PER_TURN,
  });
  const values = await readMany(core.records, due);
  for (const [index, key] of due.entries()) {
    const value = values[index];
    const parsed = value && dues.fromBytes(value);
    turn.write(key, null);
    if (parsed?.ok) forget(turn, parsed.value);
  }
  expireUnsent(turn);
  expireUploads(core, turn);
  burnDrafts(turn);
  turn.afterwards(() => {
    const next = nextDue(core);
    core.agenda.set("burn", next === undefined ? undefined : ownTime(turn, next));
  });
}

/** The alarm counts by the own clock, burning by the time that is believed. */
const ownTime = (turn: Turn, believed: number): number => turn.now + Math.max(0, believed - turn.believedNow);

function forget(turn: Turn, due: Due): void {
  if (due.kind === "forget") turn.save(seenIds, due.idKey, undefined);
  else forgetBurned(turn, due);
}

/** The message goes, and what counted it; its id is remembered for a while, so that a repeat does not come back. */
export function forgetBurned(
  turn: Turn,
  { itemKey, idKey }: { readonly itemKey: string; readonly idKey: string },
): void {
  const number = conversationIn(itemKey);
  turn.save(items, itemKey, undefined);
  forgetAnnotations(turn, idKey);
  forgetFile(turn, idKey);
  const forgetAt = timeKey(turn.believedNow + REPEAT_REMEMBERED_MS);
  turn.save(dues, `${forgetAt}/${idKey}`, { kind: "forget", idKey });
  turn.changedItems.add(number);
  turn.hasBurned = true;
  const { unread, firstUnread } = turn.need(conversations, number);
  if (firstUnread === undefined || !isTheirs(itemKey) || itemKey < firstUnread) return;
  const next = itemKey === firstUnread ? theirsAfter(turn, number, itemKey)[0] : firstUnread;
  changeConversation(turn, number, { unread: Math.max(0, unread - 1), firstUnread: next });
}

/** OB7: never sent past its burn. What it said goes too; that it was not sent stays to be seen. */
function expireUnsent(turn: Turn): void {
  for (const id of turn.ids(outboxEntries)) {
    const entry = turn.need(outboxEntries, id);
    const burnAt = entry.burnMs === 0 ? undefined : entry.sentAt + entry.burnMs;
    if (entry.state !== "waiting" || burnAt === undefined || burnAt > turn.believedNow) continue;
    const number = conversationIn(id);
    const emptied = { ...entry, state: "expired", content: new Uint8Array(), sealed: undefined } as const;
    if (isWritten(entry.contentKind)) turn.put(outboxEntries, id, emptied);
    else turn.remove(outboxEntries, id); // nobody is shown what clients say to each other
    forgetAnnotations(turn, seenId(number, entry.messageId));
    forgetFile(turn, seenId(number, entry.messageId));
    turn.changedItems.add(number);
  }
}

function nextDue(core: Core): number | undefined {
  const [first] = core.records.list(dues.prefix, { limit: 1 });
  let next = first === undefined ? undefined : keyTime(first.slice(dues.prefix.length));
  for (const { state, burnMs, sentAt } of core.resident.values(outboxEntries).values())
    if (state === "waiting" && burnMs > 0) next = Math.min(next ?? Infinity, sentAt + burnMs);
  for (const { burnMs, sentAt } of core.resident.values(uploads).values())
    if (burnMs > 0) next = Math.min(next ?? Infinity, sentAt + burnMs);
  const draft = nextDraftDue(core.resident);
  return draft === Infinity ? next : Math.min(next ?? draft, draft);
}
