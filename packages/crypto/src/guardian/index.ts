export * from "./deal.ts";
export * from "./unlock.ts";
