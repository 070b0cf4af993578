/** Stands in for @noble/hashes/hkdf.js: see native-crypto.ts. RFC 5869. */
import { concat } from "@sotto/protocol";
import { hmac } from "./hmac.ts";
import type { NativeHash } from "./sha2.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const extract = (hash: NativeHash, ikm: Uint8Array, salt?: Uint8Array): Bytes =>
  hmac(hash, salt ?? new Uint8Array(hash.outputLen), ikm);

export function expand(hash: NativeHash, prk: Uint8Array, info?: Uint8Array, length = 32): Bytes {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at * hash.outputLen < length; at++) {
    const before = blocks.at(-1) ?? new Uint8Array();
    blocks.push(hmac(hash, prk, concat(before, info ?? new Uint8Array(), Uint8Array.of(at + 1))));
  }
  return concat(...blocks).slice(0, length);
}

export const hkdf = (
  hash: NativeHash,
  ikm: Uint8Array,
  salt: Uint8Array | undefined,
  info: Uint8Array | undefined,
  length: number,
): Bytes => expand(hash, extract(hash, ikm, salt), info, length);
