/** Bytes as text that people paste, print and scan: base64url with a checksum in it. Spec: spec/contact-link.md, LK2. */
import { concat, equalBytes } from "./bytes.ts";

const CHECKSUM_BYTES = 4;
const BASE64URL = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?$/;

/** CRC-32 of ISO 3309 (reflected, polynomial edb88320): finds accidents, not forgers. */
export function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}

function checksum(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(CHECKSUM_BYTES);
  new DataView(out.buffer).setUint32(0, crc32(bytes));
  return out;
}

const toBase64Url = (bytes: Uint8Array): string =>
  bytes.toBase64({ alphabet: "base64url", omitPadding: true });

export const bytesToPayload = (bytes: Uint8Array): string => toBase64Url(concat(bytes, checksum(bytes)));

/** Each run of bytes has one payload: what is not whole, or not written the way we write it, is undefined. */
export function payloadToBytes(payload: string): Uint8Array | undefined {
  if (!BASE64URL.test(payload)) return undefined;
  const checked = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
  if (checked.length <= CHECKSUM_BYTES || toBase64Url(checked) !== payload) return undefined;
  const bytes = checked.subarray(0, -CHECKSUM_BYTES);
  return equalBytes(checksum(bytes), checked.subarray(-CHECKSUM_BYTES)) ? bytes : undefined;
}
