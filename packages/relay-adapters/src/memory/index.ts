export { createMemoryBlobStore } from "./blob-store.ts";
export { createMemoryChannelStore } from "./channel-store.ts";
export { createMemoryWakeups } from "./wakeups.ts";
