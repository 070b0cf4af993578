/**
 * The container's one encryption: `share(32) || ChaCha20-Poly1305(plaintext)`, RFC 8439, nonce zero, under the
 * single-use key HMAC-SHA256(key, share || context). Overwriting the share destroys the plaintext even for
 * somebody who holds the key. Spec: spec/container.md, CT3 and CT12.
 */
import { chacha20, chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, Secret, textToBytes, type RandomBytes } from "@sotto/protocol";

export const SHARE_BYTES = 32;
export const KEY_BYTES = 32;
/** What sealing adds: the share and the tag of 16 bytes. */
export const SEALED_BYTES_EXTRA = SHARE_BYTES + 16;

const NONCE = new Uint8Array(12);

export function deriveKey(key: Secret, label: string): Secret {
  return key.expose((ikm) => new Secret(hkdf(sha256, ikm, undefined, textToBytes(label), KEY_BYTES)));
}

export function seal(
  key: Secret,
  context: Uint8Array,
  plaintext: Uint8Array,
  random: RandomBytes,
): Uint8Array {
  const share = random(SHARE_BYTES);
  const once = onceKey(key, share, context);
  const sealed = chacha20poly1305(once, NONCE).encrypt(plaintext);
  once.fill(0);
  return concat(share, sealed);
}

/** Undefined when key, context or a single bit differs. */
export function unseal(key: Secret, context: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEALED_BYTES_EXTRA) return undefined;
  const once = onceKey(key, sealed.subarray(0, SHARE_BYTES), context);
  try {
    return chacha20poly1305(once, NONCE).decrypt(sealed.subarray(SHARE_BYTES));
  } catch {
    return undefined; // noble says "invalid tag" by throwing; the inputs' sizes are right by construction
  } finally {
    once.fill(0);
  }
}

const onceKey = (key: Secret, share: Uint8Array, context: Uint8Array): Uint8Array =>
  key.expose((bytes) => hmac(sha256, bytes, concat(share, context)));

/** Random bytes in bulk: a ChaCha20 stream under a key that nobody keeps. */
export function noise(random: RandomBytes, length: number): Uint8Array {
  const key = random(KEY_BYTES);
  const stream = chacha20(key, NONCE, new Uint8Array(length));
  key.fill(0);
  return stream;
}
