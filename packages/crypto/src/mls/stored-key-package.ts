/** A KeyPackage with its keys as bytes. Spec: spec/mls.md, "Stored state". */
import { assert, constant, decode, encode, fixed, opaque, struct, u8 } from "@sotto/protocol";
import type { KeyPackage, PrivateKeyPackage } from "ts-mls";
import { decodeKeyPackage, encodeKeyPackage } from "ts-mls/keyPackage.js";
import { exactly } from "./exact.ts";

const VERSION = 1;

const storedKeyPackage = struct({
  version: constant(VERSION, "KeyPackage version 1"),
  suite: u8,
  keyPackage: opaque(65_536),
  initKey: opaque(64),
  encryptionKey: opaque(64),
  signatureKey: fixed(32),
});

export function encodeStoredKeyPackage(
  suite: number,
  publicPackage: KeyPackage,
  privatePackage: PrivateKeyPackage,
): Uint8Array {
  assert(privatePackage.signaturePrivateKey.length === 32, "an Ed25519 key is kept as its seed");
  return encode(storedKeyPackage, {
    version: VERSION,
    suite,
    keyPackage: encodeKeyPackage(publicPackage),
    initKey: privatePackage.initPrivateKey,
    encryptionKey: privatePackage.hpkePrivateKey,
    signatureKey: privatePackage.signaturePrivateKey,
  });
}

export type StoredKeyPackage = {
  readonly publicPackage: KeyPackage;
  readonly privatePackage: PrivateKeyPackage;
};

export function decodeStoredKeyPackage(suite: number, stored: Uint8Array): StoredKeyPackage | undefined {
  const fields = decode(storedKeyPackage, stored.slice());
  if (!fields.ok || fields.value.suite !== suite) return undefined;
  const publicPackage = exactly(decodeKeyPackage, fields.value.keyPackage);
  if (publicPackage === undefined) return undefined;
  return {
    publicPackage,
    privatePackage: {
      initPrivateKey: fields.value.initKey,
      hpkePrivateKey: fields.value.encryptionKey,
      signaturePrivateKey: fields.value.signatureKey,
    },
  };
}
