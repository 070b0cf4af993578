/** A relay carries everything but what opens: its member is to pay for tries that open nothing. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { createCarry } from "@sotto/client-adapters/node";
import { serve } from "@sotto/testkit/e2e";
import {
  claimOf,
  evaluateAt,
  FileGuardians,
  GuardianWorld,
  guessOf,
  openRequest,
  outputOf,
  profileOf,
  recordAt,
  VaultDevice,
} from "@sotto/testkit/guardian";

const UNTOUCHED = [10, 10, 10, 10];

async function worldOfOne() {
  const world = await GuardianWorld.create(1);
  const registered = await world.register({ real: "1111", decoy: "2222" }, 1);
  const [guardian] = world.guardians;
  assert.ok(guardian);
  return { world, guardian, ...registered };
}

test("[GD6] an OPEN whose answer is lost is repeated: it opens, and is charged once", async () => {
  const { world, guardian, dealt, image } = await worldOfOne();
  const { carry } = world;
  let carried = 0;
  world.carry = async (to, envelope) => {
    const answer = await carry(to, envelope);
    return ++carried === 3 ? undefined : answer; // HELLO, EVAL, OPEN
  };
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
  assert.equal(carried, 4);
  assert.deepEqual(recordAt(guardian).budgets, UNTOUCHED);
});

test("[GD4 GD6] a relay that drops the answer of every OPEN, thirty times over, costs the owner nothing", async () => {
  const { world, guardian, dealt, image } = await worldOfOne();
  const { carry } = world;
  for (let time = 0; time < 30; time++) {
    let carried = 0;
    world.carry = async (to, envelope) => {
      const answer = await carry(to, envelope);
      return ++carried > 2 ? undefined : answer;
    };
    // Not "wrong": the owner would doubt the PIN, or try another.
    assert.equal((await world.unlock(image, "1111")).kind, "tooFew");
    assert.deepEqual(recordAt(guardian).budgets, UNTOUCHED);
  }
  world.carry = carry;
  assert.equal(profileOf(dealt, await world.unlock(image, "1111")), "real");
});

test("[GD4 GD6] an OPEN that never arrived is sent again hours later: it opens, and its try comes back once", async () => {
  const { world, guardian, image } = await worldOfOne();
  const begun = await evaluateAt(world, image, 0, guessOf("1111"));
  assert.deepEqual(recordAt(guardian).budgets, [9, 9, 9, 9]);
  const request = openRequest(begun.seat, begun.answer.sid, claimOf(begun, outputOf([begun])));
  world.now += 23 * 3_600_000;
  const opened = await world.ask(0, request);
  assert.ok(opened?.kind === "opened");
  for (let time = 0; time < 5; time++) assert.deepEqual(await world.ask(0, request), opened);
  assert.deepEqual(recordAt(guardian).budgets, UNTOUCHED);
});

const PIN = "482913";

/** A relay that carries to one guardian what `mayPass` lets through, and says of the rest that nobody answered. */
async function hostileRelay(t: TestContext, world: FileGuardians, mayPass: () => boolean): Promise<string> {
  const [guardian] = world.guardians;
  assert.ok(guardian);
  const { url } = await serve(t, (request, response) => {
    void buffer(request).then(async (envelope) => {
      const answer = mayPass() ? await world.carry(guardian, new Uint8Array(envelope)) : undefined;
      response.writeHead(answer ? 200 : 502).end(answer ?? "unreached");
    });
  });
  return url;
}

test("[VT6 GC11] over HTTP, a relay that carries all but OPENs costs a device three tries, and they come back", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-dropped-"));
  const world = await FileGuardians.create(folder, 1);
  t.after(() => {
    world.close();
    rmSync(folder, { recursive: true });
  });
  let mayPass = (): boolean => true;
  const carry = createCarry(await hostileRelay(t, world, () => mayPass()));
  const device = await VaultDevice.enrol({ guardians: world.guardians, carry, now: world.now }, PIN, 1);
  const seatOf = async () => (await device.held()).image.seats[0]!;
  const budgets = async () => (await world.seize(0, (await seatOf()).rid))?.budgets;
  for (let time = 0; time < 8; time++) {
    const kept = (await seatOf()).unopened.length;
    // What was kept is sent first. It is dropped, too: the relay lets through what follows it, which is HELLO and EVAL.
    let seen = 0;
    mayPass = () => ++seen > kept && seen <= kept + 2;
    assert.equal(await device.outcome(PIN), "unreached");
  }
  assert.deepEqual(await budgets(), [7, 7, 7, 7]);
  mayPass = () => true;
  await (await device.open(PIN)).records.close();
  assert.deepEqual(await budgets(), UNTOUCHED);
});
