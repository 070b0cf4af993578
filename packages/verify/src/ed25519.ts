/** Ed25519 (RFC 8032), checking only: strict encodings, no key of small order, no input that throws. */
import { ed25519 } from "@noble/curves/ed25519.js";

export function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return ed25519.verify(signature, message, publicKey, { zip215: false });
}

/**
 * Whether these bytes may be a member's reader key A_i: a point of the prime-order subgroup, canonically encoded
 * and not the identity. Only of such a key is every blinding D = A + s·B a key that its owner alone can use.
 */
export function isReaderKey(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  try {
    const point = ed25519.Point.fromBytes(bytes, false);
    return point.isTorsionFree() && !point.is0();
  } catch {
    return false;
  }
}
