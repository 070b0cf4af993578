import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concat, encode, encodeReply, entryCodec, nextHeadBytes, RUNGS, type Entry } from "@sotto/protocol";
import {
  acceptedFrame,
  headAfterMessage,
  messageEntryBytes,
  pageFrame,
  pushHeadBytes,
} from "../src/entry-bytes.ts";
import { sha256 } from "./rig.ts";

const uint = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const message = fc.record({
  seq: uint,
  epoch: uint,
  time: uint,
  rung: fc.constantFrom(...RUNGS),
  messageId: bytes(16),
  commitment: fc.option(bytes(32), { nil: undefined }),
  body: fc.uint8Array({ maxLength: 200 }),
});

test("[CH50] a message's entry, head and push are the bytes that the codec and the layout give", () => {
  fc.assert(
    fc.property(message, bytes(32), fc.integer({ min: 1, max: 2 ** 32 - 1 }), (fields, head, handle) => {
      const entry: Entry = { kind: "message", ...fields };
      const wire = messageEntryBytes(fields);
      assert.deepEqual(wire, encode(entryCodec, entry));
      assert.deepEqual(
        concat(pushHeadBytes(handle), wire),
        encodeReply(0, { kind: "pushed", handle, entry }),
      );
      const contentHash = sha256(fields.body);
      assert.deepEqual(
        headAfterMessage(sha256, head, fields, contentHash),
        sha256(nextHeadBytes(head, { ...fields, was: "message", contentHash })),
      );
    }),
  );
});

test("[CH50] accepted and page frames are the bytes that the codec gives", () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 4 }),
      bytes(32),
      uint,
      fc.boolean(),
      (all, head, seq, isLast) => {
        const entries = all.map((fields): Entry => ({ kind: "message", ...fields }));
        assert.deepEqual(
          pageFrame(7, all.map(messageEntryBytes), isLast),
          encodeReply(7, { kind: "page", entries, isLast }),
        );
        assert.deepEqual(
          acceptedFrame(9, seq, 1_800_000_000_000, head),
          encodeReply(9, { kind: "accepted", seq, time: 1_800_000_000_000, head }),
        );
      },
    ),
  );
});
