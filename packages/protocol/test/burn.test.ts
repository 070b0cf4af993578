import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encode, RUNG_MS, rung, rungFor, rungNumber, RUNGS } from "@sotto/protocol";

test("[CN5] the rung is the smallest that covers the burn time", () => {
  let shorter = 0;
  for (const name of RUNGS) {
    assert.equal(rungFor(shorter + 1), name);
    assert.equal(rungFor(RUNG_MS[name]), name);
    shorter = RUNG_MS[name];
  }
});

test("[CN5] a relay never erases before the burn time, and no longer rung was needed", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: RUNG_MS["30days"] }), (burnMs) => {
      const name = rungFor(burnMs);
      assert.ok(RUNG_MS[name] >= burnMs);
      for (const other of RUNGS) if (RUNG_MS[other] >= burnMs) assert.ok(RUNG_MS[other] >= RUNG_MS[name]);
    }),
  ));

test("[CN5] what no rung covers, and a burn time of 0, takes the longest", () => {
  assert.equal(rungFor(RUNG_MS["30days"] + 1), "30days");
  assert.equal(rungFor(Number.MAX_SAFE_INTEGER), "30days");
  assert.equal(rungFor(0), "30days");
});

test("[W13] a rung is the same number in signed bytes and on the wire", () => {
  for (const name of RUNGS) assert.equal(encode(rung, name)[0], rungNumber(name));
});
