/** Ed25519 (RFC 8032) by the runtime's native code, for the parts of a world that are not the product's own. */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";

const PKCS8_PREFIX = Uint8Array.fromHex("302e020100300506032b657004220420");
const SPKI_PREFIX = Uint8Array.fromHex("302a300506032b6570032100");

export type KeyPair = {
  readonly publicKey: Uint8Array;
  readonly sign: (bytes: Uint8Array) => Uint8Array<ArrayBuffer>;
};

/** `seed` is 32 bytes. */
export function createKeyPair(seed: Uint8Array): KeyPair {
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(SPKI_PREFIX.length)),
    sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  };
}

const IMPORTED_MAX = 10_000;
const imported = new Map<string, KeyObject>();

export function isSignedBy(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const name = publicKey.toHex();
  let key = imported.get(name);
  if (key === undefined) {
    const der = Buffer.concat([SPKI_PREFIX, publicKey]);
    key = createPublicKey({ key: der, format: "der", type: "spki" });
    if (imported.size >= IMPORTED_MAX) imported.clear();
    imported.set(name, key);
  }
  return verify(null, bytes, key, signature);
}
