/**
 * Now and then each connection is asked something, in turn for another channel: a connection that died unnoticed is
 * found by the answer that does not come, and a push that got lost by the page that does. Spec: CL13.
 */
import { lineId } from "./line/line-id.ts";
import { channelCircuit } from "./channel/drive.ts";
import { sessionOf, type Core } from "./core.ts";
import { channels } from "./stored/channel.ts";
import type { Turn } from "./turn.ts";

const PROBE_MS = 60_000;

export function probe(core: Core, turn: Turn): void {
  core.agenda.set("probe", turn.now + PROBE_MS);
  const cidsByLine = new Map<string, string[]>();
  for (const [cid, channel] of core.resident.values(channels)) {
    const line = lineId(channel.endpoint, channelCircuit(channel));
    if (channel.state === "live") cidsByLine.set(line, [...(cidsByLine.get(line) ?? []), cid]);
  }
  for (const cids of cidsByLine.values()) {
    const cid = cids[core.probes++ % cids.length];
    if (cid === undefined) continue;
    sessionOf(core, cid).hasRead = false;
    turn.touch(`channel/${cid}`);
  }
  core.inbox.hasRead = false;
  turn.touch("inbox");
}
