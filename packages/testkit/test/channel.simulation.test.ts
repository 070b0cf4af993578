import assert from "node:assert/strict";
import { test } from "node:test";
import { useNativeCrypto } from "@sotto/testkit/native-crypto";

// Before anything imports what it replaces.
useNativeCrypto();
const { explain, RELAY_MUTANTS, runChannelWorld, seedsToRun } = await import("@sotto/testkit");

/** Seeds that once failed. Never remove one; name what it found. */
const regressions: readonly number[] = [];
const SEEDS = 60;
/** Within so many seeds a planted bug must show. */
const MUTANT_SEEDS_MAX = 24;

test("[SM10 SM11 SM12 SM13 SM14 SM15 SM16 SM17] scripted clients: nothing lost, doubled, altered or kept too long", async () => {
  const all = { messages: 0, commits: 0, crashes: 0, read: 0 };
  for (const seed of [...regressions, ...seedsToRun(SEEDS)]) {
    const report = await runChannelWorld({ seed });
    assert.deepEqual(report.violations, [], explain(seed, report));
    for (const name of ["messages", "commits", "crashes", "read"] as const) all[name] += report.counts[name];
  }
  // A world in which nothing happens proves nothing.
  assert.ok(all.crashes > 0 && all.commits > 0 && all.read > all.messages / 2);
});

test("[SM1] a seed decides the whole run", async () => {
  const [first, second] = [await runChannelWorld({ seed: 7 }), await runChannelWorld({ seed: 7 })];
  assert.deepEqual(first, second);
  assert.notDeepEqual(first.operations, (await runChannelWorld({ seed: 8 })).operations);
});

for (const [name, mutant] of Object.entries(RELAY_MUTANTS))
  test(`[SM30] a relay that ${name} is found out`, async () => {
    for (let seed = 1; seed <= MUTANT_SEEDS_MAX; seed++)
      if ((await runChannelWorld({ seed, mutant })).violations.length > 0) return;
    assert.fail(`${MUTANT_SEEDS_MAX} seeds did not show it`);
  });
