/** Authenticated encryption as the @noble/ciphers have it, by native code: the tag follows the ciphertext. */
import { createCipheriv, createDecipheriv, type CipherGCMTypes } from "node:crypto";

const TAG_BYTES = 16;

export type Aead = {
  encrypt(plaintext: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Throws for what was not encrypted so. */
  decrypt(ciphertext: Uint8Array): Uint8Array<ArrayBuffer>;
};

export const aead = (
  cipher: CipherGCMTypes | "chacha20-poly1305",
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array | undefined,
): Aead => ({
  encrypt(plaintext) {
    const sealing = createCipheriv(cipher as CipherGCMTypes, key, nonce, { authTagLength: TAG_BYTES });
    if (associated !== undefined) sealing.setAAD(associated);
    const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
    sealed.set(sealing.update(plaintext));
    sealing.final();
    sealed.set(sealing.getAuthTag(), plaintext.length);
    return sealed;
  },
  decrypt(ciphertext) {
    const end = ciphertext.length - TAG_BYTES;
    const opening = createDecipheriv(cipher as CipherGCMTypes, key, nonce, { authTagLength: TAG_BYTES });
    if (associated !== undefined) opening.setAAD(associated);
    opening.setAuthTag(ciphertext.subarray(end));
    const plaintext = new Uint8Array(opening.update(ciphertext.subarray(0, end)));
    opening.final();
    return plaintext;
  },
});
