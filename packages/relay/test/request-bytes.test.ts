import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BODY_BYTES_MAX, decodeRequest, encodeRequest, RUNGS, type Request } from "@sotto/protocol";
import { readHotRequest } from "../src/request-bytes.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const append = fc.record<Extract<Request, { kind: "append" }>>(
  {
    kind: fc.constant("append"),
    handle: u32,
    messageId: bytes(16),
    rung: fc.constantFrom(...RUNGS),
    commitment: fc.option(bytes(32), { nil: undefined }),
    body: fc.uint8Array({ maxLength: 300 }),
  },
  { noNullPrototype: true },
);
const ack = fc.record<Extract<Request, { kind: "ack" }>>(
  {
    kind: fc.constant("ack"),
    handle: u32,
    through: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  },
  { noNullPrototype: true },
);

test("[CH50] an APPEND and an ACK are read as the codec reads them", () => {
  fc.assert(
    fc.property(u32, fc.oneof(append, ack), (number, request) => {
      const frame = encodeRequest(number, request);
      assert.deepEqual(readHotRequest(frame), { number, body: request });
    }),
  );
});

test("[CH50] whatever is read without the codec is what the codec reads", () => {
  const mutation = fc.record({ at: fc.nat(400), to: fc.nat(255), cut: fc.nat(3), more: fc.nat(2) });
  fc.assert(
    fc.property(u32, fc.oneof(append, ack), mutation, (number, request, { at, to, cut, more }) => {
      const whole = encodeRequest(number, request);
      const frame = new Uint8Array(Math.max(0, whole.length - cut) + more);
      frame.set(whole.subarray(0, Math.min(whole.length, frame.length)));
      if (at < frame.length) frame[at] = to;
      const hot = readHotRequest(frame);
      if (!hot) return;
      const decoded = decodeRequest(frame);
      assert.ok(decoded.ok);
      assert.equal(hot.number, decoded.value.number);
      assert.deepEqual(hot.body, decoded.value.body);
    }),
    { numRuns: 2_000 },
  );
});

test("[CH13 CH50] a body one byte over its limit is not read", () => {
  const request = {
    kind: "append",
    handle: 1,
    messageId: new Uint8Array(16),
    rung: "1h",
    commitment: undefined,
  } as const;
  const frame = encodeRequest(1, { ...request, body: new Uint8Array(BODY_BYTES_MAX) });
  assert.ok(readHotRequest(frame));
  const over = new Uint8Array(frame.length + 1);
  over.set(frame);
  new DataView(over.buffer).setUint32(28, BODY_BYTES_MAX + 1);
  assert.equal(readHotRequest(over), undefined);
  assert.equal(decodeRequest(over).ok, false);
});
