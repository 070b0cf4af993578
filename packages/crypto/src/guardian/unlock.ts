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
  type Scalar,
} from "@sotto/oprf";
import {
  assert,
  decode,
  encode,
  evalBytes,
  guardianAnswerCodec,
  guardianRequestCodec,
  Secret,
  type GuardianAddress,
  type GuardianAnswer,
  type GuardianRequest,
  type RandomBytes,
} from "@sotto/protocol";
import { sign, signingKey } from "../keys.ts";
import type { GuardianSeat } from "./deal.ts";
import { boxKey, linkScalar, openShare } from "./slot-keys.ts";

/**
 * Brings an envelope to a guardian and its answer back, directly or by way of a relay. Undefined: not reached. `isOnceOnly`: the
 * envelope must not come twice, so where it may have arrived no other way is tried.
 */
export type Carry = (
  to: GuardianAddress,
  envelope: Uint8Array,
  isOnceOnly?: boolean,
) => Promise<Uint8Array | undefined>;

export type UnlockPorts = { readonly carry: Carry; readonly random: RandomBytes };

/** An OPEN that nobody answered: sent again, it settles what its EVAL was charged (GD6). */
export type Unanswered = { readonly x: number; readonly request: OpenRequest };
export type OpenRequest = Extract<GuardianRequest, { kind: "open" }>;

export type Unlocking = {
  /** By guardian number; one that went back is an alarm (GD17). */
  readonly counters: ReadonlyMap<number, number>;
  readonly unanswered: readonly Unanswered[];
  /** Numbers of guardians whose evaluation does not hold. */
  readonly cheating: readonly number[];
  /** Of those that know the device no longer, or not yet: they were put back to an earlier state, or it was wiped there. */
  readonly denying: readonly number[];
} & (
  | { readonly kind: "opened"; /** Opens one of the boxes. */ readonly key: Secret }
  | { readonly kind: "wrong" }
  /** Some guardians know this PIN, and the one that is missing decides: it is being changed. */
  | { readonly kind: "partial" }
  /** Those that answered know this device no longer. */
  | { readonly kind: "denied" }
  /** Too few guardians answered; nothing was opened. `waitMs`: after which enough of them would. */
  | { readonly kind: "tooFew"; readonly reached: number; readonly waitMs: number | undefined }
);

type Evaluated = {
  readonly seat: GuardianSeat;
  readonly sid: Uint8Array;
  readonly element: Uint8Array;
  readonly counter: number;
};
type Asked =
  | ({ readonly kind: "evaluated" } & Evaluated)
  /** spared: it is there, and was not asked to evaluate, since too few others are. */
  | { readonly kind: "unreached" | "spared" | "denied" | "cheats"; readonly seat: GuardianSeat }
  | { readonly kind: "wait"; readonly seat: GuardianSeat; readonly waitMs: number };

/** The stretched PIN and what of it a guardian sees. */
type Question = { readonly input: Uint8Array; readonly blinded: Blinded };

type Opened = {
  readonly x: number;
  readonly counter?: number;
  readonly share?: Scalar | undefined;
  readonly unanswered?: OpenRequest;
};

/** `input`: the stretched PIN, 32 bytes. */
export async function unlockWithPin(
  image: {
    readonly seats: readonly GuardianSeat[];
    readonly threshold: number;
    readonly deviceSecret: Secret;
  },
  input: Uint8Array,
  ports: UnlockPorts,
): Promise<Unlocking> {
  const { threshold } = image;
  const blinded = blind(input, ports.random);
  const asked = await evaluateAll(image.seats, threshold, { input, blinded }, ports);
  const evaluated = asked.filter((one) => one.kind === "evaluated");
  if (evaluated.length < threshold) return tooFew(asked, threshold);
  const output = outputOf(input, blinded, evaluated.slice(0, threshold));
  const opened: readonly Opened[] = await Promise.all(
    evaluated.map((one) => openAt(one, blinded, output, ports)),
  );
  output.wipe();
  const found = {
    counters: new Map(opened.flatMap(({ x, counter }) => (counter === undefined ? [] : [[x, counter]]))),
    unanswered: opened.flatMap(({ x, unanswered }) => (unanswered ? [{ x, request: unanswered }] : [])),
    cheating: numbersOf(asked, "cheats"),
    denying: numbersOf(asked, "denied"),
  };
  const shares = opened.flatMap(({ x, share }) => (share === undefined ? [] : [{ x, value: share }]));
  if (shares.length >= threshold) {
    const secret = combineShares(shares.slice(0, threshold));
    return { ...found, kind: "opened", key: boxKey(secret, image.deviceSecret) };
  }
  // What was not answered says nothing about the PIN: whoever carries may have dropped it.
  const reached = found.counters.size;
  if (reached < threshold) return { ...found, kind: "tooFew", reached, waitMs: undefined };
  const isAnyMissing = reached < image.seats.length;
  return { ...found, kind: shares.length > 0 && isAnyMissing ? "partial" : "wrong" };
}

/** The PIN's output. From `threshold` evaluations that were checked. */
export function outputOf(
  input: Uint8Array,
  blinded: Blinded,
  evaluated: readonly { readonly seat: GuardianSeat; readonly element: Uint8Array }[],
): Secret {
  const parts = evaluated.map(({ seat, element }) => ({ x: seat.x, element }));
  const whole = finalize(input, blinded, parts);
  assert(whole.ok, "evaluations that hold are elements");
  return new Secret(whole.value);
}

const numbersOf = (asked: readonly Asked[], of: Asked["kind"]): readonly number[] =>
  asked.flatMap(({ kind, seat }) => (kind === of ? [seat.x] : []));

export function tooFew(asked: readonly Asked[], threshold: number): Unlocking {
  const denying = numbersOf(asked, "denied");
  const found = {
    counters: new Map<number, number>(),
    unanswered: [],
    cheating: numbersOf(asked, "cheats"),
    denying,
  };
  const waits = asked.flatMap((one) => (one.kind === "wait" ? [one.waitMs] : [])).toSorted((a, b) => a - b);
  const reached = numbersOf(asked, "evaluated").length + numbersOf(asked, "spared").length;
  // So few are left that know the device that it never opens again.
  if (denying.length > Math.max(0, asked.length - threshold)) return { ...found, kind: "denied" };
  return { ...found, kind: "tooFew", reached, waitMs: waits[threshold - reached - 1] };
}

/**
 * HELLO at every guardian, then EVAL at those that are there: unless they are fewer than `needed`, since an evaluation that
 * comes to nothing costs a try all the same.
 */
export async function evaluateAll(
  seats: readonly GuardianSeat[],
  needed: number,
  question: Question,
  { carry }: Pick<UnlockPorts, "carry">,
): Promise<readonly Asked[]> {
  const greeted = await Promise.all(
    seats.map(async (seat) => ({ seat, nonce: await challengeOf(seat, carry) })),
  );
  const isWorthIt = greeted.filter(({ nonce }) => nonce !== undefined).length >= needed;
  return Promise.all(
    greeted.map(async ({ seat, nonce }): Promise<Asked> => {
      if (nonce === undefined) return { kind: "unreached", seat };
      return isWorthIt ? evaluateAt(seat, nonce, question, carry) : { kind: "spared", seat };
    }),
  );
}

/** HELLO is never denied; what else is said means that it serves nobody yet (GD24). */
async function challengeOf(seat: GuardianSeat, carry: Carry): Promise<Uint8Array | undefined> {
  const answer = await ask(seat, { kind: "hello", rid: seat.rid }, carry);
  return answer?.kind === "challenge" ? answer.nonce : undefined;
}

/** A guardian may know the device by the key that is to come or by the one before. */
async function evaluateAt(
  seat: GuardianSeat,
  nonce: Uint8Array,
  question: Question,
  carry: Carry,
): Promise<Asked> {
  const { nextSeed, deviceSeed } = seat;
  const first = await evaluateAs(nextSeed ?? deviceSeed, seat, nonce, question, carry);
  if (first.kind !== "denied" || nextSeed === undefined) return first;
  const fresh = await challengeOf(seat, carry);
  if (fresh === undefined) return { kind: "unreached", seat };
  return evaluateAs(deviceSeed, seat, fresh, question, carry);
}

async function evaluateAs(
  seed: Secret,
  seat: GuardianSeat,
  nonce: Uint8Array,
  { input, blinded }: Question,
  carry: Carry,
): Promise<Asked> {
  const { gid, rid, publicShare } = seat;
  const { element } = blinded;
  const signature = sign(signingKey(seed), evalBytes({ gid, rid }, nonce, element));
  const answer = await ask(seat, { kind: "eval", rid, nonce, element, signature }, carry);
  if (answer?.kind === "refused" && answer.code === "wait")
    return { kind: "wait", seat, waitMs: answer.detail };
  const isDenied = answer?.kind === "refused" && answer.code === "denied";
  if (answer?.kind !== "evaluated") return { kind: isDenied ? "denied" : "unreached", seat };
  const holds = isEvaluation(answer, { blinded, publicShare, input });
  return holds ? { ...answer, seat } : { kind: "cheats", seat };
}

/** Lost on its way, it is asked once more: the same bytes get the same answer, and no second charge (GD6). */
async function openAt(
  { seat, sid }: Evaluated,
  blinded: Blinded,
  output: Secret,
  ports: UnlockPorts,
): Promise<Opened> {
  const request = openRequestOf(seat, sid, blinded, output, ports.random);
  const answer = (await ask(seat, request, ports.carry)) ?? (await ask(seat, request, ports.carry));
  if (answer?.kind !== "opened") return { x: seat.x, unanswered: request };
  return { x: seat.x, counter: answer.counter, share: openShare(output, seat, answer.sealedShare) };
}

function openRequestOf(
  { gid, rid }: GuardianSeat,
  sid: Uint8Array,
  { blind: scalar, element: blinded }: Blinded,
  output: Secret,
  random: RandomBytes,
): OpenRequest {
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
  // A second EVAL with the same nonce is denied, as to a device that is not known.
  const envelope = sealed && (await carry(guardian, sealed.envelope, request.kind === "eval"));
  const message = envelope && sealed.openAnswer(envelope);
  const answer = message && decode(guardianAnswerCodec, message);
  return answer?.ok === true ? answer.value : undefined;
}
