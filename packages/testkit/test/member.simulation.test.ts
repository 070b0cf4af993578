import assert from "node:assert/strict";
import { test } from "node:test";
import { useNativeCrypto } from "@sotto/testkit/native-crypto";

// Before anything imports what it replaces.
useNativeCrypto();
const { explain, MEMBER_MUTANTS, runMemberWorld, seedsToRun } = await import("@sotto/testkit");

/** As worlds were before there were groups, and files. */
const WITHOUT_GROUPS = { hasGroups: false, hasFiles: false } as const;
/** Seeds that once failed in such worlds. Never remove one; name what it found. */
const regressions: readonly number[] = [
  440, // a contact that was added before the own relay was ever reached was never approached
];
/** The same for the reference engine, with which a seed is another world. */
const referenceRegressions: readonly number[] = [
  966, // a relay lost with its power what it had just been told, and nobody told it again
  5180, // the witness took what was shown as failed for lost, where its writer's power had failed too
  1392, // a COMMIT that had been read in the log was refused, and its channel made anew
];
/** With the reference engine, and groups. */
const groupRegressions: readonly number[] = [
  6, // who left read on in the page that told them that they were out, and took the group for broken
  13, // who was removed never told the relay how far they had read
  67, // somebody was made the owner and removed by one Commit: the group had no owner, and fell apart
  273, // who was to be removed became the owner first, and was on their way out for ever
  277, // somebody left while they were made the owner: nobody could take them out
];
/** The same with MLS as it is. */
const mlsGroupRegressions: readonly number[] = [
  257, // who came in again was shown as delivered what somebody had not seen yet
  93, // the draft of a group that was left was due for ever, and its device did nothing else from then on
  497, // the same
];
/** And with files. */
const fileRegressions: readonly number[] = [
  460, // whoever tried to reach somebody new, whose shelf was empty yet, used up the hour's claims for everybody
];
const SEEDS = 250;
/** Within so many seeds a planted bug must show. */
const MUTANT_SEEDS_MAX = 100;

// The other half of the seeds is in member-second-half.simulation.test.ts: a file of its own, for the other core.
test("[SM20 SM21 SM22 SM23 SM24 SM25 SM26 SM27 SM28 SM29 SM32 SM33 SM34 SM35 SM36 SM40 SM41 SM42 SM43 SM44 SM45] real clients: nothing lost, doubled, out of order or kept too long", async () => {
  const all = { letters: 0, seen: 0, givenUp: 0, crashes: 0, commits: 0, files: 0 };
  for (const seed of seedsToRun(SEEDS)) {
    const report = await runMemberWorld({ seed, engine: "x25519" });
    assert.deepEqual(report.violations, [], explain(seed, report));
    for (const name of ["letters", "seen", "givenUp", "crashes", "commits", "files"] as const)
      all[name] += report.counts[name];
  }
  // A world in which nothing happens proves nothing.
  assert.ok(all.crashes > 0 && all.seen > all.letters / 2 && all.commits > 0 && all.files > 0);
});

test("seeds that once failed", async () => {
  const pinned = [
    ...regressions.map((seed) => ({ seed, engine: "x25519", ...WITHOUT_GROUPS }) as const),
    ...referenceRegressions.map((seed) => ({ seed, engine: "reference", ...WITHOUT_GROUPS }) as const),
    ...groupRegressions.map((seed) => ({ seed, engine: "reference", hasFiles: false }) as const),
    ...mlsGroupRegressions.map((seed) => ({ seed, engine: "x25519", hasFiles: false }) as const),
    ...fileRegressions.map((seed) => ({ seed, engine: "x25519" }) as const),
  ];
  for (const options of pinned) {
    const report = await runMemberWorld(options);
    assert.deepEqual(report.violations, [], explain(options.seed, report));
  }
});

test("the same with the post-quantum suite", async () => {
  for (const seed of seedsToRun(10)) {
    const report = await runMemberWorld({ seed, engine: "x-wing" });
    assert.deepEqual(report.violations, [], explain(seed, report));
  }
});

test("[SM1] a seed decides the whole run, with the real engine too", async () => {
  // Of people who have not met, of relays on SQLite, of one whose clock jumps, and of one that lies.
  for (const seed of [10, 11, 17, 23]) {
    const first = await runMemberWorld({ seed, engine: "x25519" });
    assert.deepEqual(await runMemberWorld({ seed, engine: "x25519" }), first);
  }
});

for (const [name, memberMutant] of Object.entries(MEMBER_MUTANTS))
  test(`[SM31] a client that ${name} is found out`, async () => {
    for (let seed = 1; seed <= MUTANT_SEEDS_MAX; seed++)
      if ((await runMemberWorld({ seed, memberMutant })).violations.length > 0) return;
    assert.fail(`${MUTANT_SEEDS_MAX} seeds did not show it`);
  });
