export * from "./deal.ts";
export * from "./manage.ts";
export { linkScalar, openShare, type Place } from "./slot-keys.ts";
export * from "./unlock.ts";
