/** A channel that is of no use any more: a new one takes its place, and what was not delivered moves. Spec: CL34, CL36. */
import { equalBytes, fromHex } from "@sotto/protocol";
import { undeliveredIn } from "../annotations.ts";
import {
  addNotice,
  changeConversation,
  queueFirst,
  queueGone,
  touchChannels,
  type ToSend,
} from "../conversation.ts";
import { groupOf, type Core } from "../core.ts";
import { isGroup } from "../group/members.ts";
import { approach } from "../introduction/approach.ts";
import { channels, pendingCommits, type Channel } from "../stored/channel.ts";
import { contacts, conversations, introductions } from "../stored/conversation.ts";
import { groups } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import { DELETED, items } from "../stored/message.ts";
import type { Turn } from "../turn.ts";
import { channelsOf } from "./choice.ts";
import { nextRemakeAt, noteRemake } from "./remakes.ts";

/** Own messages of a conversation that are looked at, newest first, for being sent again. */
const RESENT_MAX = 1_000;

export async function breakChannel(core: Core, turn: Turn, cid: string): Promise<"broken"> {
  const channel = turn.need(channels, cid);
  const number = channel.conversation;
  await leaveChannel(core, turn, cid, channel);
  addNotice(turn, number, { kind: "remade" });
  if (isGroup(turn, number)) {
    turn.touch(`knock/${number}`);
    return "broken";
  }
  queueGone(core, turn, number, cid);
  if (
    !channelsOf(turn, number).some((one) => one.channel.state === "live" || one.channel.state === "creating")
  )
    await remake(turn, number);
  return "broken";
}

/** The contact said that it is of no use any more. */
export async function channelGone(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  cid: string,
): Promise<void> {
  const channel = turn.get(channels, cid);
  if (channel?.conversation !== number || channel.state === "broken") return;
  await leaveChannel(core, turn, cid, channel);
  addNotice(turn, number, { kind: "remade" });
}

/** Its keys go; the record stays, because messages name it. */
export function endChannel(core: Core, turn: Turn, cid: string, channel: Channel): void {
  turn.put(channels, cid, { ...channel, state: "broken", past: [] });
  turn.remove(pendingCommits, cid);
  turn.forgetGroup(cid);
  core.sessions.delete(cid);
}

/** What was not delivered there is sent again in another. */
export async function leaveChannel(core: Core, turn: Turn, cid: string, channel: Channel): Promise<void> {
  endChannel(core, turn, cid, channel);
  await sendAgain(turn, cid, channel);
}

/**
 * The contact's chain has gone on. Whoever compared it compares again; and a channel in which a device stands that the
 * chain has revoked is of no use any more: nobody reads there but whoever has that device (CL36).
 */
export async function identityChanged(core: Core, turn: Turn, number: ConversationNumber): Promise<void> {
  changeConversation(turn, number, { isVerified: false });
  for (const group of turn.ids(groups)) touchChannels(turn, group); // their device may stand there
  addNotice(turn, number, { kind: "identity-changed" });
  for (const { cid, channel } of channelsOf(turn, number)) {
    if (channel.state === "broken") continue;
    const group = await groupOf(core, turn, cid);
    const others = group?.members().filter(({ leaf }) => leaf !== group.ownLeaf) ?? [];
    const areGenuine = others.every((one) => core.book.isGenuine(one.credential, one.signatureKey));
    if (!areGenuine) await leaveChannel(core, turn, cid, channel);
  }
}

/** Own messages that nobody has acknowledged go back to the front of the outbox, under the ids they had. */
async function sendAgain(turn: Turn, cid: string, channel: Channel): Promise<void> {
  const number = channel.conversation;
  const undelivered: ToSend[] = [];
  for (const key of turn.keys(`${items.prefix}${number}/`).slice(-RESENT_MAX)) {
    const id = key.slice(items.prefix.length);
    const item = await turn.load(items, id);
    if (item?.kind !== "message" || !item.mine || item.seq <= channel.delivered) continue;
    if (!equalBytes(item.cid, fromHex(cid)) || item.contentKind === DELETED) continue;
    turn.save(items, id, undefined);
    undelivered.push(item);
  }
  const about = await undeliveredIn(turn, number, { cid, delivered: channel.delivered });
  queueFirst(turn, number, [...undelivered.map(toSend), ...about]);
}

const toSend = ({ messageId, burnMs, sentAt, contentKind, content }: ToSend): ToSend => ({
  messageId,
  burnMs,
  sentAt,
  contentKind,
  content,
});

/** Through the contact's inbox, ever less often while it does not help. */
async function remake(turn: Turn, number: ConversationNumber): Promise<void> {
  const conversation = turn.need(conversations, number);
  const contact = turn.get(contacts, number);
  if (contact?.card === undefined || turn.get(introductions, number) !== undefined) return;
  const notBefore = nextRemakeAt(conversation);
  noteRemake(turn, number);
  approach(turn, number, contact.card, notBefore);
}
