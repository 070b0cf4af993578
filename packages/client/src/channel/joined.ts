/** A channel as it is when this device has just joined its group. */
import type { Endpoint } from "@sotto/protocol";
import type { Channel } from "../stored/channel.ts";
import type { ConversationNumber } from "../stored/keys.ts";

export const joinedChannel = (
  conversation: ConversationNumber,
  endpoint: Endpoint,
  start: { readonly epoch: number; readonly seq: number; readonly head: Uint8Array },
  updateDueAt: number,
): Omit<Channel, "ownLeaf" | "exported"> => ({
  conversation,
  endpoint,
  state: "live",
  createToken: undefined,
  toAdd: undefined,
  isHeard: true,
  epoch: start.epoch,
  log: { seq: start.seq, head: start.head },
  epochStart: start.seq,
  lastPlace: 0,
  lastOwn: 0,
  delivered: 0,
  ownSinceUpdate: 0,
  updateDueAt,
  past: [],
});
