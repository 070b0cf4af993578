import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { capacity, pad, unpad } from "../src/padding.ts";

const LIMIT = 4096;

test("[CK6] what is padded comes back, in the smallest bucket that holds it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(60), (plaintext, overhead) => {
      const padded = pad(plaintext, overhead, LIMIT);
      const whole = padded.length + overhead;
      assert.ok(Number.isInteger(Math.log2(whole / 256)));
      assert.ok(whole === 256 || capacity(whole / 2, overhead) < plaintext.length);
      assert.deepEqual(unpad(padded), plaintext);
    }),
  );
});

test("[CK6] the limit itself is full, and one byte more is the caller's bug", () => {
  const most = new Uint8Array(capacity(LIMIT, 28));
  assert.equal(pad(most, 28, LIMIT).length, LIMIT - 28);
  assert.throws(() => pad(new Uint8Array(most.length + 1), 28, LIMIT), { name: "InvariantError" });
});

test("[CK6] padding that is not zero, and a length that lies, are refused", () => {
  const padded = pad(Uint8Array.of(1, 2, 3), 28, LIMIT);
  for (let at = 7; at < padded.length; at++) assert.equal(unpad(padded.with(at, 1)), undefined);
  assert.equal(unpad(padded.with(3, 2)), undefined, "the third byte would be padding");
  assert.equal(unpad(padded.with(0, 0xff)), undefined);
  for (const length of [0, 1, 3]) assert.equal(unpad(padded.subarray(0, length)), undefined);
  assert.deepEqual(unpad(new Uint8Array(4)), new Uint8Array());
});
