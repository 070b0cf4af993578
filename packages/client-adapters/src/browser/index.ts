export { openOpfsBlockFile } from "./block-file.ts";
export { clock, createAlarm, randomBytes } from "./clock.ts";
export { createCarry, fetchUnlockOffer } from "../carry.ts";
export { createDial } from "./dial.ts";
export { createBlobTransport } from "../blob-transport.ts";
export { fileToSource } from "./file-source.ts";
