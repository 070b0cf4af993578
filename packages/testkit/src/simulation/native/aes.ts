/** Stands in for @noble/ciphers/aes.js: see native-crypto.ts. */
import { aead, type Aead } from "./aead.ts";

export const gcm = (key: Uint8Array, nonce: Uint8Array, associated?: Uint8Array): Aead =>
  aead(key.length === 32 ? "aes-256-gcm" : "aes-128-gcm", key, nonce, associated);
