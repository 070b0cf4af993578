import assert from "node:assert/strict";
import { test } from "node:test";
import { deal, sign, signingKey } from "@sotto/crypto";
import { registeredBytes, wipeBytes } from "@sotto/protocol";
import { isSignedBy, sha256 } from "@sotto/verify";
import { GuardianWorld, random } from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };

const DENIED = { kind: "refused", code: "denied", detail: 0 };

test("[GD1] a registration whose answer was lost is told again, until anything has happened to the record", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register(PINS, 1);
  const [registration] = dealt.registrations;
  const [seat] = image.seats;
  assert.ok(registration && seat);
  const { publicShare, deviceKey, rid } = registration;
  const again = await world.ask(0, { kind: "register", registration });
  assert.ok(again?.kind === "registered");
  assert.ok(
    isSignedBy(seat.gid, registeredBytes({ gid: seat.gid, rid }, publicShare, deviceKey), again.receipt),
  );
  const others = [
    { ...registration, deviceKey: random(32) },
    { ...registration, wipeKey: random(32) },
    { ...registration, admission: random(8) },
  ];
  for (const other of others)
    assert.deepEqual(await world.ask(0, { kind: "register", registration: other }), DENIED);
  await world.unlock(image, "1111");
  assert.deepEqual(await world.ask(0, { kind: "register", registration }), DENIED);
});

test("[GD18] there are as many records as there may be, and as many registrations in a time; more are told so", async () => {
  const world = await GuardianWorld.create(1, { records: 3, registrations: { burst: 2, everyMs: 10_000 } });
  const { dealt } = await world.register(PINS, 1);
  const [registration] = dealt.registrations;
  assert.ok(registration);
  const register = () =>
    world.ask(0, { kind: "register", registration: { ...registration, rid: random(16) } });
  assert.equal((await register())?.kind, "registered");
  assert.deepEqual(await register(), { kind: "refused", code: "wait", detail: 10_000 });
  world.now += 9_999;
  assert.deepEqual(await register(), { kind: "refused", code: "wait", detail: 1 });
  world.now -= 20_000;
  assert.deepEqual(
    await register(),
    { kind: "refused", code: "wait", detail: 1 },
    "a clock that was set back",
  );
  world.now += 1;
  assert.equal((await register())?.kind, "registered");
  world.now += 3_600_000;
  assert.deepEqual(await register(), { kind: "refused", code: "storageFull", detail: 0 });
  const { rid } = registration;
  const [gid] = world.guardians.map((one) => one.gid);
  assert.ok(gid);
  const signature = sign(signingKey(dealt.real.wipeSeed), wipeBytes({ gid, rid }));
  assert.equal((await world.ask(0, { kind: "wipe", rid, signature }))?.kind, "gone");
  const both = await Promise.all([register(), register()]);
  assert.equal(both.filter((answer) => answer?.kind === "registered").length, 1);
});

test("[GD19] a registration that names a guardian this one was not told of is refused, and says why", async () => {
  const [world, elsewhere] = [await GuardianWorld.create(2), await GuardianWorld.create(2)];
  const [mine, peer] = world.guardians;
  const [stranger] = elsewhere.guardians;
  assert.ok(mine && peer && stranger);
  const unknownPeer = { kind: "refused", code: "unknownPeer", detail: 0 };
  const pins = { real: random(32), decoy: undefined, duress: undefined };
  for (const [other, expected] of [
    [stranger, unknownPeer],
    [{ ...peer, gx: stranger.gx }, unknownPeer],
    [{ ...peer, gid: stranger.gid }, unknownPeer],
    [{ ...peer, url: "http://169.254.0.1" }, undefined],
  ] as const) {
    const { registrations } = deal([mine, other], 2, pins, [], { random, sha256 });
    const registration = registrations[0];
    assert.ok(registration);
    const answer = await world.ask(0, { kind: "register", registration });
    if (expected) assert.deepEqual(answer, expected);
    else assert.equal(answer?.kind, "registered", "the address is the operator's: nothing goes to this one");
  }
});

test("[GD1] a record is never replaced, nor one that was wiped made again, nor an unsound one taken", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt } = await world.register(PINS, 1);
  const [registration] = dealt.registrations;
  assert.ok(registration);
  const denied = DENIED;
  const rid = random(16);
  const fresh = { ...registration, rid };
  for (const unsound of [
    { ...fresh, slots: fresh.slots.slice(1) },
    { ...fresh, slots: fresh.slots.map((slot) => ({ ...slot, killMask: 0 })) },
    { ...fresh, slots: fresh.slots.map((slot) => ({ ...slot, killMask: 1 })) },
    { ...fresh, slots: fresh.slots.map((slot) => ({ ...slot, element: new Uint8Array(32) })) },
    { ...fresh, managers: [] },
    { ...fresh, share: new Uint8Array(32) },
    { ...fresh, share: random(32).fill(0, 31) },
  ])
    assert.deepEqual(await world.ask(0, { kind: "register", registration: unsound }), denied);
  assert.equal((await world.ask(0, { kind: "register", registration: fresh }))?.kind, "registered");
});
