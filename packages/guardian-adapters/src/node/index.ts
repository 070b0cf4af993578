export { lockFolder } from "./folder-lock.ts";
export { startGossip, type Gossip } from "./gossip.ts";
export {
  createGuardianMount,
  listenGuardian,
  type GuardianListener,
  type ListenProblem,
  type Served,
} from "./http.ts";
export { createGuardianKeys, nativeRandom, nativeUntil } from "./native.ts";
export { openRecordStore, type NodeRecordStore, type QueuedKill, type StoreProblem } from "./record-store.ts";
