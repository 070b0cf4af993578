/** Which suite a group gets. Spec: spec/mls.md, MG25. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { suiteFor } from "@sotto/crypto";
import { READERS_MAX } from "@sotto/protocol";

test("[MG25] up to a hundred devices get the hybrid suite, and more the classic one", () => {
  for (const devices of [1, 2, 50, 100]) assert.equal(suiteFor(devices), "x-wing");
  for (const devices of [101, 250, READERS_MAX]) assert.equal(suiteFor(devices), "x25519");
});

test("[MG25] a group that no channel could hold is a bug of the caller", () => {
  for (const devices of [0, -1, Number.NaN, READERS_MAX + 1])
    assert.throws(() => suiteFor(devices), { name: "InvariantError" });
});
