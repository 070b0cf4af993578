export type * from "./mls/engine.ts";
export { FORWARD_GENERATIONS_MAX, KEPT_GENERATIONS_MAX } from "./mls/context.ts";
export { createTsMlsEngine } from "./mls/ts-mls-engine.ts";
