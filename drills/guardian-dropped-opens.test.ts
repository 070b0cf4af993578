/** A relay carries everything but what opens: its member is to pay for tries that open nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  claimOf,
  evaluateAt,
  GuardianWorld,
  guessOf,
  openRequest,
  outputOf,
  profileOf,
  recordAt,
} from "@sotto/testkit/guardian";

const UNTOUCHED = [10, 10, 10, 10];

async function worldOfOne() {
  const world = await GuardianWorld.create(1);
  const registered = await world.register({ real: "1111", decoy: "2222" }, 1);
  const [guardian] = world.guardians;
  assert.ok(guardian);
  return { world, guardian, ...registered };
}

test("[GD6] an OPEN whose answer is lost is repeated: it opens, and is charged once", async () => {
  const { world, guardian, dealt, image } = await worldOfOne();
  const { carry } = world;
  let carried = 0;
  world.carry = async (to, envelope) => {
    const answer = await carry(to, envelope);
    return ++carried === 3 ? undefined : answer; // HELLO, EVAL, OPEN
  };
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
  assert.equal(carried, 4);
  assert.deepEqual(recordAt(guardian).budgets, UNTOUCHED);
});

test("[GD4 GD6] a relay that drops the answer of every OPEN, thirty times over, costs the owner nothing", async () => {
  const { world, guardian, dealt, image } = await worldOfOne();
  const { carry } = world;
  for (let time = 0; time < 30; time++) {
    let carried = 0;
    world.carry = async (to, envelope) => {
      const answer = await carry(to, envelope);
      return ++carried > 2 ? undefined : answer;
    };
    // Not "wrong": the owner would doubt the PIN, or try another.
    assert.equal((await world.unlock(image, "1111")).kind, "tooFew");
    assert.deepEqual(recordAt(guardian).budgets, UNTOUCHED);
  }
  world.carry = carry;
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
});

test("[GD4 GD6] an OPEN that never arrived is sent again hours later: it opens, and its try comes back once", async () => {
  const { world, guardian, image } = await worldOfOne();
  const begun = await evaluateAt(world, image, 0, guessOf("1111"));
  assert.deepEqual(recordAt(guardian).budgets, [9, 9, 9, 9]);
  const request = openRequest(begun.seat, begun.answer.sid, claimOf(begun, outputOf([begun])));
  world.now += 23 * 3_600_000;
  const opened = await world.ask(0, request);
  assert.ok(opened?.kind === "opened");
  for (let time = 0; time < 5; time++) assert.deepEqual(await world.ask(0, request), opened);
  assert.deepEqual(recordAt(guardian).budgets, UNTOUCHED);
});
