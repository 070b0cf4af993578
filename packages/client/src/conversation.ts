/** What happens to a conversation: it begins, is renamed, gets lines of ours, forgets. Spec: spec/client.md. */
import {
  encode,
  fromHex,
  profileContent,
  contactCard,
  channelGoneContent,
  CONTENT_CARD,
  CONTENT_CHANNEL_GONE,
  CONTENT_PROFILE,
  toHex,
  type ContactCard,
  type IdentityChain,
} from "@sotto/protocol";
import { isTheirs } from "./channel/place.ts";
import type { Core } from "./core.ts";
import { cardOf } from "./inbox/card.ts";
import { harmlessName } from "./names.ts";
import { conversationNumber, sequenceKey, timeKey, type ConversationNumber } from "./stored/keys.ts";
import {
  CHANNELS_MAX,
  FIRST_QUEUE_NUMBER,
  contacts,
  conversations,
  outboxEntries,
  type Conversation,
  type OutboxEntry,
} from "./stored/conversation.ts";
import { channels } from "./stored/channel.ts";
import { items, type StoredNotice } from "./stored/message.ts";
import { inboxes, profiles } from "./stored/profile.ts";
import type { Turn } from "./turn.ts";

/** `id`: of a contact's account, or of a group. */
export function conversationOf(turn: Turn, id: Uint8Array): ConversationNumber | undefined {
  const wanted = toHex(id);
  return turn.ids(conversations).find((number) => toHex(turn.need(conversations, number).id) === wanted);
}

export function startConversation(turn: Turn, id: Uint8Array, name: string): ConversationNumber {
  const profile = turn.need(profiles, "");
  const number = conversationNumber(profile.conversationCount);
  turn.put(profiles, "", { ...profile, conversationCount: profile.conversationCount + 1 });
  turn.put(conversations, number, {
    id,
    name: harmlessName(name),
    isVerified: false,
    unread: 0,
    draft: "",
    burnMs: undefined,
    firstUnread: undefined,
    lastPlaceMine: 0,
    lastPlaceTheirs: 0,
    channels: [],
    via: undefined,
    nextQueueNumber: FIRST_QUEUE_NUMBER,
    nextNoticeNumber: 0,
    changedAt: turn.now,
    remadeAt: 0,
    remakes: 0,
  });
  turn.changedRows.add(number);
  return number;
}

export function changeConversation(
  turn: Turn,
  number: ConversationNumber,
  change: Partial<Conversation>,
): Conversation {
  const changed = { ...turn.need(conversations, number), ...change };
  turn.put(conversations, number, changed);
  turn.changedRows.add(number);
  return changed;
}

export function learnContact(
  turn: Turn,
  number: ConversationNumber,
  learned: { readonly card?: ContactCard | undefined; readonly chain?: IdentityChain },
): void {
  const known = turn.get(contacts, number);
  turn.put(contacts, number, {
    card: learned.card ?? known?.card,
    chain: learned.chain ?? known?.chain,
  });
  turn.touch("backup");
}

/** The contact calls themselves something else now. */
export function renameContact(turn: Turn, number: ConversationNumber, name: string): void {
  const harmless = harmlessName(name);
  const before = turn.need(conversations, number).name;
  if (harmless === "" || harmless === before) return;
  changeConversation(turn, number, { name: harmless });
  if (before !== "") addNotice(turn, number, { kind: "contact-renamed", from: before, to: harmless });
}

/** After everything that is there. */
export function addNotice(turn: Turn, number: ConversationNumber, notice: StoredNotice): void {
  const conversation = turn.need(conversations, number);
  const place = Math.max(conversation.lastPlaceMine, conversation.lastPlaceTheirs);
  const id = `${number}/${timeKey(place)}~${sequenceKey(conversation.nextNoticeNumber)}`;
  turn.save(items, id, { kind: "notice", at: turn.now, notice });
  changeConversation(turn, number, { nextNoticeNumber: conversation.nextNoticeNumber + 1 });
  turn.changedItems.add(number);
}

/** Ids of the contact's messages that stand after this place. */
export const theirsAfter = (turn: Turn, number: ConversationNumber, itemId: string): readonly string[] =>
  turn
    .keys(`${items.prefix}${number}/`)
    .map((key) => key.slice(items.prefix.length))
    .filter((id) => id > itemId && isTheirs(id));

/** A channel more. The oldest that is of no use goes, should there be too many. */
export function addChannel(turn: Turn, number: ConversationNumber, cid: string): void {
  const { channels: known } = turn.need(conversations, number);
  const all = [...known.map(toHex).filter((one) => one !== cid), cid];
  const surplus =
    all.length > CHANNELS_MAX ? all.find((one) => turn.get(channels, one)?.state !== "live") : undefined;
  const kept = all.filter((one) => one !== surplus).slice(-CHANNELS_MAX);
  for (const gone of all.filter((one) => !kept.includes(one))) forgetChannel(turn, gone);
  changeConversation(turn, number, { channels: kept.map(fromHex) });
}

export function forgetChannel(turn: Turn, cid: string): void {
  turn.remove(channels, cid);
  turn.forgetGroup(cid);
}

const outboxId = (number: ConversationNumber, queueNumber: number): string =>
  `${number}/${sequenceKey(queueNumber)}`;

/** Ids of what waits in a conversation, oldest first. */
export const outboxOf = (turn: Turn, number: ConversationNumber): readonly string[] =>
  turn.ids(outboxEntries, `${number}/`);

export type ToSend = Pick<OutboxEntry, "messageId" | "burnMs" | "sentAt" | "contentKind" | "content">;

/** Durable with this turn, sent after it (OB2). */
export function queueMessage(turn: Turn, number: ConversationNumber, message: ToSend): void {
  const { nextQueueNumber } = turn.need(conversations, number);
  turn.put(outboxEntries, outboxId(number, nextQueueNumber), {
    ...message,
    state: "waiting",
    sealed: undefined,
  });
  changeConversation(turn, number, { nextQueueNumber: nextQueueNumber + 1 });
  turn.changedItems.add(number);
  touchChannels(turn, number);
}

export function touchChannels(turn: Turn, number: ConversationNumber): void {
  for (const cid of turn.need(conversations, number).channels) turn.touch(`channel/${toHex(cid)}`);
}

/** Tells the others this member's name, in the conversation itself. */
export function queueProfile(core: Core, turn: Turn, number: ConversationNumber): void {
  const { name } = turn.need(profiles, "");
  const content = encode(profileContent, { name });
  queueMessage(turn, number, unseen(core, turn, CONTENT_PROFILE, content));
}

/** Tells the others how to reach this member should the channel break. */
export function queueCard(core: Core, turn: Turn, number: ConversationNumber): void {
  const inbox = turn.get(inboxes, "");
  if (inbox === undefined) return;
  const card = cardOf(inbox, core.self.verified.accountId, "contacts");
  queueMessage(turn, number, unseen(core, turn, CONTENT_CARD, encode(contactCard, card)));
}

/** Tells the contact, before anything else, that a channel is of no use any more. */
export function queueGone(core: Core, turn: Turn, number: ConversationNumber, cid: string): void {
  const content = encode(channelGoneContent, { cid: fromHex(cid) });
  queueFirst(turn, number, [unseen(core, turn, CONTENT_CHANNEL_GONE, content)]);
}

/** Said by the client to the client; burns like everything else. */
function unseen(core: Core, turn: Turn, contentKind: number, content: Uint8Array): ToSend {
  return {
    messageId: core.randomBytes(16),
    burnMs: turn.need(profiles, "").policy.burnMaxMs,
    sentAt: turn.now,
    contentKind,
    content,
  };
}

/** Before everything that waits, in this order. */
export function queueFirst(turn: Turn, number: ConversationNumber, messages: readonly ToSend[]): void {
  const [first] = outboxOf(turn, number);
  const { nextQueueNumber } = turn.need(conversations, number);
  const before = first === undefined ? nextQueueNumber : Number.parseInt(first.slice(number.length + 1), 16);
  for (const [index, message] of messages.entries())
    turn.put(outboxEntries, outboxId(number, before - messages.length + index), {
      ...message,
      state: "waiting",
      sealed: undefined,
    });
  turn.changedItems.add(number);
  touchChannels(turn, number);
}
