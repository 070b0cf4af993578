/** Where messages stand in a conversation: the same order on every device that reads the same logs. Spec: CL20. */
import { sequenceKey, timeKey, type ConversationNumber } from "../stored/keys.ts";
import type { Channel } from "../stored/channel.ts";
import type { Conversation } from "../stored/conversation.ts";

/**
 * The relay's receipt time, made to run forward: within a channel by its log, and for each side over all its channels,
 * so that no relay's clock puts a later message of somebody before an earlier one.
 */
export const placeOf = (
  time: number,
  channel: Pick<Channel, "lastPlace">,
  conversation: Pick<Conversation, "lastPlaceMine" | "lastPlaceTheirs">,
  isMine: boolean,
): number =>
  Math.max(time, channel.lastPlace, isMine ? conversation.lastPlaceMine : conversation.lastPlaceTheirs);

/** Ties are broken by channel, then by the log. */
export const itemId = (number: ConversationNumber, place: number, cid: string, seq: number): string =>
  `${number}/${timeKey(place)}${cid.slice(0, 8)}${sequenceKey(seq)}`;
