/** A copied image in hands that take each step alone: where, in which order and as often as they like. */
import assert from "node:assert/strict";
import { linkScalar, sign, signingKey, type GuardianSeat } from "@sotto/crypto";
import {
  blind,
  finalize,
  hashToGroup,
  invert,
  isEvaluation,
  multiply,
  proveLink,
  type Blinded,
  type Element,
  type Scalar,
} from "@sotto/oprf";
import { evalBytes, Secret, type GuardianAnswer, type GuardianRequest } from "@sotto/protocol";
import { random } from "./identity.ts";
import { stretched, type GuardianWorld, type Image } from "./world.ts";

/** A PIN, blinded once for every guardian. */
export type Guess = { readonly input: Uint8Array; readonly blinded: Blinded };
/** What one guardian gives for it before anything is opened. */
export type Evaluated = {
  readonly seat: GuardianSeat;
  readonly guess: Guess;
  readonly answer: Extract<GuardianAnswer, { kind: "evaluated" }>;
};
/** What a link is proven of: `blinded` = `link` * `slot`, or so it is claimed. */
export type Claim = { readonly slot: Element; readonly blinded: Uint8Array; readonly link: Scalar };

export function guessOf(pin: string): Guess {
  const input = stretched(pin);
  return { input, blinded: blind(input, random) };
}

/** HELLO and EVAL at one guardian, by its place. */
export async function evaluateAt(
  world: GuardianWorld,
  { seats }: Image,
  at: number,
  guess: Guess,
): Promise<Evaluated> {
  const seat = seats[at];
  assert.ok(seat);
  const { gid, rid } = seat;
  const challenge = await world.ask(at, { kind: "hello", rid });
  assert.ok(challenge?.kind === "challenge");
  const { nonce } = challenge;
  const { element } = guess.blinded;
  const signature = sign(signingKey(seat.deviceSeed), evalBytes({ gid, rid }, nonce, element));
  const answer = await world.ask(at, { kind: "eval", rid, nonce, element, signature });
  assert.ok(answer?.kind === "evaluated");
  assert.ok(isEvaluation(answer, { ...guess, publicShare: seat.publicShare }));
  return { seat, guess, answer };
}

/** The output of a guess that a threshold of guardians evaluated. */
export function outputOf(evaluated: readonly Evaluated[]): Secret {
  const [first] = evaluated;
  assert.ok(first);
  const parts = evaluated.map(({ seat, answer }) => ({ x: seat.x, element: answer.element }));
  const whole = finalize(first.guess.input, first.guess.blinded, parts);
  assert.ok(whole.ok);
  return new Secret(whole.value);
}

/** What an honest client proves. */
export function claimOf({ seat, guess }: Evaluated, output: Secret): Claim {
  const { input, blinded } = guess;
  const scalar = linkScalar(output, seat);
  const slot = hashToGroup(input).multiply(scalar);
  return { slot, blinded: blinded.element, link: multiply(blinded.blind, invert(scalar)) };
}

export function openRequest(
  { gid, rid }: GuardianSeat,
  sid: Uint8Array,
  claim: Claim,
): Extract<GuardianRequest, { kind: "open" }> {
  return { kind: "open", rid, sid, ...proveLink({ gid, rid, sid }, claim, random) };
}
