import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_POLICY } from "@sotto/protocol";
import { acquaintances, type Person } from "./world.ts";

const HOUR_MS = 3_600_000;
const BURN_MS = DEFAULT_POLICY.burnDefaultMs;
const DRAFT = "meet me at the second bridge";

const draftOf = (person: Person, other: Person): string | undefined => person.row(other)?.draft;
/** What of the draft lies anywhere in the records. */
const isKept = (person: Person): boolean =>
  [...person.records.kept.values()].some((value) => Buffer.from(value).includes(DRAFT));

async function bobWithDraft() {
  const { world, alice, bob } = await acquaintances();
  const [row] = bob.view.conversations;
  assert.ok(row);
  alice.knownAs(row.id);
  assert.ok((await bob.ask({ kind: "draft", in: row.id, text: DRAFT })).ok);
  alice.crash();
  /** Nobody is there meanwhile. */
  const awayFor = async (ms: number): Promise<void> => {
    bob.crash();
    await world.pass(ms);
    await bob.start();
  };
  return { world, alice, bob, id: row.id, awayFor };
}

test("[CL77] a draft burns after its last edit, and nothing of it is kept", async () => {
  const { world, alice, bob, id, awayFor } = await bobWithDraft();
  await awayFor(BURN_MS - HOUR_MS);
  await bob.ask({ kind: "draft", in: id, text: `${DRAFT}, alone` });
  await awayFor(BURN_MS - HOUR_MS);
  assert.equal(draftOf(bob, alice), `${DRAFT}, alone`);
  assert.ok(isKept(bob), "the search finds what is there");
  await world.pass(2 * HOUR_MS);
  assert.equal(draftOf(bob, alice), "");
  assert.ok(!isKept(bob));
  assert.deepEqual(bob.records.list("d/"), []);
});

test("[CL77] a draft whose time came while its owner was away goes before anything is shown", async () => {
  const { alice, bob, awayFor } = await bobWithDraft();
  await awayFor(BURN_MS + HOUR_MS);
  assert.equal(draftOf(bob, alice), "");
  assert.ok(!isKept(bob));
});

test("[CL77] a draft whose time was lost burns all the same", async () => {
  const { alice, bob, awayFor } = await bobWithDraft();
  for (const key of bob.records.list("d/")) bob.records.kept.delete(key);
  await awayFor(HOUR_MS);
  assert.equal(draftOf(bob, alice), DRAFT);
  await awayFor(BURN_MS + HOUR_MS);
  assert.equal(draftOf(bob, alice), "");
  assert.ok(!isKept(bob));
});

test("[CL77] sending what was a draft leaves no time to burn", async () => {
  const { bob, id } = await bobWithDraft();
  await bob.ask({ kind: "send", to: id, text: DRAFT });
  assert.deepEqual(bob.records.list("d/"), []);
});

test("[CL77] a time without a draft, as devices that left a group once kept it, is forgotten when it comes", async () => {
  const { world, alice, bob, id } = await bobWithDraft();
  const [key = ""] = bob.records.list("d/");
  const time = bob.records.kept.get(key);
  assert.ok(time);
  await bob.ask({ kind: "draft", in: id, text: "" });
  bob.crash();
  bob.records.kept.set(key, time);
  await bob.start();
  await world.pass(BURN_MS + HOUR_MS);
  assert.deepEqual(bob.records.list("d/"), []);
  assert.equal(draftOf(bob, alice), "");
});
