import assert from "node:assert/strict";
import { test } from "node:test";
import { sign, signingKey } from "@sotto/crypto";
import { tombstonesBytes, wipeBytes } from "@sotto/protocol";
import { sha256 } from "@sotto/verify";
import { GuardianWorld, profileOf, random, recordAt, type TestGuardian } from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };

const DENIED = { kind: "refused", code: "denied", detail: 0 };

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
  const unlocking = await world.unlock(image, "1111");
  assert.equal(unlocking.kind, "tooFew", "a device takes it for one that is not reached");
  assert.deepEqual(await world.ask(0, { kind: "register", registration }), starting);
  const kid = random(16);
  assert.equal((await world.ask(0, { kind: "kill", kid, token: random(32), passedOn: false }))?.kind, "done");
  const signature = sign(signingKey(dealt.real.wipeSeed), wipeBytes({ gid, rid }));
  assert.equal((await world.ask(0, { kind: "wipe", rid, signature }))?.kind, "gone");
});
