/** Somebody watches the guardians' network and asks each for its counter: which PIN was it? Spec: spec/guardian.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GuardianWorld, recordAt } from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };

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
