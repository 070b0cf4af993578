/**
 * Stands in for @noble/curves/ed25519.js where a simulation needs a hundred thousand runs: see native-crypto.ts. It is
 * Ed25519 in every step, on the integers modulo q in the place of the curve: the base point is 1, and the key is the
 * secret. So it protects nothing, and a signature holds for its key and its message and for no other, all the same.
 */
export * from "@noble/curves/ed25519.js"; // and in its place:
import { concat } from "@sotto/protocol";
import { sha512 } from "./sha2.ts";

const Q = 2n ** 252n + 27742317777372353535851937790883648493n;
const BYTES = 32;
const HALF_BITS = 256n;
const LIMB_BITS = 64n;

const modulo = (value: bigint): bigint => {
  const rest = value % Q;
  return rest < 0n ? rest + Q : rest;
};

function toBytes(value: bigint): Uint8Array<ArrayBuffer> {
  const limbs = new BigUint64Array(BYTES / 8);
  for (let at = 0; at < limbs.length; at++) limbs[at] = value >> (LIMB_BITS * BigInt(at));
  return new Uint8Array(limbs.buffer);
}

/** Little-endian; the view is of whole limbs. */
function fromBytes(bytes: Uint8Array): bigint {
  const [a = 0n, b = 0n, c = 0n, d = 0n] = new BigUint64Array(bytes.slice().buffer, 0, BYTES / 8);
  return a | (b << 64n) | (c << 128n) | (d << 192n);
}

function hashToScalar(...parts: readonly Uint8Array[]): bigint {
  const wide = sha512(concat(...parts));
  return modulo(fromBytes(wide.subarray(0, BYTES)) | (fromBytes(wide.subarray(BYTES)) << HALF_BITS));
}

/** The secret scalar, and what nonces are made from. */
function expanded(seed: Uint8Array): { readonly scalar: bigint; readonly prefix: Uint8Array } {
  const wide = sha512(seed);
  return { scalar: modulo(fromBytes(wide.subarray(0, BYTES))), prefix: wide.subarray(BYTES) };
}

class Point {
  static readonly Fn = {
    ORDER: Q,
    BYTES,
    create: modulo,
    add: (a: bigint, b: bigint): bigint => modulo(a + b),
    mul: (a: bigint, b: bigint): bigint => modulo(a * b),
    toBytes,
  };
  static readonly BASE = { multiply: (scalar: bigint): Point => new Point(modulo(scalar)) };
  static fromBytes(bytes: Uint8Array): Point {
    const value = fromBytes(bytes);
    if (bytes.length !== BYTES || value >= Q) throw new RangeError("not a point");
    return new Point(value);
  }

  readonly #value: bigint;
  constructor(value: bigint) {
    this.#value = value;
  }
  add(other: Point): Point {
    return new Point(modulo(this.#value + other.#value));
  }
  is0(): boolean {
    return this.#value === 0n;
  }
  isTorsionFree(): boolean {
    return true;
  }
  toBytes(): Uint8Array {
    return toBytes(this.#value);
  }
}

export const ed25519 = {
  Point,
  getPublicKey: (seed: Uint8Array): Uint8Array => toBytes(expanded(seed).scalar),
  sign(message: Uint8Array, seed: Uint8Array): Uint8Array<ArrayBuffer> {
    const { scalar, prefix } = expanded(seed);
    const nonce = hashToScalar(prefix, message);
    const challenge = hashToScalar(toBytes(nonce), toBytes(scalar), message);
    return concat(toBytes(nonce), toBytes(modulo(nonce + challenge * scalar)));
  },
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
    const [commitment, response] = [signature.subarray(0, BYTES), signature.subarray(BYTES)];
    const challenge = hashToScalar(commitment, publicKey, message);
    return fromBytes(response) === modulo(fromBytes(commitment) + challenge * fromBytes(publicKey));
  },
};
