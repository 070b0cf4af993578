export * from "./deal.ts";
export * from "./manage.ts";
export { boxKey, linkScalar, openShare, type Place } from "./slot-keys.ts";
export * from "./unlock.ts";
