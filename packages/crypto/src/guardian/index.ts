export * from "./deal.ts";
export { linkScalar, openShare } from "./slot-keys.ts";
export * from "./unlock.ts";
