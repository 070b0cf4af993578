/** Stands in for @noble/hashes/hmac.js: see native-crypto.ts. */
import { createHmac } from "node:crypto";
import type { NativeHash } from "./sha2.ts";

export const hmac = (hash: NativeHash, key: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHmac(hash.native, key).update(bytes).digest());
