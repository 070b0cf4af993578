/**
 * One connection to a relay: dialled while somebody wants it, greeted, then a set of numbered requests. Pure: the
 * shell performs the effects in order. What was asked and not answered is lost with the connection; whoever asked
 * asks anew from what is durable. Spec: spec/client.md, "Connections".
 */
import type { Reply, Request } from "@sotto/protocol";
import type { Problem } from "../problems.ts";

export const BACKOFF_MS_MIN = 500;
export const BACKOFF_MS_MAX = 60_000;
export const GREETING_MS_MAX = 30_000;
export const ANSWER_MS_MAX = 30_000;
/** Requests without an answer on one connection; more wait here. */
export const IN_FLIGHT_MAX = 32;

export type LinePhase =
  | { readonly kind: "resting" }
  | { readonly kind: "waiting"; readonly until: number }
  | { readonly kind: "dialing"; readonly until: number }
  | { readonly kind: "greeting"; readonly until: number; readonly nonce: Uint8Array }
  | { readonly kind: "ready"; readonly nonce: Uint8Array };

type Asked<P> = { readonly purpose: P; readonly until: number };

export type LineState<P> = {
  readonly phase: LinePhase;
  /** Failures in a row: how long the next wait is. */
  readonly failures: number;
  readonly offlineSince: number;
  readonly problem: Problem | undefined;
  readonly nextNumber: number;
  readonly asked: ReadonlyMap<number, Asked<P>>;
  readonly queued: readonly { readonly request: Request; readonly purpose: P }[];
};

export type LineEvent<P> =
  | { readonly kind: "wanted" | "unwanted" }
  | { readonly kind: "opened"; readonly nonce: Uint8Array }
  /** The relay proved its key. */
  | { readonly kind: "greeted"; readonly nonce: Uint8Array }
  /** It must not be used further: it did not prove its key, speaks another tongue, or our storage failed. */
  | { readonly kind: "abandoned"; readonly problem: Problem | undefined }
  | { readonly kind: "ended" }
  | { readonly kind: "request"; readonly request: Request; readonly purpose: P }
  | { readonly kind: "reply"; readonly number: number; readonly reply: Reply }
  | { readonly kind: "tick" };

export type LineEffect<P> =
  | { readonly kind: "dial" }
  | { readonly kind: "send"; readonly number: number; readonly request: Request }
  | { readonly kind: "end" }
  | { readonly kind: "answer"; readonly purpose: P; readonly reply: Reply }
  /** It is over: whoever relied on it starts again. */
  | { readonly kind: "lost" };

export type LineStep<P> = { readonly line: LineState<P>; readonly effects: readonly LineEffect<P>[] };

export const newLine = <P>(now: number): LineState<P> => ({
  phase: { kind: "resting" },
  failures: 0,
  offlineSince: now,
  problem: undefined,
  nextNumber: 1,
  asked: new Map(),
  queued: [],
});

/** When `tick` is due, if ever. */
export function lineDueAt<P>(line: LineState<P>): number | undefined {
  if (line.phase.kind === "resting") return undefined;
  if (line.phase.kind !== "ready") return line.phase.until;
  let due: number | undefined;
  for (const { until } of line.asked.values()) due = Math.min(due ?? until, until);
  return due;
}

/** `jitter` in [0, 1) spreads the waits of many clients. */
export function stepLine<P>(
  line: LineState<P>,
  event: LineEvent<P>,
  now: number,
  jitter: number,
): LineStep<P> {
  switch (event.kind) {
    case "wanted":
      return line.phase.kind === "resting" ? dial(line, now) : { line, effects: [] };
    case "unwanted":
      return rest(line, now);
    case "opened":
      return greet(line, event.nonce, now);
    case "greeted":
      return line.phase.kind === "greeting"
        ? { line: { ...line, phase: { kind: "ready", nonce: event.nonce }, problem: undefined }, effects: [] }
        : { line, effects: [] };
    case "abandoned":
      return fail(line, event.problem, now, jitter, [{ kind: "end" }]);
    case "ended":
      return fail(line, line.problem ?? { kind: "relay-unreachable" }, now, jitter, []);
    case "request":
      return pump({ ...line, queued: [...line.queued, event] }, now);
    case "reply":
      return answer(line, event.number, event.reply, now);
    case "tick":
      return tick(line, now, jitter);
  }
}

function dial<P>(line: LineState<P>, now: number): LineStep<P> {
  const phase: LinePhase = { kind: "dialing", until: now + GREETING_MS_MAX };
  return {
    line: { ...line, phase, nextNumber: 1, asked: new Map(), queued: [] },
    effects: [{ kind: "dial" }],
  };
}

function rest<P>(line: LineState<P>, now: number): LineStep<P> {
  if (line.phase.kind === "resting") return { line, effects: [] };
  return { line: newLine(now), effects: [{ kind: "end" }, { kind: "lost" }] };
}

function greet<P>(line: LineState<P>, nonce: Uint8Array, now: number): LineStep<P> {
  if (line.phase.kind !== "dialing") return { line, effects: [] };
  return {
    line: {
      ...line,
      phase: { kind: "greeting", nonce, until: now + GREETING_MS_MAX },
      nextNumber: line.nextNumber + 1,
    },
    effects: [{ kind: "send", number: line.nextNumber, request: { kind: "hello", nonce } }],
  };
}

/** Waits twice as long after each failure in a row: OB5. */
function fail<P>(
  line: LineState<P>,
  problem: Problem | undefined,
  now: number,
  jitter: number,
  before: readonly LineEffect<P>[],
): LineStep<P> {
  if (line.phase.kind === "resting" || line.phase.kind === "waiting") return { line, effects: [] };
  const longest = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(line.failures, 20));
  const until = now + Math.ceil(longest * (0.5 + jitter / 2));
  return {
    line: {
      ...line,
      phase: { kind: "waiting", until },
      failures: line.failures + 1,
      offlineSince: line.phase.kind === "ready" ? now : line.offlineSince,
      problem,
      asked: new Map(),
      queued: [],
    },
    effects: [...before, { kind: "lost" }],
  };
}

function pump<P>(line: LineState<P>, now: number): LineStep<P> {
  if (line.phase.kind !== "ready") return { line: { ...line, queued: [] }, effects: [] };
  const room = Math.max(0, IN_FLIGHT_MAX - line.asked.size);
  const leaving = line.queued.slice(0, room);
  if (leaving.length === 0) return { line, effects: [] };
  const asked = new Map(line.asked);
  const effects: LineEffect<P>[] = [];
  let number = line.nextNumber;
  for (const { request, purpose } of leaving) {
    if (isAnswered(request)) asked.set(number, { purpose, until: now + ANSWER_MS_MAX });
    effects.push({ kind: "send", number: number++, request });
  }
  return { line: { ...line, asked, nextNumber: number, queued: line.queued.slice(room) }, effects };
}

const isAnswered = (request: Request): boolean => request.kind !== "ack";

function answer<P>(line: LineState<P>, number: number, reply: Reply, now: number): LineStep<P> {
  const found = line.asked.get(number);
  if (found === undefined) return { line, effects: [] }; // a repeat, or never asked
  const asked = new Map(line.asked);
  asked.delete(number);
  const failures = reply.kind === "refused" ? line.failures : 0;
  const pumped = pump({ ...line, asked, failures }, now);
  return {
    line: pumped.line,
    effects: [...pumped.effects, { kind: "answer", purpose: found.purpose, reply }],
  };
}

function tick<P>(line: LineState<P>, now: number, jitter: number): LineStep<P> {
  const due = lineDueAt(line);
  if (due === undefined || due > now) return { line, effects: [] };
  if (line.phase.kind === "waiting") return dial(line, now);
  return fail(line, { kind: "relay-unreachable" }, now, jitter, [{ kind: "end" }]);
}
