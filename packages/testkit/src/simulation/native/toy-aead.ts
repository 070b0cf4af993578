/**
 * An AEAD that protects nothing. Its tag is a hash of everything that goes in; what it encrypts is covered with a short
 * pad again and again, so that it is at least not found where it must not be.
 */
import { equalBytes, lp } from "@sotto/protocol";
import type { Aead } from "./aead.ts";
import { sha256 } from "./sha2.ts";

const TAG_BYTES = 16;

export function toyAead(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array = new Uint8Array()): Aead {
  const pad = sha256(lp(key, nonce));
  const tagOf = (plaintext: Uint8Array): Uint8Array =>
    sha256(lp(key, nonce, associated, plaintext)).subarray(0, TAG_BYTES);

  function cover(bytes: Uint8Array, out: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) out[at] = (bytes[at] ?? 0) ^ (pad[at & 31] ?? 0);
  }

  return {
    encrypt(plaintext) {
      const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
      cover(plaintext, sealed);
      sealed.set(tagOf(plaintext), plaintext.length);
      return sealed;
    },
    decrypt(ciphertext) {
      const end = ciphertext.length - TAG_BYTES;
      const plaintext = new Uint8Array(end);
      cover(ciphertext.subarray(0, end), plaintext);
      if (!equalBytes(tagOf(plaintext), ciphertext.subarray(end))) throw new RangeError("wrong tag");
      return plaintext;
    },
  };
}
