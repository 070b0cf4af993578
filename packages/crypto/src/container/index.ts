export * from "./block-file.ts";
export {
  createContainer,
  openContainer,
  type Container,
  type ContainerFault,
  type CreateOptions,
  type KeySource,
  type ProfileKey,
  type Region,
  type UnlockFailure,
} from "./container.ts";
export { BOXES, IMAGE_BYTES_MAX, type Box } from "./header.ts";
export { containerBytes, REGION_BYTES_DEFAULT, REGION_BYTES_MIN, type Geometry } from "./geometry.ts";
export {
  argon2idStretch,
  changePassphrase,
  createPassphraseSource,
  enrolPassphrase,
  type Enrolment,
  type Stretch,
} from "./passphrase.ts";
export { Unreadable, type CommitFailure, type Records, type Write } from "./records.ts";
export type { RegionFault } from "./recover.ts";
export type { Range } from "./sorted-keys.ts";
