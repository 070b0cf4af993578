/** Stands in for @noble/curves/ed25519.js: see native-curves.ts. Points and scalars stay noble's. */
import { ed25519 as noble, x25519 } from "@noble/curves/ed25519.js";
import { createKeyPair, isSignedBy } from "./ed25519.ts";

export { x25519 };

const PAIRS_MAX = 10_000;
const pairs = new Map<string, ReturnType<typeof createKeyPair>>();

/** By seed: a key signs many times. */
function pairOf(seed: Uint8Array): ReturnType<typeof createKeyPair> {
  const name = seed.toHex();
  let pair = pairs.get(name);
  if (pair !== undefined) return pair;
  if (pairs.size >= PAIRS_MAX) pairs.clear();
  pair = createKeyPair(seed);
  pairs.set(name, pair);
  return pair;
}

export const ed25519 = {
  ...noble,
  Point: noble.Point,
  getPublicKey: (seed: Uint8Array): Uint8Array => pairOf(seed).publicKey.slice(),
  sign: (message: Uint8Array, seed: Uint8Array): Uint8Array => pairOf(seed).sign(message),
  verify: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean =>
    isSignedBy(publicKey, message, signature),
};
