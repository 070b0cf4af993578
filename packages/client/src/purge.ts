/**
 * Forgetting. Every message that burns has a record under the time it burns at; when that time has come, by the
 * greatest time there is reason to believe, the message goes before anything is shown. Spec: spec/client.md, "Burning".
 */
import { toHex } from "@sotto/protocol";
import { REPEAT_REMEMBERED_MS } from "./burning.ts";
import { changeConversation } from "./conversation.ts";
import type { Core } from "./core.ts";
import { keyTime, timeKey, type ConversationNumber } from "./stored/keys.ts";
import { conversations, outboxEntries } from "./stored/conversation.ts";
import { dues, items, seenIds } from "./stored/message.ts";
import type { Turn } from "./turn.ts";

/** Records forgotten in one turn. */
const DUES_PER_TURN = 500;

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
  const due = turn.keys(dues.prefix, dues.prefix + timeKey(turn.believedNow + 1));
  for (const key of due.slice(0, DUES_PER_TURN)) await forget(turn, key.slice(dues.prefix.length));
  if (due.length > DUES_PER_TURN) turn.later.add("burn");
  expireUnsent(turn);
  turn.afterwards(() => {
    const next = nextDue(core);
    core.agenda.set("burn", next === undefined ? undefined : ownTime(turn, next));
  });
}

/** The alarm counts by the own clock, burning by the time that is believed. */
const ownTime = (turn: Turn, believed: number): number => turn.now + Math.max(0, believed - turn.believedNow);

async function forget(turn: Turn, id: string): Promise<void> {
  const due = await turn.load(dues, id);
  turn.save(dues, id, undefined);
  if (due === undefined) return;
  if (due.kind === "forget") return turn.save(seenIds, due.idKey, undefined);
  const number = due.itemKey.slice(0, due.itemKey.indexOf("/"));
  turn.save(items, due.itemKey, undefined);
  const forgetAt = timeKey(turn.believedNow + REPEAT_REMEMBERED_MS);
  turn.save(dues, `${forgetAt}/${due.idKey}`, { kind: "forget", idKey: due.idKey });
  turn.changedItems.add(number);
  const conversation = turn.get(conversations, number);
  if (conversation?.firstUnread === due.idKey.slice(-32))
    changeConversation(turn, number, { firstUnread: undefined });
}

/** OB7: never sent past its burn. What it said goes too; that it was not sent stays to be seen. */
function expireUnsent(turn: Turn): void {
  for (const id of turn.ids(outboxEntries)) {
    const entry = turn.need(outboxEntries, id);
    const burnAt = entry.burnMs === 0 ? undefined : entry.sentAt + entry.burnMs;
    if (entry.state !== "waiting" || burnAt === undefined || burnAt > turn.believedNow) continue;
    turn.put(outboxEntries, id, { ...entry, state: "expired", content: new Uint8Array(), sealed: undefined });
    turn.changedItems.add(id.slice(0, id.indexOf("/")));
  }
}

function nextDue(core: Core): number | undefined {
  const [first] = core.records.list(dues.prefix, { limit: 1 });
  let next = first === undefined ? undefined : keyTime(first.slice(dues.prefix.length));
  for (const { state, burnMs, sentAt } of core.resident.values(outboxEntries).values())
    if (state === "waiting" && burnMs > 0) next = Math.min(next ?? Infinity, sentAt + burnMs);
  return next;
}
