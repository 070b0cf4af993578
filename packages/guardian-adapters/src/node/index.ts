export { guardianKeysOf, type FolderProblem } from "./data-folder.ts";
export { lockFolder } from "./folder-lock.ts";
export { startGossip, type Gossip } from "./gossip.ts";
export {
  createGuardianMount,
  listenGuardian,
  postEnvelope,
  type GuardianListener,
  type GuardianMount,
  type ListenProblem,
  type Served,
} from "./http.ts";
export { createGuardianKeys, nativeRandom, nativeUntil } from "./native.ts";
export {
  openRecordStore,
  type NodeRecordStore,
  type QueuedMessage,
  type StoreProblem,
} from "./record-store.ts";
export { startGuardian, type GuardianOptions, type RunningGuardian } from "./start-guardian.ts";
