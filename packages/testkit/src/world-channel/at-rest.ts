/** What must be true of a channel when all is well again and everything under way has arrived: SM15, SM16. */
import { equalBytes } from "@sotto/protocol";
import type { Channel, Node } from "./channel-world.ts";

export async function checkAtRest(
  { host, ledger, place }: Channel,
  nodes: readonly Node[],
  at: number,
): Promise<void> {
  const kept = await host.inspect(place.cid);
  if (kept === undefined) return ledger.violate("SM16", "the channel is gone");
  for (const node of nodes) {
    const state = node.disks[at];
    if (state === undefined) continue;
    if (state.outbox.length > 0)
      ledger.violate("SM16", `${node.name} still has ${state.outbox.length} to send`);
    if (state.seq !== kept.lastSeq)
      ledger.violate("SM16", `${node.name} is at ${state.seq} of ${kept.lastSeq}`);
    else if (state.epoch !== kept.epoch)
      ledger.violate("SM16", `${node.name} is in epoch ${state.epoch} of ${kept.epoch}`);
    else if (!equalBytes(state.head, kept.head)) ledger.violate("SM16", `${node.name} has another head`);
    if (state.unacknowledged.length > 0) ledger.violate("SM16", `${node.name} cannot acknowledge`);
  }
  for (const messageId of ledger.missing()) ledger.violate("SM16", `message ${messageId} was lost`);
  for (const seq of kept.bodiesAt) ledger.violate("SM15", `the body at ${seq} outlived its last reader`);
}

/** After the longest rung nothing is left to read, whoever has been away. */
export async function checkBurnt({ host, ledger, place }: Channel): Promise<void> {
  const kept = await host.inspect(place.cid);
  for (const seq of kept?.bodiesAt ?? []) ledger.violate("SM15", `the body at ${seq} outlived its burn`);
}
