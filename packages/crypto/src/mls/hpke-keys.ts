/**
 * Public keys that a peer put into a tree. ts-mls takes them as they are and fails when it encrypts to one, which is
 * later and in somebody else's hands: looked at here, where they come in, and cheaper than encrypting.
 * Spec: spec/mls.md, MG23.
 */
import { equalBytes, fromHex } from "@sotto/protocol";
import type { RatchetTree } from "ts-mls";
import type { Suite } from "./engine.ts";

const X25519_BYTES = 32;
/** ML-KEM-768 (FIPS 203): 768 coefficients of 12 bits, then a seed. */
const ML_KEM_BYTES = 1184;
const ML_KEM_VECTOR_BYTES = 1152;
const ML_KEM_Q = 3329;

/** Every u-coordinate of small order, canonical or not, with its unused highest bit clear. */
const SMALL_ORDER: readonly Uint8Array[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map(fromHex);

/** RFC 7748 section 6.1: with a point of small order everybody knows the shared secret, so HPKE refuses it. */
function isX25519Key(key: Uint8Array): boolean {
  if (key.length !== X25519_BYTES) return false;
  const masked = key.with(31, (key[31] ?? 0) & 0x7f);
  return !SMALL_ORDER.some((one) => equalBytes(one, masked));
}

/** FIPS 203 section 7.2, the modulus check: no coefficient reaches q. */
function isMlKemKey(key: Uint8Array): boolean {
  for (let at = 0; at < ML_KEM_VECTOR_BYTES; at += 3) {
    const [a = 0, b = 0, c = 0] = [key[at], key[at + 1], key[at + 2]];
    if ((((b & 15) << 8) | a) >= ML_KEM_Q || ((c << 4) | (b >> 4)) >= ML_KEM_Q) return false;
  }
  return true;
}

/** X-Wing's key is one of ML-KEM-768, then one of X25519. */
export const isHpkeKey = (suite: Suite, key: Uint8Array): boolean =>
  suite === "x25519"
    ? isX25519Key(key)
    : key.length === ML_KEM_BYTES + X25519_BYTES &&
      isMlKemKey(key) &&
      isX25519Key(key.subarray(ML_KEM_BYTES));

/** Whether everything that `tree` has and `before` had not can be encrypted to. */
export const hasOnlyHpkeKeys = (suite: Suite, tree: RatchetTree, before: RatchetTree = []): boolean =>
  tree.every((node, index) => {
    if (node === undefined || node === before[index]) return true;
    return isHpkeKey(suite, node.nodeType === "leaf" ? node.leaf.hpkePublicKey : node.parent.hpkePublicKey);
  });
