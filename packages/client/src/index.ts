export { createMember, type OpenFailure } from "./create-member.ts";
export { createProfile, type Joining } from "./create-profile.ts";
export { follow, type Take } from "./follow.ts";
export * from "./member.ts";
export { harmlessName } from "./names.ts";
export * from "./ports.ts";
export * from "./problems.ts";
export type { MemberPorts } from "./running-member.ts";
export * from "./views.ts";
