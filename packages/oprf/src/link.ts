/**
 * The proof that links the opening of a slot to the evaluation before it: a Schnorr proof of w with B = w * Q, over the
 * session. Who evaluated one PIN cannot open, and be refunded, with another. Spec: spec/guardian.md, "OPEN".
 */
import { sha512 } from "@noble/hashes/sha2.js";
import { lp, type RandomBytes } from "@sotto/protocol";
import {
  add,
  bytesToElement,
  combinePublic,
  elementToBytes,
  multiply,
  randomScalar,
  scalarToBytes,
  subtract,
  wideToScalar,
  type Element,
  type Scalar,
} from "./group.ts";

/** What a proof is about; it holds for nothing else. */
export type OpenContext = { readonly gid: Uint8Array; readonly rid: Uint8Array; readonly sid: Uint8Array };
/** R and z, 32 bytes each. */
export type LinkProof = { readonly commitment: Uint8Array; readonly response: Uint8Array };

/** `slot`: Q = u * P. `blinded`: B = w * Q. `link`: w. */
export function proveLink(
  context: OpenContext,
  { slot, blinded, link }: { readonly slot: Element; readonly blinded: Uint8Array; readonly link: Scalar },
  random: RandomBytes,
): LinkProof {
  const nonce = randomScalar(random);
  const commitment = elementToBytes(slot.multiply(nonce));
  const challenge = challengeOf(context, elementToBytes(slot), blinded, commitment);
  return { commitment, response: scalarToBytes(add(nonce, multiply(challenge, link))) };
}

/**
 * Whether z * Q - c * B = R. Everything here is public to the guardian, so the multiplications may take as long as their
 * scalars want; the caller tests all slots, whichever holds.
 */
export function isLinked(
  context: OpenContext,
  known: { readonly slot: Uint8Array; readonly blinded: Uint8Array },
  proof: { readonly commitment: Element; readonly response: Scalar },
): boolean {
  const slot = bytesToElement(known.slot);
  const blinded = bytesToElement(known.blinded);
  if (!slot.ok || !blinded.ok) return false;
  const challenge = challengeOf(context, known.slot, known.blinded, elementToBytes(proof.commitment));
  const sum = combinePublic([slot.value, blinded.value], [proof.response, subtract(0n, challenge)]);
  return sum.equals(proof.commitment);
}

const challengeOf = (
  { gid, rid, sid }: OpenContext,
  slot: Uint8Array,
  blinded: Uint8Array,
  commitment: Uint8Array,
): Scalar => wideToScalar(sha512(lp("sotto/open/v1", gid, rid, sid, slot, blinded, commitment)));
