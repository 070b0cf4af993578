/** Somebody was given the decoy PIN, and opens it between guesses at the real one. Spec: spec/guardian.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GuardianWorld, profileOf } from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };

test("[GD9] thirty-six guesses between openings of the decoy: the real one is burned, the decoy opens each time", async () => {
  const world = await GuardianWorld.create();
  const { dealt, image } = await world.register(PINS);
  for (let round = 0; round < 4; round++) {
    for (let at = 0; at < 9; at++) await world.guess(image, `x${round}${at}`);
    assert.equal(profileOf(dealt, await world.guess(image, "2222")), "decoy");
  }
  assert.equal((await world.guess(image, "1111")).kind, "wrong");
});
