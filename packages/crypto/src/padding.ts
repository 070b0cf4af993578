/**
 * Sizes that say little: everything sealed grows to 256 · 2^k bytes, its own overhead included, so that an observer
 * learns the order of magnitude of a length and nothing more. Spec: spec/keys.md, CK6.
 */
import { assert } from "@sotto/protocol";

const SMALLEST_BUCKET = 256;
const LENGTH_BYTES = 4;

/** The longest plaintext that fits a sealed whole of `limit` bytes. */
export const capacity = (limit: number, overhead: number): number => limit - overhead - LENGTH_BYTES;

/** u32 length, the plaintext, zeros: so long that with `overhead` it fills its bucket. */
export function pad(plaintext: Uint8Array, overhead: number, limit: number): Uint8Array {
  const needed = LENGTH_BYTES + plaintext.length + overhead;
  let bucket = SMALLEST_BUCKET;
  while (bucket < needed) bucket *= 2;
  assert(bucket <= limit, "the caller keeps to the limits of what is sealed");
  const padded = new Uint8Array(bucket - overhead);
  new DataView(padded.buffer).setUint32(0, plaintext.length);
  padded.set(plaintext, LENGTH_BYTES);
  return padded;
}

/** A view of `padded`; undefined where the length lies or the padding is not all zeros. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  if (padded.length < LENGTH_BYTES) return undefined;
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  if (length > padded.length - LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + length;
  return padded.subarray(end).every((byte) => byte === 0) ? padded.subarray(LENGTH_BYTES, end) : undefined;
}
