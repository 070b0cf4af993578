import assert from "node:assert/strict";
import { test } from "node:test";
import { useNativeCrypto } from "@sotto/testkit/native-crypto";

// Before anything imports what it replaces.
useNativeCrypto();
const { explain, RELAY_LIES, runMemberWorld, seedsToRun } = await import("@sotto/testkit");

/** Of each lie; in member.simulation.test.ts every eighth world is told one. */
const SEEDS = 10;
/** Lies that cannot be seen through without a word. */
const TOLD: readonly string[] = [
  "alters entries",
  "names other heads",
  "denies what it has done",
  "shows two histories",
];

/** Lies about files alone: whoever opens one is told, and nobody needs to be once they are over. */
const ABOUT_FILES: readonly string[] = ["alters files", "keeps files back"];

for (const lie of Object.keys(RELAY_LIES))
  test(`[SM32] [SM45] of a relay that ${lie} people are told, or come to no harm`, async () => {
    let warnings = 0;
    let [files, refused] = [0, 0];
    for (const seed of seedsToRun(SEEDS)) {
      const report = await runMemberWorld({ seed, lie });
      assert.deepEqual(report.violations, [], explain(seed, report));
      warnings += report.counts.warnings;
      files += report.counts.files;
      refused += report.counts.refusedFiles;
    }
    assert.ok(!ABOUT_FILES.includes(lie) || (refused > 0 && files > 0), `${refused} refused, ${files} read`);
    assert.ok(warnings > 0 || !TOLD.includes(lie), "nobody noticed: is it tried at all?");
  });
