/** Epochs that are over and were not known to be acknowledged. */
import { channels } from "../stored/channel.ts";
import type { Turn } from "../turn.ts";

export function forgetPast(turn: Turn, cid: string, epoch: number): void {
  const channel = turn.need(channels, cid);
  turn.put(channels, cid, { ...channel, past: channel.past.filter((one) => one.epoch !== epoch) });
}
