import assert from "node:assert/strict";
import { test } from "node:test";
import { unlockPin } from "@sotto/crypto";
import { GuardianWorld, VaultDevice } from "@sotto/testkit/guardian";

const REAL = "482913";

test("[VT8] a guardian that was put back to an earlier state is named", async () => {
  const world = await GuardianWorld.create();
  const device = await VaultDevice.enrol(world, REAL);
  const backup = world.guardians[1]!.store.copy();
  for (let time = 0; time < 2; time++) assert.equal(await device.outcome("999999"), "wrong");
  world.guardians[1]!.store.putBack(backup);
  const byCounter = await device.copy().type(REAL);
  assert.ok(byCounter.ok);
  assert.deepEqual(byCounter.value.alarms, [2]);
  await (await device.open(REAL)).records.close();
  world.guardians[1]!.store.putBack(backup); // it knows the device by a key from before
  const byKey = await device.type(REAL);
  assert.ok(byKey.ok);
  assert.deepEqual(byKey.value.alarms, [2]);
});

test("[VT9] a guardian that answers falsely is left out and named; with too few left it is said", async () => {
  const world = await GuardianWorld.create();
  const device = await VaultDevice.enrol(world, REAL);
  const held = await device.held();
  // Other public shares than the guardians have: what they evaluate does not hold any more.
  const [first, second, third] = held.image.seats;
  assert.ok(first && second && third);
  held.image = { ...held.image, seats: [{ ...first, publicShare: second.publicShare }, second, third] };
  const opened = await unlockPin(held, REAL);
  assert.ok(opened.ok);
  assert.deepEqual(opened.value.alarms, [1]);
  held.image = {
    ...held.image,
    seats: [
      { ...first, publicShare: third.publicShare },
      { ...second, publicShare: third.publicShare },
      third,
    ],
  };
  assert.deepEqual(await unlockPin(held, REAL), { ok: false, error: { kind: "false" } });
});

test("[VT10] several wrong PINs in a short time: it is said how long to wait", async () => {
  const world = await GuardianWorld.create(1);
  const device = await VaultDevice.enrol(world, REAL, 1);
  for (let time = 0; time < 4; time++) assert.equal(await device.outcome("999999"), "wrong");
  assert.deepEqual(await device.type(REAL), { ok: false, error: { kind: "wait", waitMs: 60_000 } });
  world.now += 60_000;
  assert.equal(typeof (await device.outcome(REAL)), "number");
});

test("[VT11] the device does and writes as much for every PIN", async () => {
  const world = await GuardianWorld.create();
  const device = await VaultDevice.enrol(world, REAL);
  const traffic: string[] = [];
  for (const pin of [REAL, "999999"]) {
    const copy = device.copy();
    const sizes: string[] = [];
    world.onCarry = (_at, sent, got) => sizes.push(`${sent}/${got}`);
    const before = copy.bytes.slice();
    await copy.type(pin);
    const sectors = new Set<number>();
    for (let at = 0; at < before.length; at++)
      if (before[at] !== copy.bytes[at]) sectors.add(Math.floor(at / 4096));
    traffic.push(`${sizes.join()} ${[...sectors].join()}`);
  }
  assert.equal(traffic[0], traffic[1]);
});
