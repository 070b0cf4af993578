import assert from "node:assert/strict";
import { test } from "node:test";
import { ed25519 as noble } from "@noble/curves/ed25519.js";
import { ed25519 as native } from "../src/simulation/native-ed25519.ts";
import { createRng } from "../src/rng.ts";

test("[SM1] Ed25519 by native code gives what the product's own gives", () => {
  const rng = createRng(1);
  for (let count = 0; count < 20; count++) {
    const [seed, message] = [rng.bytes(32), rng.bytes(rng.below(200))];
    const signature = noble.sign(message, seed);
    assert.deepEqual(native.getPublicKey(seed), noble.getPublicKey(seed));
    assert.deepEqual(native.sign(message, seed), signature);
    assert.ok(native.verify(signature, message, native.getPublicKey(seed)));
    const damaged = signature.with(rng.below(64), rng.below(256));
    const options = { zip215: false };
    assert.equal(
      native.verify(damaged, message, native.getPublicKey(seed)),
      noble.verify(damaged, message, noble.getPublicKey(seed), options),
    );
  }
});
