import assert from "node:assert/strict";
import { test } from "node:test";
import { useNativeCrypto } from "@sotto/testkit/native-crypto";

// Before anything imports what it replaces.
useNativeCrypto();
const { explain, runMemberWorld, seedsToRun } = await import("@sotto/testkit");

/** Seeds 251 to 500 of the member world; the first half, and what it counts, is in member.simulation.test.ts. */
const SEEDS = 250;

test("[SM20 SM21 SM22 SM23 SM24 SM25 SM26 SM27 SM28 SM29 SM32 SM33 SM34 SM35 SM36 SM40 SM41 SM42 SM43 SM44 SM45] real clients, the second half of the seeds", async () => {
  let seen = 0;
  for (const seed of seedsToRun(SEEDS).map((first) => first + SEEDS)) {
    const report = await runMemberWorld({ seed, engine: "x25519" });
    assert.deepEqual(report.violations, [], explain(seed, report));
    seen += report.counts.seen;
  }
  assert.ok(seen > 0);
});
