export type * from "./mls/engine.ts";
