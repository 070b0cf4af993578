/**
 * What a device that PINs open keeps for everybody to see: with whom it is registered and what it asks with. It has the
 * same shape for one, two or three PINs. Spec: spec/vault.md, "Image".
 */
import {
  bool,
  decode,
  encode,
  err,
  fixed,
  GUARDIAN_URL_BYTES_MAX,
  GUARDIANS_MAX,
  list,
  ok,
  optional,
  secretField,
  struct,
  text,
  u8,
  uint,
  URL_BYTES_MAX,
  type Result,
  type TypeOf,
} from "@sotto/protocol";
import type { BlockFault, Container } from "../container/index.ts";
import { UNOPENED_MAX } from "./limits.ts";

/** An OPEN that was not answered. Sent again it gives back what its EVAL was charged. */
const unopened = struct({ sid: fixed(16), commitment: fixed(32), response: fixed(32) });

const seat = struct({
  x: u8,
  gid: fixed(32),
  gx: fixed(32),
  url: text(GUARDIAN_URL_BYTES_MAX),
  rid: fixed(16),
  publicShare: fixed(32),
  deviceSeed: secretField(32),
  /** Taken by the guardian or not: whoever asks tries it first, until the guardian said that it has it. */
  nextSeed: optional(secretField(32)),
  /** The guardian's counter when it was last heard (GD17). */
  counter: uint,
  unopened: list(UNOPENED_MAX, unopened),
});
export type VaultSeat = TypeOf<typeof seat>;

const deadMan = struct({
  /** So long without an unlock, and the device wipes itself. Milliseconds. */
  afterMs: uint,
  /** A signed WIPE for each seat, in order: the device has no other way to reach its guardians while it is locked. */
  certificates: list(GUARDIANS_MAX, fixed(64)),
});

const imageCodec = struct({
  version: u8,
  threshold: u8,
  seats: list(GUARDIANS_MAX, seat),
  deviceSecret: secretField(32),
  /** The relay that carries envelopes. */
  relayUrl: text(URL_BYTES_MAX),
  /** One guardian, or several in one hand: the person is warned. */
  isTrial: bool,
  /** Wrong PINs since one opened, and when that was. */
  wrongPins: u8,
  openedAt: uint,
  lockIdleMs: uint,
  lockHiddenMs: uint,
  deadMan: optional(deadMan),
});
export type VaultImage = TypeOf<typeof imageCodec>;

const IMAGE_VERSION = 1;

export type ImageFault = { readonly kind: "newer" | "damaged" } | BlockFault;

/** Undefined where no PIN opens. */
export async function readImage(container: Container): Promise<Result<VaultImage | undefined, ImageFault>> {
  const bytes = await container.readImage();
  if (!bytes.ok || bytes.value === undefined) return bytes.ok ? ok(undefined) : bytes;
  if ((bytes.value[0] ?? 0) > IMAGE_VERSION) return err({ kind: "newer" });
  const image = decode(imageCodec, bytes.value);
  return image.ok ? image : err({ kind: "damaged" });
}

export async function saveImage(container: Container, image: VaultImage): Promise<Result<void, BlockFault>> {
  const bytes = encode(imageCodec, image);
  const saved = await container.writeImage(bytes);
  bytes.fill(0);
  return saved;
}

export const withSeats = (image: VaultImage, change: (seat: VaultSeat) => VaultSeat): VaultImage => ({
  ...image,
  seats: image.seats.map(change),
});
