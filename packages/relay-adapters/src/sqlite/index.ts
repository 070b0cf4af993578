export { openBlobStore } from "./blob-store.ts";
export { createSqliteChannelStore } from "./channel-store.ts";
export { addCode, isCodeUnused } from "./codes.ts";
export type { JournalProblem } from "./journal-row.ts";
export { openDatabase, type OpenProblem } from "./schema.ts";
export { SETTLE_MS, TRUNCATE_MS } from "./settling.ts";
