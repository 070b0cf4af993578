/** The runtime's own cryptography and timers, as a guardian's ports. */
import { createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto";
import type { GuardianKeys } from "@sotto/guardian";
import type { RandomBytes, Secret } from "@sotto/protocol";

export const nativeRandom: RandomBytes = (length) => new Uint8Array(randomBytes(length));

/** Resolves once the wall clock says at least `time`. */
export const nativeUntil = (time: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, Math.max(0, time - Date.now())));

// RFC 8410: what precedes a raw Ed25519 key in PKCS#8 and in SubjectPublicKeyInfo.
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX_BYTES = 12;

/** `signingSeed`: the 32 bytes of an Ed25519 private key. */
export function createGuardianKeys(signingSeed: Secret, envelopeSeed: Secret): GuardianKeys {
  const privateKey = signingSeed.expose((seed) => {
    const key = Buffer.concat([PKCS8_PREFIX, seed]);
    try {
      return createPrivateKey({ key, format: "der", type: "pkcs8" });
    } finally {
      key.fill(0);
    }
  });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    gid: new Uint8Array(spki.subarray(SPKI_PREFIX_BYTES)),
    sign: (bytes) => new Uint8Array(sign(undefined, bytes, privateKey)),
    envelopeSeed,
  };
}
