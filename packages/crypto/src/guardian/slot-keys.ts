/** What follows from a PIN's output: the secret that links, the key of its share, and the key of a box. Spec: spec/guardian.md. */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { bytesToScalar, scalarToBytes, wideToScalar, type Scalar } from "@sotto/oprf";
import {
  concat,
  equalBytes,
  lp,
  SEALED_SHARE_BYTES,
  Secret,
  textToBytes,
  type RandomBytes,
} from "@sotto/protocol";

/** A record at one guardian. */
export type Place = { readonly gid: Uint8Array; readonly rid: Uint8Array };

const COMMITMENT_BYTES = 32;
const NONCE_BYTES = 24;
const NO_SALT = new Uint8Array(0);

function kdf(output: Secret, label: string, { gid, rid }: Place, length: number): Uint8Array {
  const info = lp("sotto/guardian/v1", label, gid, rid);
  return output.expose((bytes) => hkdf(sha512, bytes, NO_SALT, info, length));
}

/** u: Q = u * HashToGroup(input) is what a guardian knows of this PIN. */
export const linkScalar = (output: Secret, place: Place): Scalar =>
  wideToScalar(kdf(output, "link", place, 64));

export function sealShare(output: Secret, place: Place, share: Scalar, random: RandomBytes): Uint8Array {
  const nonce = random(NONCE_BYTES);
  const { commitment, key } = shareKeys(output, place, nonce);
  const sealed = xchacha20poly1305(key, nonce, concat(place.gid, place.rid)).encrypt(scalarToBytes(share));
  key.fill(0);
  return concat(commitment, nonce, sealed);
}

/** Undefined for a share of another PIN, another record, or none. */
export function openShare(output: Secret, place: Place, sealed: Uint8Array): Scalar | undefined {
  if (sealed.length !== SEALED_SHARE_BYTES) return undefined;
  const nonce = sealed.subarray(COMMITMENT_BYTES, COMMITMENT_BYTES + NONCE_BYTES);
  const { commitment, key } = shareKeys(output, place, nonce);
  try {
    if (!equalBytes(commitment, sealed.subarray(0, COMMITMENT_BYTES))) return undefined;
    const rest = sealed.subarray(COMMITMENT_BYTES + NONCE_BYTES);
    const share = bytesToScalar(xchacha20poly1305(key, nonce, concat(place.gid, place.rid)).decrypt(rest));
    return share.ok ? share.value : undefined;
  } catch {
    return undefined; // the tag does not hold
  } finally {
    key.fill(0);
  }
}

/** The commitment makes a sealed share open with one key only. */
function shareKeys(output: Secret, place: Place, nonce: Uint8Array) {
  const key = kdf(output, "share", place, 32);
  const commitment = hkdf(sha512, key, nonce, textToBytes("commit"), 32);
  const encryption = hkdf(sha512, key, nonce, textToBytes("enc"), 32);
  key.fill(0);
  return { commitment, key: encryption };
}

/** The key of a profile's box: guardians alone do not have it, nor does the device alone. 32 bytes. */
export function boxKey(secret: Scalar, deviceSecret: Secret): Secret {
  const ikm = deviceSecret.expose((bytes) => concat(scalarToBytes(secret), bytes));
  const key = new Secret(hkdf(sha512, ikm, NO_SALT, textToBytes("sotto/kek/v1"), 32));
  ikm.fill(0);
  return key;
}
