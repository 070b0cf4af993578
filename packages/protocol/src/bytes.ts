/** The byte notation of the specification: `lp`, `u64`, and the few operations on bytes everyone needs. */
import { assert } from "./result.ts";

const utf8 = new TextEncoder();

export const textToBytes = (text: string): Uint8Array<ArrayBuffer> => utf8.encode(text);

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** For each item its length as a 32-bit big-endian integer, then its bytes. Strings are UTF-8. */
export function lp(...items: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const parts = items.map((item) => (typeof item === "string" ? textToBytes(item) : item));
  const out = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    out.set(part, at + 4);
    at += 4 + part.length;
  }
  return out;
}

/** 8 bytes, big-endian. */
export function u64(value: number): Uint8Array<ArrayBuffer> {
  assert(Number.isSafeInteger(value) && value >= 0, "a u64 is a non-negative safe integer");
  const out = new Uint8Array(8);
  const view = new DataView(out.buffer);
  view.setUint32(0, Math.floor(value / 2 ** 32));
  view.setUint32(4, value >>> 0);
  return out;
}

/** Compares in time that depends on the lengths only. Safe for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}

/** As equalBytes. What is not there equals only what is not there. */
export const equalIfAny = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalBytes(a, b);

/** Lower-case hexadecimal: the form in which bytes serve as keys of a Map. */
export const toHex = (bytes: Uint8Array): string => bytes.toHex();
export const fromHex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.fromHex(text);
