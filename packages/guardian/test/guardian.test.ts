import assert from "node:assert/strict";
import { test } from "node:test";
import { sign, signingKey } from "@sotto/crypto";
import { elementToBytes, randomElement } from "@sotto/oprf";
import { goneBytes, SEALED_SHARE_BYTES, Secret, wipeBytes } from "@sotto/protocol";
import { isSignedBy } from "@sotto/verify";
import { GuardianWorld, profileOf, random, recordAt, type TestGuardian } from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };

const budgetsAt = (guardian: TestGuardian): readonly number[] => recordAt(guardian).budgets;

test("[GD4] real and decoy open their own, a wrong PIN neither; one guardian may be down", async () => {
  const world = await GuardianWorld.create();
  const { dealt, image } = await world.register(PINS);
  const outcome = async (pin: string) => profileOf(dealt, await world.unlock(image, pin));
  assert.equal(await outcome("1111"), "real");
  assert.equal(await outcome("2222"), "decoy");
  assert.equal(await outcome("9999"), "wrong");
  const [first] = world.guardians;
  assert.ok(first);
  first.isDown = true;
  assert.equal(await outcome("1111"), "real");
});

test("[GD5] duress opens the decoy, and the real profile is gone for ever; duress and decoy go on opening", async () => {
  const world = await GuardianWorld.create();
  const { dealt, image } = await world.register(PINS);
  const outcome = async (pin: string) => profileOf(dealt, await world.unlock(image, pin));
  assert.equal(await outcome("3333"), "decoy");
  assert.equal(await outcome("1111"), "wrong");
  assert.equal(await outcome("3333"), "decoy");
  assert.equal(await outcome("2222"), "decoy");
});

test("[GD5] duress at a threshold of guardians alone, from a clone, leaves nothing for the others", async () => {
  const world = await GuardianWorld.create();
  const { dealt, image } = await world.register(PINS);
  assert.equal(profileOf(dealt, await world.unlock(image, "3333", [0, 1])), "decoy");
  for (const only of [undefined, [0, 2], [1, 2]])
    assert.equal(profileOf(dealt, await world.unlock(image, "1111", only)), "wrong");
});

test("[GD4 GD9] thirty honest openings of the decoy cost the real one nothing", async () => {
  const world = await GuardianWorld.create();
  const { dealt, image } = await world.register(PINS);
  for (let at = 0; at < 30; at++) assert.equal(profileOf(dealt, await world.unlock(image, "2222")), "decoy");
  for (const one of world.guardians) assert.deepEqual(budgetsAt(one), [10, 10, 10, 10]);
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
});

test("[GD10] from the fourth miss on the next try waits, longer each time, and is told how long", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register(PINS, 1);
  for (let at = 0; at < 4; at++) assert.equal((await world.unlock(image, `0${at}`)).kind, "wrong");
  for (const [misses, minutes] of [1, 5, 15, 60, 360, 1_440].entries()) {
    const waiting = await world.unlock(image, "1111");
    assert.ok(waiting.kind === "tooFew");
    assert.deepEqual([waiting.reached, waiting.waitMs], [0, minutes * 60_000]);
    world.now += minutes * 60_000 - 1;
    assert.equal((await world.unlock(image, "1111")).kind, "tooFew");
    world.now += 1;
    if (misses < 5) assert.equal((await world.unlock(image, `1${misses}`)).kind, "wrong");
  }
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
});

test("[GD11 GD12] REARM renews the tries of its scope alone; ROTATE makes a copied image stale at once", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register(PINS, 1);
  const [guardian] = world.guardians;
  const [seat] = image.seats;
  assert.ok(guardian && seat);
  for (let at = 0; at < 3; at++) await world.guess(image, `0${at}`);
  await world.manage(0, dealt.decoy.managerSeed, { kind: "rearm" });
  const { decoy } = dealt.decoy.slots[0] ?? {};
  assert.deepEqual(
    budgetsAt(guardian),
    [0, 1, 2, 3].map((slot) => (slot === decoy ? 10 : 7)),
  );
  await world.manage(0, dealt.real.managerSeed, { kind: "rearm" });
  assert.deepEqual(budgetsAt(guardian), [10, 10, 10, 10]);
  const device = signingKey(new Secret(random(32)));
  await world.manage(0, dealt.decoy.managerSeed, { kind: "rotate", deviceKey: device.publicKey });
  assert.equal((await world.guess(image, "1111")).kind, "denied");
  const owner = { ...image, seats: [{ ...seat, deviceSeed: device.seed }] };
  assert.equal(profileOf(dealt, await world.guess(owner, "1111")), "real");
});

test("[GD13] a new PIN needs a manager of its slot, and costs the others a try: no oracle for the real one", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register(PINS, 1);
  const [guardian] = world.guardians;
  assert.ok(guardian);
  const { real, decoy } = dealt.real.slots[0] ?? {};
  assert.ok(real !== undefined && decoy !== undefined);
  const next = {
    kind: "setSlot",
    element: elementToBytes(randomElement(random)),
    sealedShare: random(SEALED_SHARE_BYTES),
  } as const;
  const denied = { kind: "refused", code: "denied", detail: 0 };
  const { managerSeed } = dealt.decoy;
  assert.deepEqual(await world.manage(0, managerSeed, { ...next, slot: real }), denied);
  assert.deepEqual(await world.manage(0, managerSeed, { ...next, slot: 4 }), denied);
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
  assert.equal((await world.manage(0, managerSeed, { ...next, slot: decoy }))?.kind, "done");
  assert.deepEqual(
    budgetsAt(guardian),
    [0, 1, 2, 3].map((slot) => (slot === decoy ? 10 : 9)),
  );
  assert.equal((await world.unlock(image, "2222")).kind, "wrong");
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
});

test("[GD14 GD15] WIPE by the wipe key alone: the record is gone, for ever, and the guardian signs that it is", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register(PINS, 1);
  const [seat] = image.seats;
  const [registration] = dealt.registrations;
  assert.ok(seat && registration);
  const { gid, rid } = seat;
  const denied = { kind: "refused", code: "denied", detail: 0 };
  const wipeBy = (seed: Secret) =>
    world.ask(0, { kind: "wipe", rid, signature: sign(signingKey(seed), wipeBytes({ gid, rid })) });
  const next = new Secret(random(32));
  const setWipe = { kind: "setWipe", wipeKey: signingKey(next).publicKey } as const;
  assert.deepEqual(await world.manage(0, dealt.decoy.managerSeed, setWipe), denied);
  assert.equal((await world.manage(0, dealt.real.managerSeed, setWipe))?.kind, "done");
  assert.deepEqual(await wipeBy(dealt.real.wipeSeed), denied, "a certificate from before is void");
  for (let time = 0; time < 2; time++) {
    const gone = await wipeBy(next);
    assert.ok(gone?.kind === "gone" && isSignedBy(gid, goneBytes({ gid, rid }), gone.receipt));
  }
  assert.equal((await world.unlock(image, "1111")).kind, "denied");
  assert.deepEqual(await world.ask(0, { kind: "register", registration }), denied);
});

test("[GD17] the counter grows with every change; a guardian that was put back is found", async () => {
  const world = await GuardianWorld.create(1);
  const { image } = await world.register(PINS, 1);
  const [guardian] = world.guardians;
  assert.ok(guardian);
  const counterOf = async (): Promise<number> => {
    const unlocked = await world.unlock(image, "1111");
    assert.ok(unlocked.kind === "opened");
    return unlocked.counters.get(1) ?? 0;
  };
  const backup = guardian.store.copy();
  const [first, second] = [await counterOf(), await counterOf()];
  assert.ok(second > first);
  guardian.store.putBack(backup);
  assert.ok((await counterOf()) < second);
});

test("[GD7] real, decoy, duress and wrong: the same requests, sizes and writes", async () => {
  const traces: string[] = [];
  for (const pin of ["1111", "2222", "3333", "9999"]) {
    const world = await GuardianWorld.create(3);
    const { image } = await world.register(PINS);
    const trace: string[] = [];
    world.onCarry = (at, sent, got) => trace.push(`${at}: ${sent} ${got}`);
    for (const { store } of world.guardians) store.onWrite = (bytes) => trace.push(`writes ${bytes}`);
    await world.unlock(image, pin);
    traces.push(trace.toSorted().join("\n"));
  }
  assert.equal(new Set(traces).size, 1);
});
