/**
 * Stands in for @noble/curves/ed25519.js: see native-crypto.ts. Points stay noble's, for no runtime has them; three
 * clients and their relays ask the same of the same few, and each answer is computed once.
 */
export * from "@noble/curves/ed25519.js"; // and in its place:
import { ed25519 as noble } from "@noble/curves/ed25519.js";
import { createKeyPair, isSignedBy, type KeyPair } from "../ed25519.ts";

const KEPT_MAX = 10_000;

/** `make`, asked once for each name; forgets all when it has too much. */
function once<Name, Value>(make: (name: Name) => Value): (name: Name) => Value {
  const made = new Map<Name, Value>();
  return (name) => {
    let value = made.get(name);
    if (value !== undefined) return value;
    if (made.size >= KEPT_MAX) made.clear();
    made.set(name, (value = make(name)));
    return value;
  };
}

type NoblePoint = InstanceType<typeof noble.Point>;

/** As much of a point as the product asks for. */
class Point {
  static readonly Fn = noble.Point.Fn;
  static readonly BASE = { multiply: once((scalar: bigint) => new Point(noble.Point.BASE.multiply(scalar))) };
  /** Throws for what is no point. */
  static readonly fromBytes = (bytes: Uint8Array): Point => ofHex(bytes.toHex());

  readonly #point: NoblePoint;
  #bytes: Uint8Array | undefined;
  #isTorsionFree: boolean | undefined;
  constructor(point: NoblePoint) {
    this.#point = point;
  }

  readonly add = (other: Point): Point => new Point(this.#point.add(other.#point));
  readonly is0 = (): boolean => this.#point.is0();
  readonly isTorsionFree = (): boolean => (this.#isTorsionFree ??= this.#point.isTorsionFree());
  readonly toBytes = (): Uint8Array => (this.#bytes ??= this.#point.toBytes()).slice();
}

const ofHex = once((hex: string) => new Point(noble.Point.fromHex(hex)));
/** By seed: a key signs many times. */
const pairOf = once((seed: string): KeyPair => createKeyPair(Uint8Array.fromHex(seed)));

export const ed25519 = {
  Point,
  getPublicKey: (seed: Uint8Array): Uint8Array => pairOf(seed.toHex()).publicKey.slice(),
  sign: (message: Uint8Array, seed: Uint8Array): Uint8Array => pairOf(seed.toHex()).sign(message),
  verify: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean =>
    isSignedBy(publicKey, message, signature),
};
