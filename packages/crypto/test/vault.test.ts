import assert from "node:assert/strict";
import { test } from "node:test";
import { createFaultyBlockFile } from "@sotto/client-adapters/memory";
import {
  changePin,
  containerBytes,
  makeDecoy,
  openContainer,
  REGION_BYTES_MIN,
  WRONG_PINS_MAX,
} from "@sotto/crypto";
import { ok, toHex } from "@sotto/protocol";
import { createMemoryBlockFile } from "@sotto/client-adapters/memory";
import { GuardianWorld, random, recordAt, VaultDevice, withPin } from "@sotto/testkit/guardian";
import { createDice, valueOf } from "./container-world.ts";

const REAL = "482913";
const DECOY = "731904";
const DURESS = "640275";
const HOURS_25 = 25 * 3_600_000;

/** Whose decoy has one record: its name. */
const withDecoy = (world: GuardianWorld): Promise<VaultDevice> =>
  VaultDevice.withDecoy(world, { real: REAL, decoy: DECOY, duress: DURESS }, (records) =>
    records.commit([{ key: "name", value: Uint8Array.of(7) }]),
  );

test("[VT1] a PIN opens the profile it was enrolled with, another opens nothing", async () => {
  const device = await VaultDevice.enrol(await GuardianWorld.create(), REAL);
  const opened = await device.open(REAL);
  valueOf(await opened.records.commit([{ key: "a", value: Uint8Array.of(1) }]));
  await opened.records.close();
  assert.equal(await device.outcome("999999"), "wrong");
  assert.deepEqual(await (await device.open(REAL)).records.get("a"), Uint8Array.of(1));
});

test("[VT2] without every guardian nothing is enrolled, and what the others took is taken back", async () => {
  const world = await GuardianWorld.create();
  world.guardians[2]!.isDown = true;
  const device = new VaultDevice(world, new Uint8Array(containerBytes(REGION_BYTES_MIN)));
  assert.deepEqual(await device.tryToEnrol(REAL), { ok: false, error: { kind: "unreached" } });
  assert.deepEqual(await openContainer(createMemoryBlockFile(device.bytes), { random }), {
    ok: false,
    error: { kind: "unfinished" },
  });
  for (const { store } of world.guardians) assert.equal(store.copy().size, 0);
});

test("[VT3] a registration cut off at any write leaves a device that opens or one that was never finished", async () => {
  for (let operation = 0; operation < 24; operation++) {
    const world = await GuardianWorld.create(1);
    const file = createFaultyBlockFile(
      new Uint8Array(containerBytes(REGION_BYTES_MIN)),
      createDice(operation),
    );
    file.failAt(operation, "failing");
    const device = new VaultDevice(world, file.crash());
    const enrolled = await device.tryToEnrol(REAL, 1, file);
    device.bytes = file.crash();
    const left = await openContainer(createMemoryBlockFile(device.bytes), { random });
    if (enrolled.ok || left.ok) await device.open(REAL);
    else assert.deepEqual(left.error, { kind: "unfinished" });
  }
});

test("[VT5] one guardian of three down: the PIN opens; two down: it is said, and costs nothing", async () => {
  const world = await GuardianWorld.create();
  const device = await VaultDevice.enrol(world, REAL);
  world.guardians[0]!.isDown = true;
  await device.open(REAL);
  world.guardians[1]!.isDown = true;
  for (let time = 0; time < 15; time++) {
    world.now += HOURS_25;
    assert.equal(await device.outcome(REAL), "unreached");
  }
  assert.deepEqual(recordAt(world.guardians[2]!).budgets, [10, 10, 10, 10]);
  world.guardians[0]!.isDown = false;
  world.guardians[1]!.isDown = false;
  await device.open(REAL);
});

test("[VT6] an OPEN that a relay drops is kept and sent again, and after three the guardian is asked nothing", async () => {
  const world = await GuardianWorld.create(1);
  const device = await VaultDevice.enrol(world, REAL, 1);
  const { carry } = world;
  let evaluations = 0;
  for (let time = 0; time < 12; time++) {
    const kept = (await device.held()).image.seats[0]!.unopened.length;
    let carried = -kept; // what was kept is sent first, and dropped again
    world.carry = async (to, envelope) => {
      const [isHello, isEval] = [carried === 0, carried === 1];
      carried += 1;
      if (isEval) evaluations += 1;
      return isHello || isEval ? carry(to, envelope) : undefined;
    };
    assert.equal(await device.outcome(REAL), "unreached");
  }
  assert.equal(evaluations, 3);
  assert.deepEqual(recordAt(world.guardians[0]!).budgets, [7, 7, 7, 7]);
  world.carry = carry;
  await device.open(REAL);
  assert.deepEqual(recordAt(world.guardians[0]!).budgets, [10, 10, 10, 10]);
});

test("[VT7] the tenth wrong PIN in a row wipes the device; nine and the right one do not", async () => {
  const world = await GuardianWorld.create();
  const device = await VaultDevice.enrol(world, REAL);
  const type = async (pin: string) => {
    world.now += HOURS_25;
    return device.outcome(pin);
  };
  for (let time = 0; time < WRONG_PINS_MAX - 1; time++) assert.equal(await type("999999"), "wrong");
  world.now += HOURS_25;
  await device.open(REAL);
  for (let time = 0; time < WRONG_PINS_MAX - 1; time++) assert.equal(await type("999999"), "wrong");
  const before = device.bytes.slice();
  assert.equal(await type("999999"), "wiped");
  assert.deepEqual(await openContainer(createMemoryBlockFile(device.bytes), { random }), {
    ok: false,
    error: { kind: "unfinished" },
  });
  assert.ok(
    before.some((byte, at) => at > 100_000 && byte !== device.bytes[at]),
    "the regions are overwritten",
  );
});

test("[VT12] an unlock makes every copy of the device stale", async () => {
  const world = await GuardianWorld.create();
  const device = await VaultDevice.enrol(world, REAL);
  const copy = device.copy();
  await device.open(REAL);
  assert.equal(await copy.outcome(REAL), "denied");
  await device.open(REAL);
});

/** After HELLO, EVAL and OPEN at three guardians. */
const UNLOCKED = 9;

test("[VT13] an unlock cut off at any message that follows it leaves a device that opens", async () => {
  for (let last = UNLOCKED; last < UNLOCKED + 13; last++) {
    const world = await GuardianWorld.create();
    const device = await VaultDevice.enrol(world, REAL);
    const restore = cutAfter(world, last);
    await (await device.open(REAL)).records.close();
    restore();
    await device.open(REAL);
  }
});

/** From here on so many messages arrive, and the answer of the last of them is lost. */
function cutAfter(world: GuardianWorld, messages: number): () => void {
  const { carry } = world;
  let carried = 0;
  world.carry = async (to, envelope) => {
    const count = ++carried;
    const answer = count <= messages ? await carry(to, envelope) : undefined;
    return count < messages ? answer : undefined;
  };
  return () => void (world.carry = carry);
}

test("[VT16] a PIN is changed: the new one opens what the old one did, the old one nothing", async () => {
  const world = await GuardianWorld.create();
  const device = await VaultDevice.enrol(world, REAL);
  const opened = await device.open(REAL);
  await withPin(opened, "real", "506172");
  await opened.records.close();
  assert.equal(await device.outcome(REAL), "wrong");
  assert.equal(await device.outcome("506172"), opened.profile.region);
});

test("[VT17] a change that not every guardian can hear is refused and changes nothing", async () => {
  const world = await GuardianWorld.create();
  const device = await VaultDevice.enrol(world, REAL);
  const opened = await device.open(REAL);
  world.guardians[1]!.isDown = true;
  const change = { name: "real", pin: "506172" } as const;
  assert.deepEqual(await changePin(opened.held, opened.record, opened.records, change), {
    ok: false,
    error: { kind: "unreached" },
  });
  assert.deepEqual(recordAt(world.guardians[0]!).budgets, [10, 10, 10, 10]);
  await opened.records.close();
  assert.equal(await device.outcome("506172"), "wrong");
  await device.open(REAL);
});

test("[VT18] a change cut off at any message: one PIN opens at every moment, and the next unlock ends it", async () => {
  const opening = new Set<string>();
  for (let last = 1; last < 14; last++) {
    const world = await GuardianWorld.create();
    const device = await VaultDevice.enrol(world, REAL);
    const opened = await device.open(REAL);
    const restore = cutAfter(world, last);
    await changePin(opened.held, opened.record, opened.records, { name: "real", pin: "506172" });
    await opened.records.close();
    restore();
    const opens: string[] = [];
    for (const pin of [REAL, "506172"])
      if (typeof (await device.copy().outcome(pin)) === "number") opens.push(pin);
    assert.equal(opens.length, 1, `cut after ${last}: ${opens.join()}`);
    const next = await device.open(opens[0]!);
    assert.equal(next.record.change, undefined);
    await next.records.close();
    opening.add(opens[0]!);
  }
  assert.equal(opening.size, 2);
});

test("[VT19 PN4] two PINs of one device differ", async () => {
  const device = await VaultDevice.enrol(await GuardianWorld.create(), REAL);
  const opened = await device.open(REAL);
  const change = { name: "decoy", pin: REAL } as const;
  assert.deepEqual(await changePin(opened.held, opened.record, opened.records, change), {
    ok: false,
    error: { kind: "used" },
  });
});

test("[VT21] decoy and duress open the other region; after duress the real PIN opens nothing", async () => {
  const world = await GuardianWorld.create();
  const device = await withDecoy(world);
  const real = await device.outcome(REAL);
  const decoy = await device.open(DECOY);
  assert.deepEqual(await decoy.records.get("name"), Uint8Array.of(7));
  assert.notEqual(decoy.profile.region, real);
  await decoy.records.close();
  assert.equal(await device.outcome(REAL), real);
  assert.equal(await device.outcome(DURESS), decoy.profile.region);
  await world.gossip();
  assert.equal(await device.outcome(REAL), "wrong");
  assert.equal(await device.outcome(DECOY), decoy.profile.region);
});

test("[VT22] a decoy that was cut off opens for nobody, and is made anew", async () => {
  const device = await VaultDevice.enrol(await GuardianWorld.create(), REAL);
  const opened = await device.open(REAL);
  const own = { region: opened.profile.region, records: opened.records };
  const refuses = () => Promise.resolve({ ok: false, error: "no" } as const);
  assert.deepEqual(await makeDecoy(opened.held, opened.record, own, refuses), { ok: false, error: "no" });
  const made = valueOf(
    await makeDecoy(opened.held, opened.record, own, () => Promise.resolve(ok(undefined))),
  );
  assert.deepEqual(await makeDecoy(opened.held, made, own, refuses), {
    ok: false,
    error: { kind: "exists" },
  });
});

test("[VT23] a decoy may change its own PIN and nobody else's", async () => {
  const device = await withDecoy(await GuardianWorld.create());
  const opened = await device.open(DECOY);
  const refused = { ok: false, error: { kind: "refused" } } as const;
  for (const name of ["decoy", "duress"] as const)
    assert.deepEqual(
      await changePin(opened.held, opened.record, opened.records, { name, pin: "506172" }),
      refused,
    );
  await withPin(opened, "real", "506172");
  await opened.records.close();
  assert.equal(await device.outcome(DECOY), "wrong");
  assert.equal(await device.outcome("506172"), opened.profile.region);
});

test("[VT14] a box that nobody uses changes as one that is used does", async () => {
  const device = await VaultDevice.enrol(await GuardianWorld.create(), REAL);
  const boxes = (): string[] =>
    [1, 2, 3, 4].map((sector) => toHex(device.bytes.subarray(sector * 4096, sector * 4096 + 256)));
  const changed = [0, 0, 0, 0];
  for (let time = 0; time < 20; time++) {
    const before = boxes();
    const { records } = await device.open(REAL);
    await records.close();
    for (const [at, now] of boxes().entries()) if (now !== before[at]) changed[at]! += 1;
  }
  const { record } = await device.open(REAL);
  assert.ok(record.full);
  assert.equal(changed[record.own.box], 20);
  assert.equal(changed[record.full.decoy.box], 20);
});
