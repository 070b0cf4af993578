export { createMemoryRecordStore, type MemoryRecordStore } from "./record-store.ts";
