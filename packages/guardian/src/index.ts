export * from "./decisions.ts";
export { createGuardian, type Guardian } from "./guardian.ts";
export * from "./limits.ts";
export * from "./messages.ts";
export * from "./ports.ts";
export * from "./record.ts";
