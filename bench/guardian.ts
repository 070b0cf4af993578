/**
 * `./sotto bench guardian [--json]`: how many PINs one core of a guardian takes, and how far apart what it works for a
 * real, a decoy, a duress and a wrong PIN is. Only the guardian's part is timed, on its files, and it answers OPEN as
 * soon as it can: the fixed time of GD7 is what remains of a difference.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, deal, sign, signingKey, unlockWithPin } from "@sotto/crypto";
import { createGuardian, type Guardian } from "@sotto/guardian";
import { openRecordStore } from "@sotto/guardian-adapters/node";
import { envelopePublicKey } from "@sotto/oprf";
import { Secret, type GuardianAddress } from "@sotto/protocol";
import { sha256 } from "@sotto/verify";

const ROUNDS = 200;
const ROUNDS_WARM = 10;
const OUTCOMES = ["real", "decoy", "duress", "wrong"] as const;
type Outcome = (typeof OUTCOMES)[number];

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A guardian on files in `folder`. */
async function startGuardian(folder: string) {
  const store = openRecordStore(folder);
  assert.ok(store.ok);
  const [pair, envelopeSeed] = [signingKey(new Secret(random(32))), new Secret(random(32))];
  const guardian = createGuardian({
    store: store.value,
    keys: { gid: pair.publicKey, sign: (bytes) => sign(pair, bytes), envelopeSeed },
    admission: { spend: () => Promise.resolve(true) },
    clock: Date.now,
    random,
    until: () => Promise.resolve(),
    peers: [],
    limits: { registrations: { burst: Infinity, everyMs: 1 } },
  });
  const gx = await envelopePublicKey(envelopeSeed);
  const address = { gid: pair.publicKey, gx, url: "https://guardian.example" };
  return { guardian, address, close: () => store.value.close() };
}

/** Registers a device and unlocks it once: how long the guardian took for its EVAL and its OPEN. */
async function timeUnlock(guardian: Guardian, address: GuardianAddress, outcome: Outcome) {
  const pins = { real: random(32), decoy: random(32), duress: random(32), wrong: random(32) };
  const { seats, registrations, deviceSecret } = deal([address], 1, pins, [], { random, sha256 });
  const [registration] = registrations;
  assert.ok(registration);
  const registered = await ask(address, { kind: "register", registration }, (_, envelope) =>
    guardian.answer(envelope),
  );
  assert.ok(registered?.kind === "registered");
  const tookMs: number[] = [];
  const unlocking = await unlockWithPin({ seats, threshold: 1, deviceSecret }, pins[outcome], {
    random,
    carry: async (_, envelope) => {
      const started = performance.now();
      const answer = await guardian.answer(envelope);
      tookMs.push(performance.now() - started);
      return answer;
    },
  });
  assert.equal(unlocking.kind, outcome === "wrong" ? "wrong" : "opened");
  const [, evalMs = Number.NaN, openMs = Number.NaN] = tookMs; // the first is HELLO
  return { evalMs, openMs };
}

async function measure(folder: string): Promise<Readonly<Record<string, number>>> {
  const { guardian, address, close } = await startGuardian(folder);
  const evalMs: number[] = [];
  const openMs: Record<Outcome, number[]> = { real: [], decoy: [], duress: [], wrong: [] };
  for (let round = -ROUNDS_WARM; round < ROUNDS; round++) {
    // Each outcome is as often first as last.
    for (const place of OUTCOMES.keys()) {
      const outcome = OUTCOMES[(place + round + ROUNDS_WARM) % OUTCOMES.length] ?? "real";
      const took = await timeUnlock(guardian, address, outcome);
      if (round < 0) continue;
      evalMs.push(took.evalMs);
      openMs[outcome].push(took.openMs);
    }
  }
  close();
  const medians = OUTCOMES.map((outcome) => median(openMs[outcome]));
  const pairMs = median(evalMs) + median(Object.values(openMs).flat());
  return {
    pairs_per_s: rounded(1_000 / pairMs),
    eval_ms: rounded(median(evalMs)),
    ...Object.fromEntries(
      OUTCOMES.map((outcome, at) => [`open_${outcome}_ms`, rounded(medians[at] ?? Number.NaN)]),
    ),
    outcome_spread_percent: rounded((Math.max(...medians) / Math.min(...medians) - 1) * 100),
  };
}

const folder = mkdtempSync(join(tmpdir(), "sotto-bench-guardian-"));
const metrics = await measure(folder).finally(() => rmSync(folder, { recursive: true }));
if (process.argv.includes("--json")) console.log(JSON.stringify({ bench: "guardian", metrics }));
else console.table(metrics);
