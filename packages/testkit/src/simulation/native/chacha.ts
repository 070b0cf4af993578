/** Stands in for @noble/ciphers/chacha.js: see native-crypto.ts. */
export * from "@noble/ciphers/chacha.js"; // and in its place:
import { createCipheriv } from "node:crypto";
import { aead, type Aead } from "./aead.ts";

const IV_BYTES = 16;
const COUNTER_BYTES = 4;

/** OpenSSL has the counter in front of the nonce of RFC 8439, little-endian. */
export function chacha20(
  key: Uint8Array,
  nonce: Uint8Array,
  bytes: Uint8Array,
  _output?: undefined,
  counter = 0,
): Uint8Array<ArrayBuffer> {
  const iv = new Uint8Array(IV_BYTES);
  new DataView(iv.buffer).setUint32(0, counter, true);
  iv.set(nonce, COUNTER_BYTES);
  return new Uint8Array(createCipheriv("chacha20", key, iv).update(bytes));
}

export const chacha20poly1305 = (key: Uint8Array, nonce: Uint8Array, associated?: Uint8Array): Aead =>
  aead("chacha20-poly1305", key, nonce, associated);
