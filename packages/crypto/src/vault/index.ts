export { makeDecoy, type DecoyFailure } from "./decoy.ts";
export { enrolPin, type EnrolmentFailure, type PinEnrolment, type VaultPorts } from "./enrol.ts";
export { readImage, type ImageFault, type VaultImage } from "./image.ts";
export type { Held } from "./held.ts";
export { UNOPENED_MAX, WRONG_PINS_MAX } from "./limits.ts";
export { changePin, hasPin, type ChangeFailure, type PinName } from "./pins.ts";
export {
  readVaultRecord,
  VAULT_RECORD_KEY,
  saveVaultRecord,
  wipeVaultRecord,
  type VaultRecord,
} from "./record.ts";
export { unlockPin, type PinFailure, type Unlocked } from "./unlock.ts";
export { upkeep } from "./upkeep.ts";
export {
  deadManAt,
  joinWipe,
  postWipe,
  setDeadMan,
  splitWipe,
  textToWipeShare,
  WIPE_HOLDERS,
  WIPE_HOLDERS_NEEDED,
  wipeBundle,
  wipeOverdue,
  wipeShareToText,
  type WipeBundle,
  type WipeShare,
} from "./wipe.ts";
