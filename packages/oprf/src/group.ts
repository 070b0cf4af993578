/**
 * ristretto255 (RFC 9496) for what this package computes: elements and scalars, decoded strictly. The curve is
 * @noble/curves; nothing here is a new primitive. Spec: spec/guardian.md, "Group".
 *
 * Scalars are bigints, which JavaScript cannot wipe: what must be wiped stays bytes until it is used.
 */
import { precomputeMSMUnsafe } from "@noble/curves/abstract/curve.js";
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { err, ok, type RandomBytes, type Result } from "@sotto/protocol";

export const ELEMENT_BYTES = 32;
export const SCALAR_BYTES = 32;

export type Element = InstanceType<typeof ristretto255.Point>;
/** An integer modulo the group's order. */
export type Scalar = bigint;

export const BASE: Element = ristretto255.Point.BASE;
const { Fn } = ristretto255.Point;

/** Why bytes of a peer are no element or no scalar. */
export type NotInGroup = "malformed" | "identity";

/** Refuses what is not canonical, and the identity: it would take part in nothing (RFC 9497, section 2.1). */
export function bytesToElement(bytes: Uint8Array): Result<Element, NotInGroup> {
  if (bytes.length !== ELEMENT_BYTES) return err("malformed");
  try {
    const element = ristretto255.Point.fromBytes(bytes);
    return element.is0() ? err("identity") : ok(element);
  } catch {
    return err("malformed"); // noble throws for every encoding that is not canonical
  }
}

export const elementToBytes = (element: Element): Uint8Array<ArrayBuffer> =>
  new Uint8Array(element.toBytes());

/** 32 bytes, little-endian. Refuses what is not below the order, and zero. */
export function bytesToScalar(bytes: Uint8Array): Result<Scalar, NotInGroup> {
  if (bytes.length !== SCALAR_BYTES) return err("malformed");
  const value = littleEndian(bytes);
  if (value >= Fn.ORDER) return err("malformed");
  return value === 0n ? err("identity") : ok(value);
}

export const scalarToBytes = (scalar: Scalar): Uint8Array<ArrayBuffer> => new Uint8Array(Fn.toBytes(scalar));

/** `wide`: 64 uniform bytes. The bias is below 2^-250. */
export const wideToScalar = (wide: Uint8Array): Scalar => littleEndian(wide) % Fn.ORDER;

/** Uniform and not zero. */
export function randomScalar(random: RandomBytes): Scalar {
  for (;;) {
    const scalar = wideToScalar(random(2 * SCALAR_BYTES));
    if (scalar !== 0n) return scalar;
  }
}

/** An element whose discrete logarithm nobody knows: what fills a place that holds nothing. */
export const randomElement = (random: RandomBytes): Element =>
  ristretto255_hasher.hashToCurve(random(2 * ELEMENT_BYTES)) as Element;

/** Window of the sum below: with two elements, the quickest. */
const SUM_WINDOW_BITS = 4;

/** The sum of elements, each times its scalar, in a time that depends on the scalars: they are public. */
export const combinePublic = (elements: readonly Element[], scalars: readonly Scalar[]): Element =>
  precomputeMSMUnsafe(ristretto255.Point, [...elements], SUM_WINDOW_BITS)([...scalars]);

export const add = (a: Scalar, b: Scalar): Scalar => Fn.add(a, b);
export const subtract = (a: Scalar, b: Scalar): Scalar => Fn.sub(a, b);
export const multiply = (a: Scalar, b: Scalar): Scalar => Fn.mul(a, b);
/** Of a scalar that is not zero. */
export const invert = (a: Scalar): Scalar => Fn.inv(a);

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytes.toReversed().toHex()}`);
}
