/**
 * What a hostile relay says, one lie at a time: it forges nothing it has no key for, and everything else is its own.
 * Clients need not make the best of it; they may show nothing wrong, and lose nothing without a word. The list is in
 * spec/simulation.md.
 */
import type { Entry, Reply } from "@sotto/protocol";
import type { Rng } from "../rng.ts";
import type { Tongue } from "../simulation/relay-end.ts";
import type { RelayMutant } from "../simulation/relay-host.ts";

/** Probability, for each reply that could be a lie, that it is one. */
const LIES = 0.4;
const HIDDEN = 0.15;

const told =
  (lie: (rng: Rng) => Tongue): ((rng: Rng) => Tongue) =>
  (rng) => {
    const tongue = lie(rng);
    return (reply) => (rng.chance(LIES) ? tongue(reply) : [reply]);
  };

/** Changes entries that are read, and entries that are pushed. */
const entryLie = (change: (entries: readonly Entry[], rng: Rng) => readonly Entry[]): RelayMutant => ({
  tongue: told((rng) => (reply) => {
    if (reply.kind === "page") return [{ ...reply, entries: [...change(reply.entries, rng)] }];
    if (reply.kind !== "pushed") return [reply];
    return change([reply.entry], rng).map((entry) => ({ ...reply, entry }));
  }),
});

const isOfLog = (entry: Entry): boolean => entry.kind !== "post";

function withFlippedBit(bytes: Uint8Array, rng: Rng): Uint8Array {
  const at = rng.below(bytes.length);
  return bytes.with(at, (bytes[at] ?? 0) ^ (1 << rng.below(8)));
}

const altered = (entry: Entry, rng: Rng): Entry =>
  entry.kind === "erased" || entry.body.length === 0
    ? entry
    : { ...entry, body: withFlippedBit(entry.body, rng) };

/** Says again what it has said on this connection, in the place of what is. */
function replaying(rng: Rng): Tongue {
  const said: Reply[] = [];
  return (reply) => {
    if (reply.kind !== "pushed" && reply.kind !== "delivered") return [reply];
    said.push(reply);
    return rng.chance(0.5) ? [reply, rng.pick(said)] : [rng.pick(said), reply];
  };
}

/** Gives each push only after the next. */
function delaying(): Tongue {
  let held: readonly Reply[] = [];
  return (reply) => {
    if (reply.kind !== "pushed") return [reply];
    const late = held;
    held = [reply];
    return late;
  };
}

const otherHead =
  (rng: Rng): Tongue =>
  (reply) =>
    "head" in reply ? [{ ...reply, head: withFlippedBit(reply.head, rng) }] : [reply];

const otherTime =
  (rng: Rng): Tongue =>
  (reply) =>
    reply.kind === "accepted" || reply.kind === "committed"
      ? [{ ...reply, time: reply.time + rng.below(1_000) }]
      : [reply];

const refusing: Tongue = (reply) =>
  reply.kind === "accepted" || reply.kind === "committed" || reply.kind === "opened"
    ? [{ kind: "refused", code: "denied", detail: 0 }]
    : [reply];

export const RELAY_LIES: Readonly<Record<string, RelayMutant>> = {
  "keeps entries back": entryLie((entries, rng) =>
    entries.filter((entry) => !isOfLog(entry) || rng.chance(0.5)),
  ),
  "changes their order": entryLie((entries) => entries.toReversed()),
  "gives entries twice": entryLie((entries) => [...entries, ...entries].slice(0, 64)),
  "alters entries": entryLie((entries, rng) => entries.map((entry) => altered(entry, rng))),
  "says again what was": { tongue: (rng) => replaying(rng) },
  "pushes late": { tongue: () => delaying() },
  "names other heads": { tongue: told(otherHead) },
  "names other times": { tongue: told(otherTime) },
  "denies what it has done": { tongue: told(() => refusing) },
  "goes back to an older state": { unflushedMax: 4 },
  "alters files": { blob: withFlippedBit },
  "keeps files back": { blob: (bytes, rng) => (rng.chance(0.3) ? bytes : undefined) },
  "shows two histories": { fork: { victim: "bob", hides: HIDDEN } },
};
