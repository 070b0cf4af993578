/** Which suite a group is made with. Spec: spec/mls.md, MG25. */
import { assert, READERS_MAX } from "@sotto/protocol";
import type { Suite } from "./engine.ts";

/**
 * Devices. At this size X-Wing costs about what X25519 costs at 250, and its largest Commit and Welcome are within a third
 * of what a channel takes: docs/decisions/0017-groups-of-250-devices.md.
 */
const HYBRID_DEVICES_MAX = 100;

/** For a group that is to have `devices` devices, at most READERS_MAX. It keeps its suite for life, whoever joins later. */
export function suiteFor(devices: number): Suite {
  assert(devices >= 1 && devices <= READERS_MAX, "a group has between one device and a channel's readers");
  return devices <= HYBRID_DEVICES_MAX ? "x-wing" : "x25519";
}
