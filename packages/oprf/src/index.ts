export * from "./envelope.ts";
export * from "./group.ts";
export * from "./link.ts";
export * from "./shares.ts";
export * from "./voprf.ts";
