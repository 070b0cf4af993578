import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concat, encode, equalBytes, fromHex, InvariantError, lp, toHex, u64, uint } from "@sotto/protocol";

const bytes = fc.uint8Array({ maxLength: 40 });

test("[W12] lp writes each item's length, then the item", () => {
  assert.equal(lp().toHex(), "");
  assert.equal(lp("").toHex(), "00000000");
  assert.equal(lp("ab", fromHex("c0ffee")).toHex(), "000000026162" + "00000003c0ffee");
  assert.equal(lp("\u{1f511}").toHex(), "00000004f09f9491");
});

test("[W12] different items never give the same lp", () =>
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 4 }), fc.array(bytes, { maxLength: 4 }), (one, other) => {
      const same = one.length === other.length && one.every((item, at) => equalBytes(item, other[at]!));
      assert.equal(equalBytes(lp(...one), lp(...other)), same);
    }),
  ));

test("[W12] u64 is eight bytes, big-endian, as uint is on the wire", () => {
  assert.equal(u64(0).toHex(), "0000000000000000");
  assert.equal(u64(2 ** 32).toHex(), "0000000100000000");
  assert.equal(u64(Number.MAX_SAFE_INTEGER).toHex(), "001fffffffffffff");
  fc.assert(fc.property(fc.maxSafeNat(), (value) => assert.deepEqual(u64(value), encode(uint, value))));
});

test("[W12] a u64 that is no safe integer is never written", () => {
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) assert.throws(() => u64(value), InvariantError);
});

test("concat joins in order, views included", () => {
  assert.equal(concat().length, 0);
  assert.equal(concat(fromHex("0102"), fromHex(""), fromHex("ff03ff").subarray(1, 2)).toHex(), "010203");
});

test("equalBytes tells bytes apart by content and length", () => {
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      assert.ok(equalBytes(one, Uint8Array.from(one)));
      assert.equal(equalBytes(one, other), toHex(one) === toHex(other));
    }),
  );
  const one = new Uint8Array(32);
  for (let bit = 0; bit < 256; bit++) {
    const other = Uint8Array.from(one);
    other[bit >> 3] = 1 << (bit & 7);
    assert.ok(!equalBytes(one, other));
  }
  assert.ok(!equalBytes(one, one.subarray(1)));
});

test("hexadecimal is lower case and comes back", () =>
  fc.assert(
    fc.property(bytes, (value) => {
      assert.match(toHex(value), /^[0-9a-f]*$/);
      assert.deepEqual(fromHex(toHex(value)), value);
    }),
  ));
