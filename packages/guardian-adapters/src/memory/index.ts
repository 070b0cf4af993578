export { createMemoryRecordStore, type MemoryRecordStore, type SentMessage } from "./record-store.ts";
