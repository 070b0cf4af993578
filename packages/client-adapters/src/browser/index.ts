export { openOpfsBlockFile } from "./block-file.ts";
export { clock, createAlarm, randomBytes } from "./clock.ts";
export { createDial } from "./dial.ts";
