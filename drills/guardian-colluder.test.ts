/** One guardian works for whoever has the device, and keeps what it should burn. Spec: spec/guardian.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GuardianWorld, profileOf } from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };

test("[GD20 GD21] duress at one honest guardian is enough, though another keeps what it should burn", async () => {
  const world = await GuardianWorld.create();
  const { dealt, image } = await world.register(PINS);
  const [colluder] = world.guardians;
  assert.ok(colluder);
  const before = colluder.store.copy();
  assert.equal(profileOf(dealt, await world.unlock(image, "2222", [0, 1])), "decoy");
  await world.gossip();
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
  await world.gossip();
  assert.equal(profileOf(dealt, await world.unlock(image, "3333", [0, 1])), "decoy");
  colluder.store.putBack(before);
  colluder.store.takeMessages();
  await world.gossip();
  colluder.store.putBack(before);
  for (const only of [
    [0, 2],
    [1, 2],
    [0, 1],
  ])
    assert.equal(profileOf(dealt, await world.unlock(image, "1111", only)), "wrong");
});
