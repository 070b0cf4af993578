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
  turn: Turn,
  number: ConversationNumber,
  message: { readonly itemId: string; readonly messageId: Uint8Array; readonly burnAt: number | undefined },
): void {
  const idKey = seenId(number, message.messageId);
  turn.save(seenIds, idKey, { itemKey: message.itemId });
  if (message.burnAt === undefined) return;
  turn.save(dues, `${timeKey(message.burnAt)}/${idKey}`, { kind: "burn", itemKey: message.itemId, idKey });
}

/** Forgets what is due, and says when to come again. */
export async function purge(core: Core, turn: Turn): Promise<void> {
  const due = turn.keys(dues.prefix, dues.prefix + timeKey(turn.believedNow + 1));
  for (const key of due.slice(0, DUES_PER_TURN)) await forget(turn, key.slice(dues.prefix.length));
  if (due.length > DUES_PER_TURN) turn.later.add("burn");
  expireUnsent(turn);
  const next = nextDue(core, turn);
  // The alarm counts by the own clock.
  core.agenda.set("burn", next === undefined ? undefined : turn.now + Math.max(0, next - turn.believedNow));
}

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

function nextDue(core: Core, turn: Turn): number | undefined {
  const [first] = core.records.list(dues.prefix, { limit: 1 });
  let next = first === undefined ? undefined : keyTime(first.slice(dues.prefix.length));
  for (const id of turn.ids(outboxEntries)) {
    const { state, burnMs, sentAt } = turn.need(outboxEntries, id);
    if (state === "waiting" && burnMs > 0) next = Math.min(next ?? Infinity, sentAt + burnMs);
  }
  return next;
}
