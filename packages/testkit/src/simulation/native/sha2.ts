/** Stands in for @noble/hashes/sha2.js: see native-crypto.ts. */
import { hash } from "node:crypto";

/** What hmac.ts and hkdf.ts take in the place of noble's. */
export type NativeHash = {
  (bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  readonly native: string;
  readonly outputLen: number;
};

const nativeHash = (native: string, outputLen: number): NativeHash =>
  Object.assign((bytes: Uint8Array) => new Uint8Array(hash(native, bytes, "buffer")), { native, outputLen });

export const sha256 = nativeHash("sha256", 32);
export const sha512 = nativeHash("sha512", 64);
