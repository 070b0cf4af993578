/**
 * The two cipher suites. ts-mls's own primitives go through WebCrypto, one trip to another thread each; the many
 * small hashes of the key schedule and of the secret tree are faster where they are called.
 */
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { equalBytes, type RandomBytes } from "@sotto/protocol";
import {
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  type CiphersuiteImpl,
  type CiphersuiteName,
} from "ts-mls";
import type { Suite } from "./engine.ts";

export const SUITE_NAME: Readonly<Record<Suite, CiphersuiteName>> = {
  "x-wing": "MLS_256_XWING_AES256GCM_SHA512_Ed25519",
  x25519: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
};

/** The number that stands for a suite in stored state. Append-only. */
export const SUITE_NUMBER: Readonly<Record<Suite, number>> = { "x-wing": 1, x25519: 2 };

export async function createCipherSuite(suite: Suite, randomBytes: RandomBytes): Promise<CiphersuiteImpl> {
  const hash = suite === "x-wing" ? sha512 : sha256;
  const implementation = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE_NAME[suite]));
  return {
    ...implementation,
    rng: { randomBytes },
    hash: {
      digest: async (bytes) => hash(bytes),
      mac: async (key, bytes) => hmac(hash, key, bytes),
      verifyMac: async (key, mac, bytes) => equalBytes(mac, hmac(hash, key, bytes)),
    },
    kdf: {
      size: hash.outputLen,
      extract: async (salt, keyMaterial) => extract(hash, keyMaterial, salt),
      expand: async (key, info, length) => expand(hash, key, info, length),
    },
  };
}

/** Whether this runtime has what the suites take from WebCrypto: a page from an insecure origin has nothing. */
export async function isSupported(suite: CiphersuiteImpl): Promise<boolean> {
  const probe = new Uint8Array(32);
  try {
    const pair = await suite.hpke.generateKeyPair();
    await suite.hpke.seal(pair.publicKey, probe, probe);
    return (await suite.signature.sign(probe, probe)).length === 64;
  } catch {
    return false;
  }
}
