/** Key pairs grown from seeds, signatures, and the one key derivation of channels and inboxes. Spec: spec/keys.md. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { expand } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { assert, Secret, textToBytes } from "@sotto/protocol";

/** An Ed25519 key pair (RFC 8032). */
export type SigningKey = {
  readonly publicKey: Uint8Array;
  /** 32 bytes. */
  readonly seed: Secret;
};

/** The pair owns the seed from here on. */
export function signingKey(seed: Secret): SigningKey {
  return { publicKey: seed.expose((bytes) => ed25519.getPublicKey(bytes)), seed };
}

export const sign = (key: SigningKey, message: Uint8Array): Uint8Array =>
  key.seed.expose((seed) => ed25519.sign(message, seed));

/** HKDF-Expand of RFC 5869 with SHA-256: `from` is uniform already, so nothing is extracted. */
export function deriveKey(from: Secret, info: string | Uint8Array, length: number): Secret {
  const context = typeof info === "string" ? textToBytes(info) : info;
  return new Secret(from.expose((bytes) => expand(sha256, bytes, context, length)));
}

export function assertSeed(seed: Secret): void {
  assert(
    seed.expose((bytes) => bytes.length === 32),
    "a seed is 32 bytes",
  );
}
