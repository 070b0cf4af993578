import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decode, decodeReply, decodeRequest, encode, encodeReply, encodeRequest } from "@sotto/protocol";
import { anyReply, anyRequest, formats } from "./arbitraries.ts";

const holds = <T>(input: fc.Arbitrary<T>, check: (value: T) => void): void =>
  fc.assert(fc.property(input, check), { numRuns: 200 });

const noise = fc.uint8Array({ maxLength: 400 });
/** Nearly valid bytes reach deeper into a decoder than noise does. */
const damaged = (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(valid, fc.nat(), fc.nat({ max: 2 }), fc.uint8Array({ maxLength: 2 }))
    .map(([bytes, at, cut, added]) =>
      Uint8Array.from([...bytes].toSpliced(at % (bytes.length + 1), cut, ...added)),
    );

for (const { name, codec, values } of formats) {
  const valid = values.map((value) => encode(codec, value));

  test(`[W1] ${name}: what is written is read back unchanged`, () =>
    holds(values, (value) => {
      const decoded = decode(codec, encode(codec, value));
      assert.ok(decoded.ok);
      assert.deepEqual(decoded.value, value);
    }));

  test(`[W2] ${name}: every proper prefix is refused`, () =>
    holds(fc.tuple(valid, fc.nat()), ([bytes, cut]) => {
      const decoded = decode(codec, bytes.subarray(0, cut % bytes.length));
      assert.ok(!decoded.ok);
      assert.ok(decoded.error.offset <= cut % bytes.length);
    }));

  test(`[W3] ${name}: bytes left over are refused, where they begin`, () =>
    holds(fc.tuple(valid, fc.uint8Array({ minLength: 1, maxLength: 3 })), ([bytes, more]) => {
      const decoded = decode(codec, Uint8Array.from([...bytes, ...more]));
      assert.equal(decoded.ok ? "accepted" : decoded.error.offset, bytes.length);
    }));

  test(`[W3, W8] ${name}: decoding never throws, and each value has one encoding`, () =>
    holds(fc.oneof(noise, damaged(valid)), (input) => {
      const decoded = decode(codec, input);
      if (decoded.ok) assert.deepEqual(encode(codec, decoded.value), input);
    }));
}

const number = fc.nat({ max: 0xffff_ffff });

test("[W1, W10] a request's frame gives back its number and the request", () =>
  holds(fc.tuple(number, anyRequest), ([given, body]) => {
    const decoded = decodeRequest(encodeRequest(given, body));
    assert.deepEqual(decoded.ok && decoded.value, { version: 1, number: given, body });
  }));

test("[W1, W10] a reply's frame gives back its number and the reply", () =>
  holds(fc.tuple(number, anyReply), ([given, body]) => {
    const decoded = decodeReply(encodeReply(given, body));
    assert.deepEqual(decoded.ok && decoded.value, { version: 1, number: given, body });
  }));

test("[W3, W8] frames: decoding never throws, and each frame has one encoding", () =>
  holds(fc.oneof(noise, damaged(anyRequest.map((body) => encodeRequest(1, body)))), (input) => {
    const request = decodeRequest(input);
    if (request.ok) assert.deepEqual(encodeRequest(request.value.number, request.value.body), input);
    const reply = decodeReply(input);
    if (reply.ok) assert.deepEqual(encodeReply(reply.value.number, reply.value.body), input);
  }));
