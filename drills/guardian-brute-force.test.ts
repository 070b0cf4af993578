/** Somebody has a device's image, four digits to guess, and all the time in the world. Spec: spec/guardian.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GuardianWorld, profileOf } from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };
/** Any two of three guardians answer a guess, and each takes ten: 3 * 10 / 2. */
const GUESSES_MAX = 15;
const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

test("[GD8] ten wrong PINs burn everything; nine and the right one renew the tries", async () => {
  const world = await GuardianWorld.create();
  const burnt = await world.register(PINS);
  for (let at = 0; at < 10; at++) assert.equal((await world.guess(burnt.image, `0${at}`)).kind, "wrong");
  for (const pin of Object.values(PINS)) assert.equal((await world.guess(burnt.image, pin)).kind, "wrong");
  const kept = await world.register(PINS);
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < 9; at++) await world.guess(kept.image, `0${round}${at}`);
    assert.equal(profileOf(kept.dealt, await world.guess(kept.image, "1111")), "real");
  }
});

test("[GD8] guessing at two of three guardians at a time gives fifteen guesses: 0.15 % of four digits", async () => {
  const opensAt = async (place: number): Promise<boolean> => {
    const world = await GuardianWorld.create();
    const { dealt, image } = await world.register({ real: "1111" });
    for (let guess = 0; guess < place; guess++) {
      world.now += 25 * 3_600_000;
      await world.unlock(image, `0${guess}`, PAIRS[guess % PAIRS.length]);
    }
    world.now += 25 * 3_600_000;
    return profileOf(dealt, await world.unlock(image, "1111", PAIRS[place % PAIRS.length])) === "real";
  };
  assert.equal(await opensAt(GUESSES_MAX - 1), true);
  assert.equal(await opensAt(GUESSES_MAX), false);
  assert.equal(GUESSES_MAX / 10_000, 0.0015);
});
