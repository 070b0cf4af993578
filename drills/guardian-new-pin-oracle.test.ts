/**
 * Somebody who opened the decoy may give it new PINs. They make the decoy's PIN what they just guessed, so that the
 * session of the guess opens it and gives back what the guess cost the real one. Spec: spec/guardian.md, GD13.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { elementToBytes } from "@sotto/oprf";
import {
  claimOf,
  evaluateAt,
  GuardianWorld,
  guessOf,
  openRequest,
  outputOf,
  profileOf,
  random,
  recordAt,
} from "@sotto/testkit/guardian";

/** Guesses until the real slot is burned, or twenty times. `misses`: whether each session is opened in vain first. */
async function guessWithOracle(misses: boolean): Promise<{ rounds: number; realOpens: string }> {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register({ real: "1111", decoy: "2222" }, 1);
  const [guardian] = world.guardians;
  const { real, decoy } = dealt.real.slots[0] ?? {};
  assert.ok(guardian && real !== undefined && decoy !== undefined);
  const realSlot = () => recordAt(guardian).registration.slots[real];
  const whole = realSlot();
  let left = 10;
  let rounds = 0;
  for (; rounds < 20 && isDeepStrictEqual(realSlot(), whole); rounds++) {
    world.now += 25 * 3_600_000;
    const guess = await evaluateAt(world, image, 0, guessOf(`0${rounds}`));
    const { sid } = guess.answer;
    const claim = claimOf(guess, outputOf([guess]));
    if (misses) await world.ask(0, openRequest(guess.seat, sid, claim));
    const slot = { slot: decoy, element: elementToBytes(claim.slot), sealedShare: random(104) };
    const changed = await world.manage(0, dealt.decoy.managerSeed, { kind: "setSlot", ...slot });
    assert.equal(changed?.kind, "done");
    const opened = await world.ask(0, openRequest(guess.seat, sid, claim));
    assert.equal(opened?.kind, misses ? "refused" : "opened");
    left = Math.max(0, left - 2);
    assert.equal(recordAt(guardian).budgets[real], left, "nothing comes back");
  }
  return { rounds, realOpens: profileOf(dealt, await world.guess(image, "1111")) };
}

test("[GD6 GD13] EVAL a guess, OPEN and miss, make it the decoy's PIN, OPEN again: refused, and the real one is burned", async () => {
  assert.deepEqual(await guessWithOracle(true), { rounds: 6, realOpens: "wrong" });
});

test("[GD13] EVAL a guess, make it the decoy's PIN, OPEN: it opens, gives nothing back, and the real one is burned", async () => {
  assert.deepEqual(await guessWithOracle(false), { rounds: 6, realOpens: "wrong" });
});
