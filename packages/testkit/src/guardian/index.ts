export * from "./device.ts";
export * from "./hostile-client.ts";
export * from "./on-files.ts";
export * from "./world.ts";
