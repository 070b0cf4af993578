/** Guardians are put back to what they were before something was burned. Spec: spec/guardian.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Unlocking } from "@sotto/crypto";
import { GuardianWorld, profileOf, type Image } from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };

/** After `burning`, with so many guardians put back to what they were before it: what the real PIN opens. */
async function opensAfter(
  burning: (world: GuardianWorld, image: Image) => Promise<void>,
  putBack: number,
): Promise<{ readonly opens: string; readonly warns: boolean }> {
  const world = await GuardianWorld.create();
  const { dealt, image } = await world.register(PINS);
  const backups = world.guardians.map(({ store }) => store.copy());
  await burning(world, image);
  await world.gossip();
  const counterBefore = countersOf(await world.guess(image, "2222")).get(1) ?? 0;
  for (const [at, backup] of backups.slice(0, putBack).entries()) world.guardians[at]?.store.putBack(backup);
  const unlocking = await world.guess(image, "1111");
  const counter = countersOf(unlocking).get(1) ?? 0;
  return { opens: profileOf(dealt, unlocking), warns: counter < counterBefore };
}

function countersOf(unlocking: Unlocking): ReadonlyMap<number, number> {
  assert.ok(unlocking.kind !== "tooFew");
  return unlocking.counters;
}

async function duress(world: GuardianWorld, image: Image): Promise<void> {
  await world.unlock(image, "3333");
}
async function spendTries(world: GuardianWorld, image: Image): Promise<void> {
  for (let at = 0; at < 11; at++) await world.guess(image, `0${at}`);
}

test("[GD5 GD8] fewer than a threshold of guardians put back open nothing that was closed", async () => {
  for (const burning of [duress, spendTries])
    assert.deepEqual(await opensAfter(burning, 1), { opens: "wrong", warns: true });
});

test("[GD17] a threshold put back opens again what was closed: the stated limit, and the counters tell", async () => {
  for (const burning of [duress, spendTries])
    assert.deepEqual(await opensAfter(burning, 2), { opens: "real", warns: true });
});
