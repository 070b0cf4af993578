/** Somebody was told a PIN under threat, and wants to know whether it is the duress PIN before it does its work. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openShare } from "@sotto/crypto";
import type { GuardianAnswer } from "@sotto/protocol";
import {
  claimOf,
  evaluateAt,
  GuardianWorld,
  guessOf,
  openRequest,
  outputOf,
  profileOf,
  recordAt,
} from "@sotto/testkit/guardian";

const PINS = { real: "1111", decoy: "2222", duress: "3333" };
const WRONG = "9999";

/** Every field and its size, and every number; random bytes say nothing but their length. */
const shapeOf = (answer: GuardianAnswer | undefined): string =>
  JSON.stringify(answer, (_, value: unknown) =>
    value instanceof Uint8Array ? `${value.length} bytes` : value,
  );

async function askAbout(pin: string) {
  const world = await GuardianWorld.create();
  const { dealt, image } = await world.register(PINS);
  const guess = guessOf(pin);
  const evaluated = [await evaluateAt(world, image, 0, guess), await evaluateAt(world, image, 1, guess)];
  return { world, dealt, image, evaluated, output: outputOf(evaluated) };
}

test("[GD4 GD7] a client that stops before OPEN has seen the same for every PIN, and paid a try", async () => {
  const seen = new Set<string>();
  for (const pin of [...Object.values(PINS), WRONG]) {
    const { world, evaluated } = await askAbout(pin);
    seen.add(evaluated.map(({ answer }) => shapeOf(answer)).join());
    const budgets = world.guardians.map((guardian) => recordAt(guardian).budgets);
    assert.deepEqual(budgets, [Array(4).fill(9), Array(4).fill(9), Array(4).fill(10)]);
  }
  assert.equal(seen.size, 1);
});

test("[GD5 GD20] one that opens at a single guardian has one share of whichever profile, and duress has done its work", async () => {
  const seen = new Set<string>();
  for (const pin of [...Object.values(PINS), WRONG]) {
    const { world, dealt, image, evaluated, output } = await askAbout(pin);
    const [first] = evaluated;
    assert.ok(first);
    const answer = await world.ask(0, openRequest(first.seat, first.answer.sid, claimOf(first, output)));
    assert.ok(answer?.kind === "opened");
    seen.add(shapeOf(answer));
    assert.equal(openShare(output, first.seat, answer.sealedShare) !== undefined, pin !== WRONG);
    assert.equal(await world.gossip(), 6, "two to the others, and each of them two to its own");
    const real = profileOf(dealt, await world.unlock(image, PINS.real));
    assert.equal(real, pin === PINS.duress ? "wrong" : "real");
  }
  assert.equal(seen.size, 1);
});
