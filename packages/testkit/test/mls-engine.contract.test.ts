import assert from "node:assert/strict";
import { createTsMlsEngine } from "@sotto/crypto";
import { testMlsEngineContract } from "../src/mls-engine-contract.ts";
import { createReferenceEngine } from "../src/mls-reference-engine.ts";

for (const suite of ["x-wing", "x25519"] as const) {
  testMlsEngineContract(`ts-mls, ${suite}`, async (ports) => {
    const engine = await createTsMlsEngine({ ...ports, suite });
    assert.ok(engine.ok);
    return engine.value;
  });
}

testMlsEngineContract("reference", async (ports) => createReferenceEngine(ports));
