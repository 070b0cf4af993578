/**
 * Many keys in few bytes: each as `u8 shared || u8 rest || rest bytes`, its first `shared` bytes being those of the key
 * before it. Reading is by hand, and decodes all keys at once: a profile has tens of thousands. Spec: spec/container.md.
 */
import { assert, textToBytes } from "@sotto/protocol";
import { KEY_BYTES_MAX } from "./geometry.ts";

/** What a key takes at most, less its bytes. */
export const KEY_BYTES_EXTRA = 2;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function keysToBytes(keys: readonly string[]): Uint8Array {
  const encoded = keys.map(textToBytes);
  const out = new Uint8Array(encoded.reduce((sum, key) => sum + KEY_BYTES_EXTRA + key.length, 0));
  let at = 0;
  for (const [index, key] of encoded.entries()) {
    assert(keys[index]!.isWellFormed() && key.length <= KEY_BYTES_MAX, "a key is 128 bytes of UTF-8 at most");
    const shared = sharedBytes(encoded[index - 1], key);
    out[at] = shared;
    out[at + 1] = key.length - shared;
    out.set(key.subarray(shared), at + KEY_BYTES_EXTRA);
    at += KEY_BYTES_EXTRA + key.length - shared;
  }
  return out.subarray(0, at);
}

function sharedBytes(before: Uint8Array | undefined, key: Uint8Array): number {
  let shared = 0;
  while (before && shared < key.length && key[shared] === before[shared]) shared += 1;
  return shared;
}

/** `lengths`: of each key in UTF-8. Undefined where the bytes are not those of `count` keys. */
export type KeyList = { readonly keys: readonly string[]; readonly lengths: Uint8Array };

export function bytesToKeys(bytes: Uint8Array, count: number): KeyList | undefined {
  if (count * KEY_BYTES_EXTRA > bytes.length) return undefined;
  const lengths = new Uint8Array(count);
  let at = 0;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const shared = bytes[at] ?? 0;
    const rest = bytes[at + 1] ?? 0;
    const isPossible = shared <= (lengths[index - 1] ?? 0) && shared + rest <= KEY_BYTES_MAX;
    if (!isPossible) return undefined;
    lengths[index] = shared + rest;
    total += shared + rest;
    at += KEY_BYTES_EXTRA + rest;
  }
  if (at !== bytes.length) return undefined;
  const keys = cut(expand(bytes, lengths, total), lengths);
  return keys && { keys, lengths };
}

/** Every key in full, one after another. */
function expand(bytes: Uint8Array, lengths: Uint8Array, total: number): Uint8Array {
  const whole = new Uint8Array(total);
  let at = 0;
  let to = 0;
  let before = 0;
  for (const length of lengths) {
    const shared = bytes[at]!;
    for (let n = 0; n < shared; n++) whole[to + n] = whole[before + n]!;
    at += KEY_BYTES_EXTRA - shared;
    for (let n = shared; n < length; n++) whole[to + n] = bytes[at + n]!;
    at += length;
    before = to;
    to += length;
  }
  return whole;
}

function cut(whole: Uint8Array, lengths: Uint8Array): readonly string[] | undefined {
  const text = decode(whole);
  // Mostly all is ASCII: then bytes and characters count alike.
  const isAscii = text?.length === whole.length;
  const keys: string[] = [];
  let at = 0;
  for (const length of lengths) {
    const key = isAscii ? text.slice(at, at + length) : decode(whole.subarray(at, at + length));
    if (key === undefined) return undefined;
    keys.push(key);
    at += length;
  }
  return keys;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}
