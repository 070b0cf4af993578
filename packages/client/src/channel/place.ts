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

/** Ties are broken by channel, then by the log. The last letter tells whose it is without reading it. */
export const itemId = (
  number: ConversationNumber,
  place: number,
  from: { readonly cid: string; readonly seq: number; readonly isMine: boolean },
): string =>
  `${number}/${timeKey(place)}${from.cid.slice(0, 8)}${sequenceKey(from.seq)}${from.isMine ? "m" : "t"}`;

/** Whether an item is a message of the contact. */
export const isTheirs = (id: string): boolean => id.endsWith("t");
