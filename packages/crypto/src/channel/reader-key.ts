/**
 * Reader keys: each device has one scalar a and shows A = a·B in its Credential; in every epoch of every channel it
 * reads as D = A + s·B, where s follows from the epoch. Members can make every D, only its device can sign as it,
 * and a relay cannot tell which D of two epochs belong together. Spec: spec/keys.md, "Reader keys".
 */
import { normalizeZ } from "@noble/curves/abstract/curve.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { assert, concat, Secret, textToBytes, u64, type RandomBytes } from "@sotto/protocol";
import { assertSeed, deriveKey } from "../keys.ts";

const { Point } = ed25519;
const { Fn } = Point;

export type ReaderKey = {
  /** A, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** a, 32 bytes, little-endian. */
  readonly scalar: Secret;
};

/** S of the specification: 64 bytes as a little-endian integer modulo q. */
function bytesToScalar(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at] ?? 0);
  return Fn.create(value);
}

function deriveScalar(from: Secret, info: string | Uint8Array): bigint {
  const wide = deriveKey(from, info, 64);
  const scalar = wide.expose(bytesToScalar);
  wide.wipe();
  return scalar;
}

/** The same seed gives the same key. */
export function readerKey(seed: Secret): ReaderKey {
  assertSeed(seed);
  const scalar = deriveScalar(seed, "sotto/reader/v1");
  return { publicKey: Point.BASE.multiply(scalar).toBytes(), scalar: new Secret(Fn.toBytes(scalar)) };
}

/** What blinds the reader keys of one epoch: the exporter's value. */
const blinding = (exported: Secret, leaf: number): bigint =>
  deriveScalar(exported, concat(textToBytes("sotto/channel/v1 reader"), u64(leaf)));

/** A member as a reader: its leaf, and A from its Credential, which was checked where that was. */
export type Reader = { readonly leaf: number; readonly readerKey: Uint8Array };

/** D of each. Together, because to write a point takes a division, and one does for all of them. */
export function blindedReaders(exported: Secret, readers: readonly Reader[]): Uint8Array[] {
  const points = readers.map(({ leaf, readerKey: publicKey }) =>
    Point.fromBytes(publicKey).add(Point.BASE.multiply(blinding(exported, leaf))),
  );
  return normalizeZ(Point, points).map((point) => point.toBytes());
}

/** D of one. */
export function blindedReader(exported: Secret, leaf: number, publicKey: Uint8Array): Uint8Array {
  const [blinded] = blindedReaders(exported, [{ leaf, readerKey: publicKey }]);
  assert(blinded !== undefined, "one reader has one key");
  return blinded;
}

/**
 * An ordinary Ed25519 signature under D. The nonce is hedged: it hangs on the key, on the message and on fresh
 * randomness, so that neither a broken generator nor a fault repeats it.
 */
export function signAsReader(
  exported: Secret,
  leaf: number,
  reader: ReaderKey,
  message: Uint8Array,
  randomBytes: RandomBytes,
): { readonly reader: Uint8Array; readonly signature: Uint8Array } {
  const scalar = reader.scalar.expose((bytes) => Fn.add(bytesToScalar(bytes), blinding(exported, leaf)));
  const secret = Fn.toBytes(scalar);
  const nonceInput = concat(textToBytes("sotto/reader-nonce/v1"), secret, randomBytes(32), message);
  const nonce = bytesToScalar(sha512(nonceInput));
  nonceInput.fill(0);
  secret.fill(0);
  const blinded = Point.BASE.multiply(scalar).toBytes();
  const commitment = Point.BASE.multiply(nonce).toBytes();
  const challenge = bytesToScalar(sha512(concat(commitment, blinded, message)));
  const response = Fn.toBytes(Fn.add(nonce, Fn.mul(challenge, scalar)));
  return { reader: blinded, signature: concat(commitment, response) };
}
