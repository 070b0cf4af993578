/** Own messages found in the log: they leave the outbox for their place in the conversation. Spec: OB6. */
import { CONTENT_TEXT, equalBytes, toHex, type Entry } from "@sotto/protocol";
import { burnDeadline } from "../burning.ts";
import { changeConversation, outboxOf, touchChannels } from "../conversation.ts";
import { sessionOf, type Core } from "../core.ts";
import { scheduleBurn } from "../purge.ts";
import { channels } from "../stored/channel.ts";
import { conversations, outboxEntries } from "../stored/conversation.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import { items } from "../stored/message.ts";
import type { Turn } from "../turn.ts";
import { itemId, placeOf } from "./place.ts";

export const outboxIdOf = (
  turn: Turn,
  number: ConversationNumber,
  messageId: Uint8Array,
): string | undefined =>
  outboxOf(turn, number).find((id) => equalBytes(turn.need(outboxEntries, id).messageId, messageId));

export function settleOwn(
  core: Core,
  turn: Turn,
  cid: string,
  outboxId: string,
  entry: Extract<Entry, { kind: "message" | "erased" }>,
): void {
  const channel = turn.need(channels, cid);
  const number = channel.conversation;
  const message = turn.need(outboxEntries, outboxId);
  const conversation = turn.need(conversations, number);
  const place = placeOf(entry.time, channel, conversation, true);
  turn.remove(outboxEntries, outboxId);
  turn.put(channels, cid, {
    ...channel,
    lastPlace: place,
    lastOwn: entry.seq,
    ownSinceUpdate: channel.ownSinceUpdate + 1,
  });
  changeConversation(turn, number, { lastPlaceMine: place });
  const { burnMs, sentAt, contentKind, content, messageId } = message;
  const burnAt = burnDeadline({ burnMs, sentAt, receivedAt: entry.time });
  if (
    message.state === "waiting" &&
    contentKind === CONTENT_TEXT &&
    (burnAt === undefined || burnAt > turn.believedNow)
  ) {
    const id = itemId(number, place, { cid, seq: entry.seq, isMine: true });
    const { epoch, seq, time } = entry;
    turn.save(items, id, {
      kind: "message",
      messageId,
      mine: true,
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
  }
  const session = sessionOf(core, cid);
  if (session.appending === toHex(messageId)) session.appending = undefined;
  turn.changedItems.add(number);
  touchChannels(turn, number);
}
