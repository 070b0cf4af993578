/** A channel that is of no use any more: a new one takes its place, and what was not delivered moves. Spec: CL34. */
import { equalBytes, fromHex } from "@sotto/protocol";
import { addNotice, changeConversation, outboxOf, touchChannels } from "../conversation.ts";
import type { Core } from "../core.ts";
import { approach } from "../introduction/approach.ts";
import { channels, pendingCommits, type Channel } from "../stored/channel.ts";
import { contacts, conversations, introductions, outboxEntries } from "../stored/conversation.ts";
import { sequenceKey, type ConversationNumber } from "../stored/keys.ts";
import { items, type StoredItem } from "../stored/message.ts";
import type { Turn } from "../turn.ts";

const REMAKE_MS_MIN = 60_000;
const REMAKE_MS_MAX = 86_400_000;
/** Own messages of a conversation that are looked at, newest first, for being sent again. */
const RESENT_MAX = 1_000;

export async function breakChannel(core: Core, turn: Turn, cid: string): Promise<"broken"> {
  const channel = turn.need(channels, cid);
  turn.put(channels, cid, { ...channel, state: "broken", past: [] });
  turn.remove(pendingCommits, cid);
  turn.forgetGroup(cid);
  core.sessions.delete(cid);
  turn.changedRows.add(channel.conversation);
  await sendAgain(turn, cid, channel);
  await remake(turn, channel.conversation);
  return "broken";
}

/** The contact has made a newer channel: this one is read on, and sent to no more. */
export async function retireChannel(turn: Turn, cid: string): Promise<void> {
  const channel = turn.need(channels, cid);
  turn.put(channels, cid, { ...channel, state: "retired" });
  turn.remove(pendingCommits, cid);
  await sendAgain(turn, cid, channel);
}

/** Own messages that nobody has acknowledged go back to the front of the outbox, under the ids they had. */
async function sendAgain(turn: Turn, cid: string, channel: Channel): Promise<void> {
  const number = channel.conversation;
  const undelivered: { readonly id: string; readonly message: Extract<StoredItem, { kind: "message" }> }[] =
    [];
  for (const key of turn.keys(`${items.prefix}${number}/`).slice(-RESENT_MAX)) {
    const id = key.slice(items.prefix.length);
    const item = await turn.load(items, id);
    if (item?.kind !== "message" || !item.mine || item.seq <= channel.delivered) continue;
    if (equalBytes(item.cid, fromHex(cid))) undelivered.push({ id, message: item });
  }
  let queueNumber = firstQueueNumber(turn, number) - undelivered.length;
  for (const { id, message } of undelivered) {
    const { messageId, burnMs, sentAt, contentKind, content } = message;
    turn.save(items, id, undefined);
    turn.put(outboxEntries, `${number}/${sequenceKey(queueNumber++)}`, {
      messageId,
      burnMs,
      sentAt,
      contentKind,
      content,
      state: "waiting",
      sealed: undefined,
    });
  }
  turn.changedItems.add(number);
  touchChannels(turn, number);
}

function firstQueueNumber(turn: Turn, number: ConversationNumber): number {
  const [first] = outboxOf(turn, number);
  if (first === undefined) return turn.need(conversations, number).nextQueueNumber;
  return Number.parseInt(first.slice(number.length + 1), 16);
}

/** Through the contact's inbox, ever less often while it does not help. */
async function remake(turn: Turn, number: ConversationNumber): Promise<void> {
  const conversation = turn.need(conversations, number);
  const contact = await turn.load(contacts, number);
  if (contact?.card === undefined || turn.get(introductions, number) !== undefined) return;
  const waitMs = Math.min(REMAKE_MS_MAX, REMAKE_MS_MIN * 4 ** Math.min(conversation.remakes, 8));
  const notBefore = conversation.remakes === 0 ? 0 : conversation.remadeAt + waitMs;
  changeConversation(turn, number, { remakes: conversation.remakes + 1, remadeAt: turn.now });
  addNotice(turn, number, { kind: "remade" });
  approach(turn, number, contact.card, notBefore);
}
