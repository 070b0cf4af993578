export { clock, createAlarm, randomBytes } from "./clock.ts";
export { createDial } from "./dial.ts";
export { openNodeBlockFile } from "./block-file.ts";
