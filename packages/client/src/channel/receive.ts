/** A message of somebody else, opened: compared with what the relay said of it, then stored. Spec: CL14 to CL19. */
import {
  channelGoneContent,
  CONTENT_CARD,
  CONTENT_CHANNEL_GONE,
  CONTENT_PROFILE,
  contactCard,
  decode,
  envelope,
  equalBytes,
  isOrigin,
  profileContent,
  RUNG_MS,
  toHex,
  type Entry,
  type Envelope,
} from "@sotto/protocol";
import { hearAbout } from "../annotations.ts";
import { hearBurnTime } from "../burn-time.ts";
import { burnDeadline } from "../burning.ts";
import { addNotice, changeConversation, learnContact, renameContact } from "../conversation.ts";
import { sessionOf, type Core } from "../core.ts";
import { hearInGroup } from "../group/hear.ts";
import { isGroup } from "../group/members.ts";
import { isSeen, scheduleBurn } from "../purge.ts";
import { channelGone } from "./broken.ts";
import { channels, type Channel } from "../stored/channel.ts";
import { conversations } from "../stored/conversation.ts";
import { items, RAW_ENVELOPE } from "../stored/message.ts";
import type { Turn } from "../turn.ts";
import { itemId, placeOf } from "./place.ts";

type MessageEntry = Extract<Entry, { kind: "message" }>;
type Received = Pick<Envelope, "messageId" | "burnMs" | "sentAt" | "contentKind" | "content">;
/** `author`: in a group. */
type Heard = Received & { readonly author: Uint8Array | undefined; readonly receivedAt: number };

/** `author` is the account that MLS authenticated. */
type OpenedMessage = {
  readonly entry: MessageEntry;
  readonly author: Uint8Array;
  readonly plaintext: Uint8Array;
};

export async function receive(core: Core, turn: Turn, cid: string, opened: OpenedMessage): Promise<void> {
  const { entry, author, plaintext } = opened;
  const channel = { ...turn.need(channels, cid), isHeard: true };
  turn.put(channels, cid, channel);
  if (turn.need(conversations, channel.conversation).remakes > 0)
    changeConversation(turn, channel.conversation, { remakes: 0 });
  const decoded = decode(envelope, plaintext.slice());
  if (decoded.ok && isAtOdds(core, cid, entry, decoded.value))
    addNotice(turn, channel.conversation, { kind: "log-conflict" });
  const message = decoded.ok ? decoded.value : unreadable(entry, plaintext);
  if (await isSeen(turn, channel.conversation, message.messageId)) return;
  const heard = {
    ...message,
    author: isGroup(turn, channel.conversation) ? author : undefined,
    receivedAt: entry.time,
  };
  if (!(await useContent(core, turn, channel, heard))) keep(core, turn, cid, entry, heard);
}

/** What its sender sealed is not what the relay shows: one of them changed it, or the relay shows two histories. */
function isAtOdds(core: Core, cid: string, entry: MessageEntry, inside: Envelope): boolean {
  if (inside.rung !== entry.rung || !equalBytes(inside.messageId, entry.messageId)) return true;
  const own = sessionOf(core, cid).heads.get(inside.seen.seq);
  return inside.seen.seq >= entry.seq || (own !== undefined && !equalBytes(own, inside.seen.head));
}

/** An envelope of a newer version: kept whole, for as long as the relay was told to keep it. */
const unreadable = (entry: MessageEntry, plaintext: Uint8Array): Received => ({
  messageId: entry.messageId.slice(),
  burnMs: RUNG_MS[entry.rung],
  sentAt: entry.time,
  contentKind: RAW_ENVELOPE,
  content: plaintext.slice(),
});

/** Whether it was said to the client and not to the person. */
async function useContent(core: Core, turn: Turn, channel: Channel, message: Heard): Promise<boolean> {
  const { author } = message;
  if (hearBurnTime(turn, channel.conversation, message)) return true;
  if (await hearAbout(core, turn, channel.conversation, message)) return true;
  if (author !== undefined) return hearInGroup(turn, channel.conversation, { ...message, author });
  if (message.contentKind === CONTENT_PROFILE) {
    const profile = decode(profileContent, message.content);
    if (profile.ok) renameContact(turn, channel.conversation, profile.value.name);
    return true;
  }
  if (message.contentKind === CONTENT_CHANNEL_GONE) {
    const gone = decode(channelGoneContent, message.content);
    if (gone.ok) await channelGone(core, turn, channel.conversation, toHex(gone.value.cid));
    return true;
  }
  if (message.contentKind !== CONTENT_CARD) return false;
  const card = decode(contactCard, message.content);
  const { id } = turn.need(conversations, channel.conversation);
  if (card.ok && isOrigin(card.value.endpoint.url) && equalBytes(card.value.accountId, id))
    learnContact(turn, channel.conversation, { card: card.value });
  return true;
}

function keep(core: Core, turn: Turn, cid: string, entry: MessageEntry, message: Heard): void {
  const channel = turn.need(channels, cid);
  const number = channel.conversation;
  const { burnMs, sentAt, messageId, contentKind, content, author } = message;
  const burnAt = burnDeadline({ burnMs, sentAt, receivedAt: entry.time });
  if (burnAt !== undefined && burnAt <= turn.believedNow) return; // it came too late
  const conversation = turn.need(conversations, number);
  const place = placeOf(entry.time, channel, conversation, false);
  const id = itemId(number, place, { cid, seq: entry.seq, isMine: false });
  const { epoch, seq, time } = entry;
  turn.save(items, id, {
    kind: "message",
    messageId,
    mine: false,
    author,
    cid: Uint8Array.fromHex(cid),
    epoch,
    seq,
    sentAt,
    receivedAt: time,
    burnMs,
    burnAt,
    contentKind,
    content,
  });
  scheduleBurn(core, turn, number, { itemId: id, messageId, burnAt });
  turn.put(channels, cid, { ...channel, lastPlace: place });
  changeConversation(turn, number, {
    lastPlaceTheirs: place,
    unread: conversation.unread + 1,
    firstUnread: conversation.firstUnread ?? id,
    changedAt: turn.now,
  });
  turn.changedItems.add(number);
}
