/**
 * What `grantBlob` answers: the right to put one blob, under a MAC of this service. It lies with the client alone, so
 * that no stored byte ties a blob to the channel it was granted for. Spec: spec/blob.md, BL2.
 */
import {
  concat,
  constant,
  decode,
  encode,
  equalBytes,
  lp,
  rung,
  struct,
  uint,
  type TypeOf,
} from "@sotto/protocol";
import type { KeyRing } from "./ports.ts";

const grantCodec = struct({
  version: constant(1, "blob grant version 1"),
  bytes: uint,
  rung,
  /** Nothing is put from then on. */
  until: uint,
});
export type BlobGrant = TypeOf<typeof grantCodec>;

const MAC_BYTES = 32;

/** The id is not in the token but under its MAC: with another id it is nothing. */
const macOf = (keyRing: KeyRing, blobId: Uint8Array, named: Uint8Array): Uint8Array =>
  keyRing.ticketMac(lp("sotto/blob-grant/v1", keyRing.relayId, blobId, named));

export function grantToBytes(
  keyRing: KeyRing,
  blobId: Uint8Array,
  grant: Omit<BlobGrant, "version">,
): Uint8Array {
  const named = encode(grantCodec, { version: 1, ...grant });
  return concat(macOf(keyRing, blobId, named), named);
}

/** What the token grants for this id, if this service made it. Whether its time is over is for the caller to ask. */
export function bytesToGrant(keyRing: KeyRing, blobId: Uint8Array, bytes: Uint8Array): BlobGrant | undefined {
  const named = bytes.subarray(MAC_BYTES);
  if (!equalBytes(bytes.subarray(0, MAC_BYTES), macOf(keyRing, blobId, named))) return undefined;
  const decoded = decode(grantCodec, named);
  return decoded.ok ? decoded.value : undefined;
}
