import assert from "node:assert/strict";
import { test } from "node:test";
import { sign, signingKey } from "@sotto/crypto";
import { blind, elementToBytes, randomElement, randomScalar, scalarToBytes, sealRequest } from "@sotto/oprf";
import { evalBytes, SEALED_SHARE_BYTES, Secret } from "@sotto/protocol";
import { GuardianWorld, profileOf, random, recordAt, type TestGuardian } from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };

const DENIED = { kind: "refused", code: "denied", detail: 0 };
const budgetsAt = (guardian: TestGuardian): readonly number[] => recordAt(guardian).budgets;

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

test("[GR1 GD16] EVAL of what is no element, or of the identity, is denied and charges nothing; SETSLOT takes none", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register(PINS, 1);
  const [seat] = image.seats;
  const [guardian] = world.guardians;
  const { decoy } = dealt.decoy.slots[0] ?? {};
  assert.ok(seat && guardian && decoy !== undefined);
  const { gid, rid } = seat;
  const { managerSeed } = dealt.real;
  const before = guardian.store.copy();
  const identity = new Uint8Array(32);
  for (const element of [identity, new Uint8Array(32).fill(255), new Uint8Array(32).fill(1)]) {
    const challenge = await world.ask(0, { kind: "hello", rid });
    assert.ok(challenge?.kind === "challenge");
    const { nonce } = challenge;
    const signature = sign(signingKey(seat.deviceSeed), evalBytes({ gid, rid }, nonce, element));
    assert.deepEqual(await world.ask(0, { kind: "eval", rid, nonce, element, signature }), DENIED);
    const sealedShare = random(SEALED_SHARE_BYTES);
    assert.deepEqual(
      await world.manage(0, managerSeed, { kind: "setSlot", slot: decoy, element, sealedShare }),
      DENIED,
    );
  }
  assert.deepEqual(guardian.store.copy(), before);
});

test("[GD2 GD16] of a record that is unknown everything is denied, but that HELLO gives a nonce", async () => {
  const world = await GuardianWorld.create(1);
  const [guardian] = world.guardians;
  assert.ok(guardian);
  const [rid, sid, manager, signature] = [random(16), random(16), random(32), random(64)];
  const element = elementToBytes(randomElement(random));
  const proof = { commitment: element, response: scalarToBytes(randomScalar(random)) };
  const nonceOf = async (): Promise<Uint8Array> => {
    const answer = await world.ask(0, { kind: "hello", rid });
    assert.ok(answer?.kind === "challenge");
    return answer.nonce;
  };
  for (const request of [
    { kind: "eval", rid, nonce: await nonceOf(), element, signature },
    { kind: "open", rid, sid, ...proof },
    { kind: "rearm", rid, nonce: await nonceOf(), manager, signature },
    { kind: "rotate", rid, nonce: await nonceOf(), manager, deviceKey: manager, signature },
    { kind: "setWipe", rid, nonce: await nonceOf(), manager, wipeKey: manager, signature },
    { kind: "wipe", rid, signature },
  ] as const)
    assert.deepEqual(await world.ask(0, request), DENIED, request.kind);
  assert.equal(guardian.store.copy().size, 0);
});

test("[GD2 GD10] a clock that was set back voids nonces, and makes nobody wait longer than once, nor less", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register(PINS, 1);
  for (let at = 0; at < 4; at++) assert.equal((await world.unlock(image, `0${at}`)).kind, "wrong");
  const waitMs = async (): Promise<number | undefined> => {
    const unlocking = await world.unlock(image, "1111");
    return unlocking.kind === "tooFew" ? unlocking.waitMs : undefined;
  };
  world.now -= 86_400_000;
  assert.equal(await waitMs(), 60_000);
  world.now += 59_999;
  assert.equal(await waitMs(), 1);
  world.now += 1;
  const { carry } = world;
  let carried = 0;
  world.carry = (to, envelope) => {
    if (++carried === 2) world.now -= 60_000; // between HELLO and EVAL
    return carry(to, envelope);
  };
  assert.equal((await world.unlock(image, "1111")).kind, "denied");
  world.carry = carry;
  world.now += 60_000;
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
});
