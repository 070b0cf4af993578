export * from "./member.ts";
export * from "./ports.ts";
export * from "./problems.ts";
export * from "./views.ts";
