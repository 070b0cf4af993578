/**
 * `./sotto bench guardian [--json]`: how many PINs one core of a guardian takes from many devices at once, how long one
 * device waits, and how far apart what it works for a real, a decoy, a duress and a wrong PIN is. Only the guardian's part
 * is timed, on its files, and it answers OPEN as soon as it can: the fixed time of GD7 is what remains of a difference.
 * `guardian_wait_ms` has that time, and the device's work beside Argon2id; `unlock_ms` is what somebody waits for at the handset.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ask, deal, unlockWithPin } from "@sotto/crypto";
import type { Guardian } from "@sotto/guardian";
import { nativeUntil } from "@sotto/guardian-adapters/node";
import type { GuardianAddress } from "@sotto/protocol";
import { FileGuardians, random } from "@sotto/testkit/guardian";
import { sha256 } from "@sotto/verify";
import { buildHandset } from "../scripts/handset.ts";
import { measureUnlocks } from "./guardian-handset.ts";

const ROUNDS = 200;
const ROUNDS_WARM = 10;
/** Devices that unlock at once, how often, and alone. */
const CROWD = 100;
const CROWDS = 5;
const LONE_UNLOCKS = 20;
const OUTCOMES = ["real", "decoy", "duress", "wrong"] as const;
type Outcome = (typeof OUTCOMES)[number];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A guardian on files in `folder`. */
async function startGuardian(folder: string, until: (time: number) => Promise<void>) {
  const world = await FileGuardians.create(folder, 1, { clock: Date.now, until });
  const [address] = world.guardians;
  assert.ok(address);
  return { guardian: address.guardian, address, close: () => world.close() };
}

type Ways = (envelope: Uint8Array) => Promise<Uint8Array | undefined>;

/** A device with a record of its own: what it does to unlock, its envelopes going the way it is given. */
async function registerDevice(guardian: Guardian, address: GuardianAddress, outcome: Outcome) {
  const pins = { real: random(32), decoy: random(32), duress: random(32), wrong: random(32) };
  const { seats, registrations, deviceSecret } = deal([address], 1, pins, [], { random, sha256 });
  const [registration] = registrations;
  assert.ok(registration);
  const registered = await ask(address, { kind: "register", registration }, (_, envelope) =>
    guardian.answer(envelope),
  );
  assert.ok(registered?.kind === "registered");
  return async (way: Ways): Promise<void> => {
    const ports = { random, carry: (_: GuardianAddress, envelope: Uint8Array) => way(envelope) };
    const unlocking = await unlockWithPin({ seats, threshold: 1, deviceSecret }, pins[outcome], ports);
    assert.equal(unlocking.kind, outcome === "wrong" ? "wrong" : "opened");
  };
}

/** How long the guardian took for one device's EVAL and OPEN, with nothing else to do. */
async function timeAlone(guardian: Guardian, address: GuardianAddress, outcome: Outcome) {
  const unlock = await registerDevice(guardian, address, outcome);
  const tookMs: number[] = [];
  await unlock(async (envelope) => {
    const started = performance.now();
    const answer = await guardian.answer(envelope);
    tookMs.push(performance.now() - started);
    return answer;
  });
  const [, evalMs = Number.NaN, openMs = Number.NaN] = tookMs; // the first is HELLO
  return { evalMs, openMs };
}

/** Devices meet here, each with its envelope; once all are there, all are answered at once. */
class Gate {
  readonly #guardian: Guardian;
  #waiting: { readonly envelope: Uint8Array; readonly resolve: (answer: Uint8Array | undefined) => void }[] =
    [];
  tookMs = 0;

  constructor(guardian: Guardian) {
    this.#guardian = guardian;
  }

  pass(envelope: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push({ envelope, resolve });
      if (this.#waiting.length === CROWD) void this.#open();
    });
  }

  async #open(): Promise<void> {
    const started = performance.now();
    const answers = await Promise.all(this.#waiting.map(({ envelope }) => this.#guardian.answer(envelope)));
    this.tookMs = performance.now() - started;
    for (const [at, { resolve }] of this.#waiting.entries()) resolve(answers[at]);
  }
}

/** Pairs of EVAL and OPEN in a second, of devices that all ask at once. */
async function pairsPerSecond(guardian: Guardian, address: GuardianAddress): Promise<number> {
  const gates = [new Gate(guardian), new Gate(guardian), new Gate(guardian)]; // HELLO, EVAL, OPEN
  const devices: Awaited<ReturnType<typeof registerDevice>>[] = [];
  for (let at = 0; at < CROWD; at++) {
    const outcome = OUTCOMES[at % OUTCOMES.length] ?? "real";
    devices.push(await registerDevice(guardian, address, outcome));
  }
  await Promise.all(
    devices.map((unlock) => {
      const ahead = gates.values();
      return unlock((envelope) => ahead.next().value?.pass(envelope) ?? Promise.resolve(undefined));
    }),
  );
  const [, evals, opens] = gates;
  assert.ok(evals && opens);
  return (1_000 * CROWD) / (evals.tookMs + opens.tookMs);
}

/** How long a person waits whose device asks one guardian, beside Argon2id and the network. */
async function unlockMs(folder: string): Promise<number> {
  const { guardian, address, close } = await startGuardian(folder, nativeUntil);
  const tookMs: number[] = [];
  for (let time = 0; time < LONE_UNLOCKS; time++) {
    const unlock = await registerDevice(guardian, address, "real");
    const started = performance.now();
    await unlock((envelope) => guardian.answer(envelope));
    tookMs.push(performance.now() - started);
  }
  close();
  return median(tookMs);
}

async function measure(folder: string): Promise<Readonly<Record<string, number>>> {
  const { guardian, address, close } = await startGuardian(join(folder, "busy"), () => Promise.resolve());
  const evalMs: number[] = [];
  const openMs: Record<Outcome, number[]> = { real: [], decoy: [], duress: [], wrong: [] };
  for (let round = -ROUNDS_WARM; round < ROUNDS; round++) {
    // Each outcome is as often first as last.
    for (const place of OUTCOMES.keys()) {
      const outcome = OUTCOMES[(place + round + ROUNDS_WARM) % OUTCOMES.length] ?? "real";
      const took = await timeAlone(guardian, address, outcome);
      if (round < 0) continue;
      evalMs.push(took.evalMs);
      openMs[outcome].push(took.openMs);
    }
  }
  const crowds: number[] = [];
  for (let time = 0; time < CROWDS; time++) crowds.push(await pairsPerSecond(guardian, address));
  close();
  const medians = OUTCOMES.map((outcome) => median(openMs[outcome]));
  return {
    pairs_per_s: rounded(median(crowds)),
    unlock_ms: rounded(median(await measureUnlocks())),
    guardian_wait_ms: rounded(await unlockMs(join(folder, "waited-for"))),
    eval_ms: rounded(median(evalMs)),
    ...Object.fromEntries(
      OUTCOMES.map((outcome, at) => [`open_${outcome}_ms`, rounded(medians[at] ?? Number.NaN)]),
    ),
    outcome_spread_percent: rounded((Math.max(...medians) / Math.min(...medians) - 1) * 100),
  };
}

if ((await buildHandset(resolve(import.meta.dirname, ".."))) === "failed")
  throw new Error("there is no handset to measure");
const folder = mkdtempSync(join(tmpdir(), "sotto-bench-guardian-"));
const metrics = await measure(folder).finally(() => rmSync(folder, { recursive: true }));
if (process.argv.includes("--json")) console.log(JSON.stringify({ bench: "guardian", metrics }));
else console.table(metrics);
