import assert from "node:assert/strict";
import { test } from "node:test";
import { deal, sign, signingKey } from "@sotto/crypto";
import { blind, elementToBytes, randomElement, randomScalar, scalarToBytes, sealRequest } from "@sotto/oprf";
import {
  evalBytes,
  goneBytes,
  registeredBytes,
  SEALED_SHARE_BYTES,
  Secret,
  tombstonesBytes,
  wipeBytes,
} from "@sotto/protocol";
import { isSignedBy, sha256 } from "@sotto/verify";
import { GuardianWorld, profileOf, random, recordAt, type TestGuardian } from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };

const DENIED = { kind: "refused", code: "denied", detail: 0 };
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

test("[GD7 GD20 GD21] real, decoy, duress and wrong: the same messages, writes and counters at every guardian", async () => {
  const traces: string[] = [];
  for (const pin of ["1111", "2222", "3333", "9999"]) {
    const world = await GuardianWorld.create();
    const { image } = await world.register(PINS);
    const trace: string[] = [];
    for (const [at, { store }] of world.guardians.entries()) store.onWrite = () => trace.push(`writes ${at}`);
    world.onCarry = (at, sent, got) => trace.push(`${at}: ${sent} ${got}`);
    await world.unlock(image, pin, [0, 1]);
    const carried = await world.gossip();
    const counters = world.guardians.map((one) => recordAt(one).counter);
    traces.push([...trace.toSorted(), `carried ${carried}`, `counters ${counters.join()}`].join("\n"));
  }
  assert.equal(new Set(traces).size, 1);
});

test("[GD21] a message of a kid that nobody has changes nothing; one of its own is passed on once", async () => {
  const world = await GuardianWorld.create();
  const { dealt } = await world.register(PINS);
  const [first] = world.guardians;
  const kid = dealt.registrations[0]?.killIn[0]?.kid;
  assert.ok(first && kid);
  const before = first.store.copy();
  const done = { kind: "done", counter: 0 };
  const token = random(32);
  assert.deepEqual(await world.ask(0, { kind: "kill", kid: random(16), token, passedOn: false }), done);
  assert.deepEqual(first.store.copy(), before);
  assert.deepEqual(await world.ask(0, { kind: "kill", kid, token, passedOn: true }), done);
  assert.equal(recordAt(first).counter, 1);
  assert.deepEqual(first.store.takeMessages(), []);
  assert.deepEqual(await world.ask(0, { kind: "kill", kid, token, passedOn: false }), done);
  assert.equal(first.store.takeMessages().length, 2);
});

test("[GD23] WIPE at one guardian reaches the others; a token that is none wipes nothing", async () => {
  const world = await GuardianWorld.create();
  const { dealt, image } = await world.register(PINS);
  const [seat] = image.seats;
  const kid = dealt.registrations[1]?.killIn[0]?.kid;
  assert.ok(seat && kid);
  assert.equal((await world.ask(1, { kind: "wiped", kid, token: random(32) }))?.kind, "done");
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
  const { gid, rid } = seat;
  const signature = sign(signingKey(dealt.real.wipeSeed), wipeBytes({ gid, rid }));
  assert.equal((await world.ask(0, { kind: "wipe", rid, signature }))?.kind, "gone");
  await world.gossip();
  for (const one of world.guardians) assert.equal(one.store.copy().size, 0);
  assert.equal((await world.unlock(image, "1111")).kind, "denied");
});

test("[GD24] a guardian says what was wiped to its peers alone, page by page, and to each what is its own", async () => {
  const world = await GuardianWorld.create(2);
  const [first, second] = world.guardians;
  assert.ok(first && second);
  const tokens: Uint8Array[] = [];
  for (let device = 0; device < 8; device++) {
    const { dealt } = await world.register({ real: "1111" });
    const [registration] = dealt.registrations;
    const [out] = registration?.killOut ?? [];
    assert.ok(registration && out);
    await first.store.wipe(registration.rid);
    tokens.push(out.token);
  }
  const asked = async (peer: TestGuardian, after: number, signer = peer) => {
    const signature = signer.sign(tombstonesBytes(first.gid, peer.gid, after));
    const answer = await world.ask(0, { kind: "tombstones", peer: peer.gid, after, signature });
    return answer?.kind === "tombstones" ? answer.hashes : answer;
  };
  const hashes = tokens.map((token) => sha256(token));
  assert.deepEqual(await asked(second, 0), hashes.slice(0, 7));
  assert.deepEqual(await asked(second, 7), hashes.slice(7));
  assert.deepEqual(await asked(second, 8), []);
  assert.deepEqual(await asked(first, 0), [], "of its own there are none");
  assert.deepEqual(await asked(second, 0, first), DENIED);
  const [stranger] = (await GuardianWorld.create(1)).guardians;
  assert.ok(stranger);
  assert.deepEqual(await asked(stranger, 0), DENIED);
  assert.equal(second.store.copy().size, 8);
  for (const hash of hashes) assert.ok((await second.guardian.heedTombstone(hash)).ok);
  assert.equal(second.store.copy().size, 0);
});

test("[GD24] until it has heard what was wiped, a guardian answers other guardians and wipes alone", async () => {
  const world = await GuardianWorld.create(2);
  const { dealt, image } = await world.register(PINS);
  const [first] = world.guardians;
  const [seat] = image.seats;
  const [registration] = dealt.registrations;
  assert.ok(first && seat && registration);
  first.isCatchingUp = true;
  const { gid, rid } = seat;
  const starting = { kind: "refused", code: "starting", detail: 0 };
  assert.deepEqual(await world.ask(0, { kind: "hello", rid }), starting);
  assert.deepEqual(await world.ask(0, { kind: "register", registration }), starting);
  const kid = random(16);
  assert.equal((await world.ask(0, { kind: "kill", kid, token: random(32), passedOn: false }))?.kind, "done");
  const signature = sign(signingKey(dealt.real.wipeSeed), wipeBytes({ gid, rid }));
  assert.equal((await world.ask(0, { kind: "wipe", rid, signature }))?.kind, "gone");
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

test("[GD2 GD3 GD16] EVAL wants a fresh nonce of its own record and the device's signature; the rest is one answer", async () => {
  const world = await GuardianWorld.create(1);
  const { image } = await world.register(PINS, 1);
  const [seat] = image.seats;
  const [guardian] = world.guardians;
  assert.ok(seat && guardian);
  const { gid, rid } = seat;
  const denied = { kind: "refused", code: "denied", detail: 0 };
  const nonceFor = async (of: Uint8Array): Promise<Uint8Array> => {
    const answer = await world.ask(0, { kind: "hello", rid: of });
    assert.ok(answer?.kind === "challenge");
    return answer.nonce;
  };
  const { element } = blind(random(32), random);
  const evalWith = (nonce: Uint8Array, seed = seat.deviceSeed, of = rid) => {
    const signature = sign(signingKey(seed), evalBytes({ gid, rid: of }, nonce, element));
    return world.ask(0, { kind: "eval", rid: of, nonce, element, signature });
  };
  const nonce = await nonceFor(rid);
  assert.equal((await evalWith(nonce))?.kind, "evaluated");
  assert.deepEqual(await evalWith(nonce), denied, "a nonce is good once");
  assert.deepEqual(await evalWith(random(32)), denied, "nobody gave this one");
  const elsewhere = random(16);
  const foreign = await nonceFor(elsewhere);
  assert.deepEqual(await evalWith(foreign), denied, "of another record");
  assert.deepEqual(await evalWith(await nonceFor(elsewhere), seat.deviceSeed, elsewhere), denied, "unknown");
  assert.deepEqual(await evalWith(await nonceFor(rid), new Secret(random(32))), denied, "another device");
  const late = await nonceFor(rid);
  world.now += 60_000;
  assert.deepEqual(await evalWith(late), denied, "a minute later");
  assert.deepEqual(budgetsAt(guardian), [9, 9, 9, 9], "what was denied was not charged");
});

test("[GD4 GD6] a session opens once and within a day; an element or a proof that is none opens nothing", async () => {
  const world = await GuardianWorld.create(1);
  const { image } = await world.register(PINS, 1);
  const [seat] = image.seats;
  assert.ok(seat);
  const { gid, rid } = seat;
  const begin = async (): Promise<Uint8Array> => {
    const challenge = await world.ask(0, { kind: "hello", rid });
    assert.ok(challenge?.kind === "challenge");
    const { nonce } = challenge;
    const { element } = blind(random(32), random);
    const signature = sign(signingKey(seat.deviceSeed), evalBytes({ gid, rid }, nonce, element));
    const answer = await world.ask(0, { kind: "eval", rid, nonce, element, signature });
    assert.ok(answer?.kind === "evaluated");
    return answer.sid;
  };
  const proof = () => ({
    commitment: elementToBytes(randomElement(random)),
    response: scalarToBytes(randomScalar(random)),
  });
  const denied = { kind: "refused", code: "denied", detail: 0 };
  const sid = await begin();
  const first = { kind: "open", rid, sid, ...proof() } as const;
  const missed = await world.ask(0, first);
  assert.equal(missed?.kind, "opened");
  assert.deepEqual(await world.ask(0, first), missed);
  assert.deepEqual(await world.ask(0, { ...first, ...proof() }), denied);
  assert.deepEqual(await world.ask(0, { ...first, sid: random(16) }), denied);
  const next = { kind: "open", rid, sid: await begin(), ...proof() } as const;
  assert.deepEqual(await world.ask(0, { ...next, commitment: new Uint8Array(32) }), denied);
  assert.deepEqual(await world.ask(0, { ...next, response: new Uint8Array(32).fill(255) }), denied);
  world.now += 86_400_000;
  assert.deepEqual(await world.ask(0, next), denied);
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

test("[GD16 GE3] what is no request, or for a full disk, changes nothing and says so", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register(PINS, 1);
  const [guardian] = world.guardians;
  assert.ok(guardian);
  const sealed = await sealRequest(guardian, random(40), "ordinary");
  assert.ok(sealed);
  const answer = await guardian.guardian.answer(sealed.envelope);
  assert.ok(answer && sealed.openAnswer(answer));
  assert.equal(await guardian.guardian.answer(random(561)), undefined);
  const before = budgetsAt(guardian);
  guardian.store.isFull = true;
  assert.equal((await world.unlock(image, "1111")).kind, "tooFew");
  guardian.store.isFull = false;
  assert.deepEqual(budgetsAt(guardian), before);
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
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
