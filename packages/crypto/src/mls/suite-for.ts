/** Which suite a group is made with. Spec: spec/mls.md, "Suites". */
import { assert, READERS_MAX } from "@sotto/protocol";
import type { Suite } from "./engine.ts";

/**
 * Devices. In X-Wing a Commit can carry a ciphertext of 1.1 KB for every member and a Welcome a key of 1.2 KB: at this
 * size both are far within what a channel takes, and what a member writes for one message is what it is at 250 in X25519.
 */
const HYBRID_DEVICES_MAX = 100;

/** For a group that is to have `devices` devices, at most READERS_MAX. It keeps its suite for life, whoever joins later. */
export function suiteFor(devices: number): Suite {
  assert(devices >= 1 && devices <= READERS_MAX, "a group has between one device and a channel's readers");
  return devices <= HYBRID_DEVICES_MAX ? "x-wing" : "x25519";
}
