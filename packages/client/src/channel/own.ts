/** Own messages found in the log: they leave the outbox for their place in the conversation. Spec: OB6. */
import { CONTENT_LEAVE, equalBytes, toHex, type Entry } from "@sotto/protocol";
import { forgetAnnotations, isDeleted, readTimeOf } from "../annotation-slots.ts";
import { noteSent } from "../annotations.ts";
import { learnOwnBurnTime } from "../burn-time.ts";
import { burnDeadline } from "../burning.ts";
import { changeConversation, outboxOf, touchChannels } from "../conversation.ts";
import { sessionOf, type Core } from "../core.ts";
import { leave } from "../group/leave.ts";
import { forgetFile } from "../file/forget.ts";
import { scheduleBurn } from "../purge.ts";
import { burnFromReading } from "../read-burn.ts";
import { channels } from "../stored/channel.ts";
import { conversations, outboxEntries } from "../stored/conversation.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import { DELETED, items } from "../stored/message.ts";
import type { Turn } from "../turn.ts";
import { isWritten } from "../written.ts";
import { itemId, placeOf } from "./place.ts";

export const outboxIdOf = (
  turn: Turn,
  number: ConversationNumber,
  messageId: Uint8Array,
): string | undefined =>
  outboxOf(turn, number).find((id) => equalBytes(turn.need(outboxEntries, id).messageId, messageId));

export async function settleOwn(
  core: Core,
  turn: Turn,
  cid: string,
  outboxId: string,
  entry: Extract<Entry, { kind: "message" | "erased" }>,
): Promise<void> {
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
  const isKept = message.state === "waiting" && (burnAt === undefined || burnAt > turn.believedNow);
  const idKey = `${number}/${toHex(messageId)}`;
  const { epoch, seq, time } = entry;
  if (!isWritten(contentKind)) {
    learnOwnBurnTime(turn, number, message);
    if (contentKind === CONTENT_LEAVE) leave(core, turn, number, { kind: "left" });
    await noteSent(core, turn, number, message, { cid: Uint8Array.fromHex(cid), seq });
  } else if (!isKept) {
    forgetAnnotations(turn, idKey);
    forgetFile(turn, idKey);
  } else {
    const id = itemId(number, place, { cid, seq, isMine: true });
    const said = (await isDeleted(turn, idKey))
      ? { contentKind: DELETED, content: new Uint8Array() }
      : { contentKind, content };
    turn.save(items, id, {
      kind: "message",
      messageId,
      mine: true,
      author: undefined,
      cid: Uint8Array.fromHex(cid),
      epoch,
      seq,
      sentAt,
      receivedAt: time,
      burnMs,
      burnAt,
      ...said,
    });
    scheduleBurn(core, turn, number, { itemId: id, messageId, burnAt });
    const readAt = await readTimeOf(turn, idKey);
    if (readAt !== undefined) await burnFromReading(core, turn, number, { itemId: id, idKey, readAt });
  }
  const session = sessionOf(core, cid);
  if (session.appending === toHex(messageId)) session.appending = undefined;
  turn.changedItems.add(number);
  touchChannels(turn, number);
}
