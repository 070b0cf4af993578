/**
 * The VOPRF of RFC 9497, suite ristretto255-SHA512 in verifiable mode, with its key shared among guardians: each
 * evaluates with its share and proves it, and any `threshold` evaluations give the output that the whole key would.
 * The library does the RFC; the interpolation between its evaluation and its end is ours. Spec: spec/guardian.md.
 */
import { ristretto255_hasher, ristretto255_oprf } from "@noble/curves/ed25519.js";
import { concat, err, ok, textToBytes, type RandomBytes, type Result } from "@sotto/protocol";
import {
  BASE,
  bytesToElement,
  elementToBytes,
  randomScalar,
  scalarToBytes,
  type Element,
  type NotInGroup,
  type Scalar,
} from "./group.ts";
import { combineElements } from "./shares.ts";

export const OUTPUT_BYTES = 64;
export const PROOF_BYTES = 64;

const MODE_VERIFIABLE = 0x01;
const DST = concat(
  textToBytes("HashToGroup-OPRFV1-"),
  Uint8Array.of(MODE_VERIFIABLE),
  textToBytes("-ristretto255-SHA512"),
);

/** RFC 9497's HashToGroup in this mode and suite. */
export const hashToGroup = (input: Uint8Array): Element =>
  ristretto255_hasher.hashToCurve(input, { DST }) as Element;

export type Blinded = {
  /** Known to the client alone. */
  readonly blind: Scalar;
  /** B = blind * HashToGroup(input), 32 bytes: all that a guardian sees of the input. */
  readonly element: Uint8Array<ArrayBuffer>;
};

/** RFC 9497's Blind. */
export function blind(input: Uint8Array, random: RandomBytes): Blinded {
  const scalar = randomScalar(random);
  return { blind: scalar, element: elementToBytes(hashToGroup(input).multiply(scalar)) };
}

export type Evaluation = {
  /** Z_i = k_i * B, 32 bytes. */
  readonly element: Uint8Array;
  /** That Z_i was made with the share behind K_i (RFC 9497, section 2.2), 64 bytes. */
  readonly proof: Uint8Array;
};

export const publicShare = (share: Scalar): Uint8Array<ArrayBuffer> => elementToBytes(BASE.multiply(share));

/** RFC 9497's BlindEvaluate with one share, k_i, and what was published of it, K_i. Refuses what is no element. */
export function evaluate(
  key: { readonly share: Scalar; readonly publicShare: Uint8Array },
  blinded: Uint8Array,
  random: RandomBytes,
): Result<Evaluation, NotInGroup> {
  const element = bytesToElement(blinded);
  if (!element.ok) return err(element.error);
  const done = ristretto255_oprf.voprf.blindEvaluate(
    scalarToBytes(key.share),
    key.publicShare,
    blinded,
    (length = 0) => random(length),
  );
  return ok({ element: new Uint8Array(done.evaluated), proof: new Uint8Array(done.proof) });
}

/** Whether a guardian used the share it committed to. Anything that is no element or no proof is not. */
export function isEvaluation(
  { element, proof }: Evaluation,
  known: { readonly blinded: Blinded; readonly publicShare: Uint8Array; readonly input: Uint8Array },
): boolean {
  if (!bytesToElement(element).ok || !bytesToElement(known.publicShare).ok) return false;
  const { blind: scalar, element: blinded } = known.blinded;
  try {
    const key = known.publicShare;
    ristretto255_oprf.voprf.finalize(known.input, scalarToBytes(scalar), element, blinded, key, proof);
    return true;
  } catch {
    return false; // the library throws where the proof does not hold
  }
}

/** The output, 64 bytes, from `threshold` or more evaluations that hold; `x` is the guardian's number. */
export function finalize(
  input: Uint8Array,
  blinded: Blinded,
  evaluations: readonly { readonly x: number; readonly element: Uint8Array }[],
): Result<Uint8Array<ArrayBuffer>, NotInGroup> {
  const parts: { readonly x: number; readonly element: Element }[] = [];
  for (const { x, element: bytes } of evaluations) {
    const element = bytesToElement(bytes);
    if (!element.ok) return err(element.error);
    parts.push({ x, element: element.value });
  }
  const whole = elementToBytes(combineElements(parts));
  // Finalize is the same in both modes: the mode enters through HashToGroup alone.
  return ok(new Uint8Array(ristretto255_oprf.oprf.finalize(input, scalarToBytes(blinded.blind), whole)));
}

/** The output for whoever has the whole key: the dealer, once, at registration. */
export function evaluateInput(key: Scalar, input: Uint8Array): Uint8Array<ArrayBuffer> {
  const unblinded = elementToBytes(hashToGroup(input).multiply(key));
  return new Uint8Array(ristretto255_oprf.oprf.finalize(input, scalarToBytes(1n), unblinded));
}
