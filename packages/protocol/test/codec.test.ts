import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bool,
  constant,
  decode,
  encode,
  entryCodec,
  fixed,
  InvariantError,
  list,
  Malformed,
  named,
  opaque,
  optional,
  refusalCode,
  replyCodec,
  requestCodec,
  rung,
  struct,
  tagged,
  text,
  u32,
  u8,
  uint,
  type Codec,
} from "@sotto/protocol";
import { entries, refusalCodes, replies, requests } from "./arbitraries.ts";

const hex = (bytes: string): Uint8Array => Uint8Array.fromHex(bytes);
const refusal = (codec: Codec<unknown>, bytes: string): string => {
  const decoded = decode(codec, hex(bytes));
  return decoded.ok ? "accepted" : decoded.error.message;
};
const isBug = (write: () => unknown): void => assert.throws(write, InvariantError);

test("[W1] each notation is written as the specification says", () => {
  const written = <T>(codec: Codec<T>, value: T): string => encode(codec, value).toHex();
  assert.equal(written(u8, 0xab), "ab");
  assert.equal(written(u32, 0x01020304), "01020304");
  assert.equal(written(u32, 0xffff_ffff), "ffffffff");
  assert.equal(written(uint, 0x0102_0304_0506), "0000010203040506");
  assert.equal(written(uint, Number.MAX_SAFE_INTEGER), "001fffffffffffff");
  assert.equal(written(bool, true), "01");
  assert.equal(written(fixed(2), hex("beef")), "beef");
  assert.equal(written(opaque(2), hex("beef")), "00000002beef");
  assert.equal(written(text(4), "\u{1f511}"), "00000004f09f9491");
  assert.equal(written(list(2, u8), [7, 8]), "000000020708");
  assert.equal(written(optional(u8), undefined), "00");
  assert.equal(written(optional(u8), 9), "0109");
  assert.equal(written(constant(3, "version 3"), 3), "03");
  assert.equal(written(named({ yes: 4 }), "yes"), "04");
  assert.equal(written(struct({ a: u8, b: bool }), { a: 5, b: false }), "0500");
  assert.equal(written(tagged({ some: [6, { a: u8 }] }), { kind: "some", a: 7 }), "0607");
});

test("[W3] a bool is 0 or 1, and so is the mark of an optional value", () => {
  for (const byte of ["02", "80", "ff"]) {
    assert.equal(refusal(bool, byte), "expected 0 or 1 at byte 0");
    assert.equal(refusal(optional(u8), `${byte}00`), "expected 0 or 1 at byte 0");
  }
});

test("[W4] every number that is not given out is refused, where it stands", () => {
  const given = (names: readonly string[], codec: Codec<never>): Set<number> => {
    const known = new Set<number>();
    for (let byte = 0; byte <= 0xff; byte++) {
      const decoded = decode(codec, Uint8Array.of(byte));
      if (decoded.ok || decoded.error.offset > 0) known.add(byte);
      else assert.match(decoded.error.message, /^expected a known (tag|value) /);
    }
    assert.equal(known.size, names.length);
    return known;
  };
  given(Object.keys(requests), requestCodec as Codec<never>);
  given(Object.keys(replies), replyCodec as Codec<never>);
  given(Object.keys(entries), entryCodec as Codec<never>);
  given(refusalCodes, refusalCode as Codec<never>);
  assert.deepEqual(
    given(["5min", "1h", "1day", "7days", "30days"], rung as Codec<never>),
    new Set([1, 2, 3, 4, 5]),
  );
});

test("[W4] two cases of one union cannot share a tag", () =>
  isBug(() => tagged({ one: [1, {}], other: [1, {}] })));

test("[W4] a name or a case that is not declared is never written", () => {
  isBug(() => encode(named({ yes: 1 }), "toString" as "yes"));
  isBug(() => encode(tagged({ yes: [1, {}] }), { kind: "no" } as never));
});

test("[W4] a version other than the declared one is refused, and never written", () => {
  assert.equal(refusal(constant(1, "version 1"), "02"), "expected version 1 at byte 0");
  isBug(() => encode(constant(1, "version 1"), 2));
});

test("[W5] a list that claims more than its limit is refused before its items are read", () => {
  assert.equal(refusal(list(2, u8), "ffffffff"), "expected at most 2 items at byte 0");
});

test("[W5] a list that claims more items than there are is refused where they end", () => {
  assert.equal(refusal(list(0xffff_ffff, u32), "ffffffff00000001"), "expected uint32 at byte 8");
});

test("[W6] text that is not well-formed UTF-8 is refused", () => {
  const malformed = {
    "overlong slash, two bytes": "c0af",
    "overlong slash, three bytes": "e080af",
    "overlong slash, four bytes": "f08080af",
    "a high surrogate": "eda080",
    "a low surrogate": "edbfbf",
    "beyond the last code point": "f4908080",
    "a continuation alone": "80",
    "a sequence cut short": "e282",
    "a byte that never occurs": "ff",
  };
  for (const [name, bytes] of Object.entries(malformed)) {
    const length = (bytes.length / 2).toString(16).padStart(8, "0");
    assert.equal(refusal(text(9), length + bytes), "expected UTF-8 at byte 4", name);
  }
});

test("[W6] text keeps a byte order mark, NUL and what is not normalised", () => {
  for (const value of ["\ufeffa", "a\0b", "e\u0301", "\u00e9"]) {
    const decoded = decode(text(9), encode(text(9), value));
    assert.equal(decoded.ok && decoded.value, value);
  }
});

test("[W6] a lone surrogate is never written", () => {
  for (const value of ["\ud800", "a\udc00b", "\udc00\ud800"]) isBug(() => encode(text(9), value));
});

test("[W7] an integer above 2^53 - 1 is refused, where it begins", () => {
  for (const bytes of ["0020000000000000", "0020000000000001", "ffffffffffffffff"])
    assert.equal(
      refusal(struct({ before: u8, value: uint }), `00${bytes}`),
      "expected a safe integer at byte 1",
    );
});

test("[W7] an integer that does not fit is never written", () => {
  for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) isBug(() => encode(uint, value));
  for (const value of [-1, 0.5, Number.NaN, 2 ** 32]) isBug(() => encode(u32, value));
  for (const value of [-1, 0.5, Number.NaN, 256]) isBug(() => encode(u8, value));
});

test("[W1] a fixed field of another length is never written", () => {
  isBug(() => encode(fixed(2), hex("aa")));
  isBug(() => encode(fixed(2), hex("aabbcc")));
});

test("[W8] only malformed bytes become a value: a bug in a codec is thrown", () => {
  const broken: Codec<number> = { ...u8, read: () => assert.fail("a bug") };
  assert.throws(() => decode(broken, hex("00")), /a bug/);
  const lying: Codec<number> = { ...u8, size: () => 2 };
  isBug(() => encode(lying, 1));
});

test("[W8] a refusal says where and what was expected, and quotes no bytes", () => {
  const decoded = decode(text(9), hex("00000002c0af"));
  assert.ok(!decoded.ok && decoded.error instanceof Malformed);
  assert.equal(decoded.error.message, "expected UTF-8 at byte 4");
});

test("[W1] a decoder reads a view into a larger buffer, and gives views of it", () => {
  const frame = hex("ffff00000002beefffff").subarray(2, 8);
  const decoded = decode(opaque(2), frame);
  assert.ok(decoded.ok);
  assert.equal(decoded.value.toHex(), "beef");
  assert.equal(decoded.value.buffer, frame.buffer);
});
