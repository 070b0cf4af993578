/** Somebody on the way keeps every envelope of an unlock and sends it again. Spec: spec/guardian.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GuardianWorld, profileOf } from "@sotto/testkit/guardian";

/** An unlock and its REARM. */
async function recordedUnlock() {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register({ real: "1111", decoy: "2222" }, 1);
  const [guardian] = world.guardians;
  assert.ok(guardian);
  const envelopes: Uint8Array[] = [];
  const { carry } = world;
  world.carry = (to, envelope) => (envelopes.push(envelope.slice()), carry(to, envelope));
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
  await world.manage(0, dealt.real.managerSeed, { kind: "rearm" });
  world.carry = carry;
  assert.equal(envelopes.length, 5, "HELLO, EVAL, OPEN; HELLO, REARM");
  return { world, dealt, image, guardian, envelopes };
}

test("[GD2 GD3 GD6 GD11] HELLO, EVAL, OPEN and REARM sent again change nothing at all", async () => {
  const { world, guardian, envelopes } = await recordedUnlock();
  const before = guardian.store.copy();
  for (const waitedMs of [0, 30_000, 60_000, 86_400_000, 365 * 86_400_000]) {
    world.now += waitedMs;
    for (const envelope of envelopes) assert.ok(await guardian.guardian.answer(envelope));
    assert.deepEqual(guardian.store.copy(), before);
  }
});

test("[GD11 GD12] a REARM that is sent again after each guess renews no try", async () => {
  const { world, dealt, image, guardian, envelopes } = await recordedUnlock();
  for (let at = 0; at < 10; at++) {
    await world.guess(image, `0${at}`);
    for (const envelope of envelopes) await guardian.guardian.answer(envelope);
  }
  assert.equal(profileOf(dealt, await world.guess(image, "1111")), "wrong");
});
