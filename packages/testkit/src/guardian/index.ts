export * from "./device.ts";
export * from "./hostile-client.ts";
export { random } from "./identity.ts";
export * from "./on-files.ts";
export * from "./world.ts";
