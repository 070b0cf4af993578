import assert from "node:assert/strict";
import { test } from "node:test";
import { acquaintances } from "./world.ts";

const HOUR_MS = 3_600_000;

test("[CL76] a message that was lost from the list of what is due goes with the next pass, and the pass is shown", async () => {
  const { world, alice, bob } = await acquaintances();
  const [row] = bob.view.conversations;
  assert.ok(row);
  await alice.ask({ kind: "set-burn", in: alice.view.conversations[0]!.id, burnMs: 60_000 });
  for (let count = 0; count < 3; count++) await alice.send(bob, `Message ${count}`);
  await world.pass(1_000);
  assert.equal((await bob.lines(row.id)).filter((line) => line.includes("Message")).length, 3);
  const lost = bob.records.list("b/").map((key) => ({ key, value: null }));
  assert.ok((await bob.records.commit(lost)).ok);
  await world.pass(2 * HOUR_MS);
  assert.equal((await bob.lines(row.id)).filter((line) => line.includes("Message")).length, 0);
  assert.equal(bob.records.list("m/").length < 3, true);
  const { sweptAt } = bob.view.me;
  assert.ok(sweptAt !== undefined && world.now - sweptAt <= HOUR_MS + 60_000);
});

test("[CL78] every hour names of deleted records are scrubbed, until none remain or sixteen parts are done", async () => {
  const { world, alice } = await acquaintances();
  assert.equal(alice.records.scrubs, 0, "not while somebody waits for the screen");
  for (const [toScrub, scrubbed] of [
    [3, 3],
    [40, 16],
    [24, 16],
    [8, 8],
  ] as const) {
    const before: number = alice.records.scrubs;
    alice.records.toScrub = toScrub;
    await world.pass(HOUR_MS);
    assert.equal(alice.records.scrubs - before, scrubbed);
  }
});
