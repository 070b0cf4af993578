/** Somebody who has the decoy PIN wants back, with its link, the try that a guess at the real one cost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openShare } from "@sotto/crypto";
import {
  claimOf,
  evaluateAt,
  GuardianWorld,
  guessOf,
  openRequest,
  outputOf,
  recordAt,
} from "@sotto/testkit/guardian";

test("[GR4 GD4] the session of a guess does not open with the decoy's link: the charge stays", async () => {
  const world = await GuardianWorld.create(1);
  const { dealt, image } = await world.register({ real: "1111", decoy: "2222" }, 1);
  const [guardian] = world.guardians;
  const { real } = dealt.real.slots[0] ?? {};
  assert.ok(guardian && real !== undefined);
  const decoy = await evaluateAt(world, image, 0, guessOf("2222"));
  const decoyOutput = outputOf([decoy]);
  const { seat } = decoy;
  const honest = claimOf(decoy, decoyOutput);
  const ownRequest = openRequest(seat, decoy.answer.sid, honest);
  assert.ok((await world.ask(0, ownRequest))?.kind === "opened");
  assert.deepEqual(recordAt(guardian).budgets, [10, 10, 10, 10]);

  for (const [at, forge] of [
    // The decoy's own proof, carried over.
    (sid: Uint8Array) => ({ ...ownRequest, sid }),
    // The decoy's slot and link, for what the decoy's session blinded.
    (sid: Uint8Array) => openRequest(seat, sid, honest),
    // The same, for what the guess's session blinded.
    (sid: Uint8Array, blinded: Uint8Array) => openRequest(seat, sid, { ...honest, blinded }),
  ].entries()) {
    world.now += 25 * 3_600_000;
    const guess = await evaluateAt(world, image, 0, guessOf(`0${at}`));
    const { sid } = guess.answer;
    const answer = await world.ask(0, forge(sid, guess.guess.blinded.element));
    assert.ok(answer?.kind === "opened");
    assert.equal(openShare(decoyOutput, seat, answer.sealedShare), undefined);
    assert.equal(recordAt(guardian).budgets[real], 9 - at);
  }
});

test("[GD6] a session that was opened once gives nothing back for a second OPEN", async () => {
  const world = await GuardianWorld.create(1);
  const { image } = await world.register({ real: "1111", decoy: "2222" }, 1);
  const [guardian] = world.guardians;
  assert.ok(guardian);
  await evaluateAt(world, image, 0, guessOf("0000"));
  const decoy = await evaluateAt(world, image, 0, guessOf("2222"));
  const claim = claimOf(decoy, outputOf([decoy]));
  await world.ask(0, openRequest(decoy.seat, decoy.answer.sid, claim));
  const after = recordAt(guardian).budgets;
  assert.equal(after.filter((left) => left === 9).length, 3);
  const again = await world.ask(0, openRequest(decoy.seat, decoy.answer.sid, claim));
  assert.deepEqual(again, { kind: "refused", code: "denied", detail: 0 });
  assert.deepEqual(recordAt(guardian).budgets, after);
});
