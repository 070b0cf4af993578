/**
 * Sotto under Node. A bot needs `createDevice` once, `openDevice` from then on, and `follow`;
 * docs/how-to/write-a-bot.md begins with one.
 */
export {
  createDevice,
  openDevice,
  type CreateDevice,
  type Device,
  type DeviceProblem,
  type OpenDevice,
} from "./device.ts";
export {
  follow,
  type Answer,
  type ConversationRow,
  type ConversationView,
  type Intent,
  type Member,
  type MemberView,
  type MessageView,
  type Problem,
  type Take,
} from "@sotto/client";
export { clock, createAlarm, randomBytes } from "./clock.ts";
export { createCarry, fetchUnlockOffer } from "../carry.ts";
export { createDial } from "./dial.ts";
export { openNodeBlockFile } from "./block-file.ts";
export { createBlobTransport } from "../blob-transport.ts";
export { openPicture, openSource } from "./file-source.ts";
