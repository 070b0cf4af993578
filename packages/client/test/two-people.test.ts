import assert from "node:assert/strict";
import test from "node:test";
import { acquaintances } from "./world.ts";

test("[CL55] two people become contacts by a link and talk both ways", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.send(bob, "hello");
  await bob.send(alice, "hello yourself");
  await world.pass(1_000);
  assert.deepEqual(await alice.lines(bob.id), ["* started", "> hello (delivered)", "< hello yourself"]);
  assert.deepEqual(await bob.lines(alice.id), ["* started", "< hello", "> hello yourself (delivered)"]);
  assert.equal(alice.row(bob)?.name, "Bob");
  assert.equal(bob.row(alice)?.name, "Alice");
  assert.equal(bob.row(alice)?.unread, 1);
});
