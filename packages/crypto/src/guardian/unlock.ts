/**
 * Opening with a PIN: every guardian is asked at once, twice. What comes back is the key of a profile's box, or that the
 * PIN opened nothing; which profile it is, only its box tells. Spec: spec/guardian.md.
 */
import {
  blind,
  bytesToElement,
  combineShares,
  finalize,
  invert,
  isEvaluation,
  multiply,
  proveLink,
  sealRequest,
  type Blinded,
  type Element,
} from "@sotto/oprf";
import {
  assert,
  decode,
  encode,
  evalBytes,
  guardianAnswerCodec,
  guardianRequestCodec,
  Secret,
  type GuardianAnswer,
  type GuardianRequest,
  type RandomBytes,
} from "@sotto/protocol";
import { sign, signingKey } from "../keys.ts";
import type { GuardianAddress, GuardianSeat } from "./deal.ts";
import { boxKey, linkScalar, openShare } from "./slot-keys.ts";

/** Brings an envelope to a guardian and its answer back, directly or by way of a relay. Undefined: not reached. */
export type Carry = (to: GuardianAddress, envelope: Uint8Array) => Promise<Uint8Array | undefined>;

type Ports = { readonly carry: Carry; readonly random: RandomBytes };

export type Unlocking =
  /** `key` opens one of the boxes. `counters`: by guardian number; one that went back is an alarm (GD17). */
  | { readonly kind: "opened"; readonly key: Secret; readonly counters: ReadonlyMap<number, number> }
  | { readonly kind: "wrong"; readonly counters: ReadonlyMap<number, number> }
  /** Too few guardians answered; nothing was opened. `waitMs`: after which enough of them would. */
  | {
      readonly kind: "tooFew";
      readonly reached: number;
      readonly cheating: readonly number[];
      readonly waitMs: number | undefined;
    };

type Evaluated = {
  readonly seat: GuardianSeat;
  readonly sid: Uint8Array;
  readonly element: Uint8Array;
  readonly counter: number;
};
type Asked =
  | ({ readonly kind: "evaluated" } & Evaluated)
  | { readonly kind: "unreached" | "denied" | "cheats"; readonly seat: GuardianSeat }
  | { readonly kind: "wait"; readonly seat: GuardianSeat; readonly waitMs: number };

/** `input`: the stretched PIN, 32 bytes. */
export async function unlockWithPin(
  image: {
    readonly seats: readonly GuardianSeat[];
    readonly threshold: number;
    readonly deviceSecret: Secret;
  },
  input: Uint8Array,
  ports: Ports,
): Promise<Unlocking> {
  const blinded = blind(input, ports.random);
  const asked = await Promise.all(image.seats.map((seat) => evaluateAt(seat, input, blinded, ports)));
  const evaluated = asked.filter((one) => one.kind === "evaluated");
  if (evaluated.length < image.threshold) return tooFew(asked, image.threshold);
  const parts = evaluated.slice(0, image.threshold).map(({ seat, element }) => ({ x: seat.x, element }));
  const whole = finalize(input, blinded, parts);
  assert(whole.ok, "evaluations that hold are elements");
  const output = new Secret(whole.value);
  const opened = await Promise.all(evaluated.map((one) => openAt(one, blinded, output, ports)));
  output.wipe();
  const counters = new Map(opened.flatMap(({ x, counter }) => (counter === undefined ? [] : [[x, counter]])));
  const shares = opened.flatMap(({ x, share }) => (share === undefined ? [] : [{ x, value: share }]));
  if (shares.length >= image.threshold) {
    const secret = combineShares(shares.slice(0, image.threshold));
    return { kind: "opened", key: boxKey(secret, image.deviceSecret), counters };
  }
  // What was not answered says nothing about the PIN: whoever carries may have dropped it.
  if (counters.size < image.threshold)
    return { ...tooFew(asked, image.threshold), reached: counters.size, waitMs: undefined };
  return { kind: "wrong", counters };
}

function tooFew(asked: readonly Asked[], threshold: number): Extract<Unlocking, { kind: "tooFew" }> {
  const waits = asked.flatMap((one) => (one.kind === "wait" ? [one.waitMs] : [])).toSorted((a, b) => a - b);
  const reached = asked.filter(({ kind }) => kind === "evaluated").length;
  return {
    kind: "tooFew",
    reached,
    cheating: asked.flatMap(({ kind, seat }) => (kind === "cheats" ? [seat.x] : [])),
    waitMs: waits[threshold - reached - 1],
  };
}

async function evaluateAt(
  seat: GuardianSeat,
  input: Uint8Array,
  blinded: Blinded,
  ports: Ports,
): Promise<Asked> {
  const { gid, rid } = seat;
  const challenge = await ask(seat, { kind: "hello", rid }, ports.carry);
  if (challenge?.kind !== "challenge") return { kind: challenge ? "denied" : "unreached", seat };
  const { nonce } = challenge;
  const { element } = blinded;
  const signature = sign(signingKey(seat.deviceSeed), evalBytes({ gid, rid }, nonce, element));
  const answer = await ask(seat, { kind: "eval", rid, nonce, element, signature }, ports.carry);
  if (answer?.kind === "refused" && answer.code === "wait")
    return { kind: "wait", seat, waitMs: answer.detail };
  if (answer?.kind !== "evaluated") return { kind: answer ? "denied" : "unreached", seat };
  const holds = isEvaluation(answer, { blinded, publicShare: seat.publicShare, input });
  return holds ? { ...answer, seat } : { kind: "cheats", seat };
}

/** Lost on its way, it is asked once more: the same bytes get the same answer, and no second charge (GD6). */
async function openAt({ seat, sid }: Evaluated, blinded: Blinded, output: Secret, ports: Ports) {
  const request = openRequestOf(seat, sid, blinded, output, ports.random);
  const answer = (await ask(seat, request, ports.carry)) ?? (await ask(seat, request, ports.carry));
  if (answer?.kind !== "opened") return { x: seat.x, counter: undefined, share: undefined };
  return { x: seat.x, counter: answer.counter, share: openShare(output, seat, answer.sealedShare) };
}

function openRequestOf(
  { gid, rid }: GuardianSeat,
  sid: Uint8Array,
  { blind: scalar, element: blinded }: Blinded,
  output: Secret,
  random: RandomBytes,
): GuardianRequest {
  const u = linkScalar(output, { gid, rid });
  const slot = elementOf(blinded).multiply(multiply(invert(scalar), u));
  const link = multiply(scalar, invert(u));
  return { kind: "open", rid, sid, ...proveLink({ gid, rid, sid }, { slot, blinded, link }, random) };
}

function elementOf(bytes: Uint8Array): Element {
  const element = bytesToElement(bytes);
  assert(element.ok, "what was blinded here is an element");
  return element.value;
}

/** Undefined where nothing came back that this guardian sealed for this request. */
export async function ask(
  guardian: GuardianAddress,
  request: GuardianRequest,
  carry: Carry,
): Promise<GuardianAnswer | undefined> {
  const size = request.kind === "register" ? "registration" : "ordinary";
  const sealed = await sealRequest(guardian, encode(guardianRequestCodec, request), size);
  const envelope = sealed && (await carry(guardian, sealed.envelope));
  const message = envelope && sealed.openAnswer(envelope);
  const answer = message && decode(guardianAnswerCodec, message);
  return answer?.ok === true ? answer.value : undefined;
}
