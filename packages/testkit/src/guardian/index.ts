export * from "./device.ts";
export * from "./hostile-client.ts";
export * from "./world.ts";
