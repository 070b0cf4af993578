import assert from "node:assert/strict";
import { test } from "node:test";
import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { isReaderKey, isSignedBy } from "@sotto/verify";
import fc from "fast-check";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test("[ID10] a signature holds for its key and message, and for no other", () => {
  fc.assert(
    fc.property(bytes(32), fc.uint8Array({ maxLength: 100 }), fc.nat(63), (seed, message, at) => {
      const key = ed25519.getPublicKey(seed);
      const signature = ed25519.sign(message, seed);
      assert.ok(isSignedBy(key, message, signature));
      assert.ok(!isSignedBy(key, message, signature.with(at, (signature[at] ?? 0) ^ 1)));
      assert.ok(!isSignedBy(key, Uint8Array.of(...message, 0), signature));
    }),
    { numRuns: 20 },
  );
});

test("[ID10] no input throws, whatever its length", () => {
  const any = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(any, any, any, (key, message, signature) => !isSignedBy(key, message, signature)),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(bytes(32), bytes(64), (key, signature) => !isSignedBy(key, new Uint8Array(), signature)),
    { numRuns: 50 },
  );
});

test("[ID10] a key of small order signs nothing, and S is below the group's order", () => {
  for (const point of ED25519_TORSION_SUBGROUP) {
    const key = Uint8Array.fromHex(point);
    const anything = new Uint8Array(64);
    anything.set(key);
    assert.ok(!isSignedBy(key, new Uint8Array(3), anything));
    assert.ok(!isReaderKey(key));
  }
  const seed = new Uint8Array(32).fill(7);
  const signature = ed25519.sign(seed, seed);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let s = signature.subarray(32).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + order;
  const malleable = signature.slice();
  for (let at = 32; at < 64; at++, s >>= 8n) malleable[at] = Number(s & 0xffn);
  assert.ok(isSignedBy(ed25519.getPublicKey(seed), seed, signature));
  assert.ok(!isSignedBy(ed25519.getPublicKey(seed), seed, malleable));
});
