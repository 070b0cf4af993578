/** AES-256-GCM (NIST SP 800-38D) under a fresh random nonce, padded to a bucket: nonce (12) || ciphertext || tag (16). */
import { gcm } from "@noble/ciphers/aes.js";
import { concat, type RandomBytes, type Secret } from "@sotto/protocol";
import { capacity, pad, unpad } from "./padding.ts";

const NONCE_BYTES = 12;
const OVERHEAD_BYTES = NONCE_BYTES + 16;

export const sealedCapacity = (limit: number): number => capacity(limit, OVERHEAD_BYTES);

export function sealPadded(
  key: Secret,
  associated: Uint8Array,
  plaintext: Uint8Array,
  limit: number,
  randomBytes: RandomBytes,
): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const padded = pad(plaintext, OVERHEAD_BYTES, limit);
  const ciphertext = key.expose((bytes) => gcm(bytes, nonce, associated).encrypt(padded));
  padded.fill(0);
  return concat(nonce, ciphertext);
}

/** Undefined for whatever was not sealed under this key for this place. */
export function openPadded(key: Secret, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < OVERHEAD_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  try {
    return unpad(key.expose((bytes) => gcm(bytes, nonce, associated).decrypt(sealed.subarray(NONCE_BYTES))));
  } catch {
    return undefined;
  }
}
