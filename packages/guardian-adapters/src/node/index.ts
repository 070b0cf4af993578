export { openRecordStore, type NodeRecordStore, type QueuedKill, type StoreProblem } from "./record-store.ts";
