export { createMemoryChannelStore } from "./channel-store.ts";
export { createMemoryWakeups } from "./wakeups.ts";
