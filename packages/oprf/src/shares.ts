/** Shamir's secret sharing over the scalars of ristretto255: any `threshold` shares give the secret, fewer say nothing. */
import { assert, type RandomBytes } from "@sotto/protocol";
import { add, invert, multiply, randomScalar, subtract, type Element, type Scalar } from "./group.ts";

/** `x`: the guardian's number, from 1. */
export type Share = { readonly x: number; readonly value: Scalar };

/** `count` shares of `secret`, at x = 1 to `count`. */
export function splitSecret(
  secret: Scalar,
  { threshold, count }: { readonly threshold: number; readonly count: number },
  random: RandomBytes,
): readonly Share[] {
  assert(threshold >= 1 && threshold <= count && count < 256, "a threshold is between one and all");
  const coefficients = [secret, ...Array.from({ length: threshold - 1 }, () => randomScalar(random))];
  return Array.from({ length: count }, (_, at) => {
    const x = at + 1;
    const value = coefficients.reduceRight((sum, one) => add(multiply(sum, BigInt(x)), one), 0n);
    return { x, value };
  });
}

/** The secret that `threshold` or more shares stand for; of fewer, or of wrong ones, some other scalar. */
export function combineShares(shares: readonly Share[]): Scalar {
  const places = shares.map(({ x }) => x);
  return shares.reduce((sum, { x, value }) => add(sum, multiply(coefficientAtZero(places, x), value)), 0n);
}

/** The same in the exponent: from k_i * B the element k * B. */
export function combineElements(
  parts: readonly { readonly x: number; readonly element: Element }[],
): Element {
  const places = parts.map(({ x }) => x);
  const [first, ...others] = parts.map(({ x, element }) =>
    element.multiplyUnsafe(coefficientAtZero(places, x)),
  );
  assert(first !== undefined, "there is something to combine");
  return others.reduce((sum, one) => sum.add(one), first);
}

/** Lagrange's coefficient at 0 for the share at `x`. Places are public. */
function coefficientAtZero(places: readonly number[], x: number): Scalar {
  assert(new Set(places).size === places.length, "no share counts twice");
  let [numerator, denominator] = [1n, 1n];
  for (const other of places) {
    if (other === x) continue;
    numerator = multiply(numerator, subtract(0n, BigInt(other)));
    denominator = multiply(denominator, subtract(BigInt(x), BigInt(other)));
  }
  return multiply(numerator, invert(denominator));
}
