export { createSqliteChannelStore, SETTLE_MS, TRUNCATE_MS } from "./channel-store.ts";
export { addCode, isCodeUnused } from "./codes.ts";
export { openDatabase, type OpenProblem } from "./schema.ts";
