import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decode, encode, Secret } from "@sotto/protocol";
import { bytesToSuperblock, frameCodec, superblockToBytes } from "../src/container/formats.ts";
import { frameToBytes, openFrame, regionKeys, scanSegment } from "../src/container/frames.ts";
import { KEY_BYTES_MAX, SLOT_BYTES } from "../src/container/geometry.ts";
import { bytesToKeys, keysToBytes } from "../src/container/key-list.ts";
import { seal, unseal } from "../src/container/seal.ts";
import { createSortedKeys } from "../src/container/sorted-keys.ts";
import { utf8Bytes } from "../src/container/segments.ts";
import { createSeededRandom } from "./container-world.ts";

const random = createSeededRandom(3);
const holds = <T>(input: fc.Arbitrary<T>, check: (value: T) => void, numRuns = 200): void =>
  fc.assert(fc.property(input, check), { numRuns });

/** Decoded objects have a prototype, so those they are compared with must. */
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const number = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const u32 = fc.nat({ max: 0xffff_ffff });
/** The last two share the first byte of their last character. */
const likeKeys = fc.constantFrom("m/0001/a", "m/0001/b", "m/0001/é", "m/0001/è");
const key = fc.oneof(fc.string({ unit: "binary", maxLength: 32 }), likeKeys);
const anyPiece = plain({ id: number, from: u32, bytes: u32, total: u32, key, isWhole: fc.boolean() }).map(
  ({ isWhole, ...piece }) => ({
    ...piece,
    ...(isWhole ? { from: 0, total: piece.bytes } : {}),
    keyBytes: utf8Bytes(piece.key),
  }),
);
const kills = fc.array(number, { maxLength: 5 });
const anyStep = plain({
  kind: fc.constant("step" as const),
  seq: number,
  base: number,
  step: u32,
  last: fc.boolean(),
  pieces: fc.array(anyPiece, { maxLength: 6 }),
  kills,
});
const anySummary = plain({
  kind: fc.constant("summary" as const),
  pieces: fc.array(anyPiece, { maxLength: 6 }),
  places: fc.array(u32, { maxLength: 6 }),
  kills,
});
const anyFrame = fc.oneof(anyStep, anySummary);
const anySuperblock = plain({
  serial: number,
  durable: number,
  closed: fc.boolean(),
  ceiling: number,
  base: number,
  step: u32,
  segments: fc.array(plain({ generation: number, summarySlot: u32 }), { maxLength: 320 }),
});

test("[CT5] frames: what is written is read back, every prefix is refused, no bytes throw", () => {
  holds(anyFrame, (frame) => {
    const bytes = encode(frameCodec, frame);
    const decoded = decode(frameCodec, bytes);
    assert.ok(decoded.ok);
    assert.deepEqual(decoded.value, frame);
    for (let cut = 0; cut < bytes.length; cut += 7)
      assert.equal(decode(frameCodec, bytes.subarray(0, cut)).ok, false);
  });
  holds(fc.uint8Array({ maxLength: 300 }), (noise) => void decode(frameCodec, noise), 1_000);
});

test("[CT5] a list of keys with any byte changed is a list of keys or refused", () =>
  holds(
    fc.tuple(fc.array(key, { minLength: 1, maxLength: 6 }), fc.nat(), fc.nat({ max: 255 })),
    ([keys, at, byte]) => {
      const bytes = keysToBytes(keys);
      assert.deepEqual(bytesToKeys(bytes, keys.length)?.keys, keys);
      assert.equal(bytesToKeys(bytes, keys.length + 1), undefined);
      bytes[at % bytes.length] = byte;
      const { keys: others = [] } = bytesToKeys(bytes, keys.length) ?? {};
      for (const one of others) assert.ok(one.isWellFormed() && utf8Bytes(one) <= KEY_BYTES_MAX);
    },
    1_000,
  ));

test("[CT5] superblocks: what is written is read back, and no bytes throw", () => {
  holds(anySuperblock, (superblock) => {
    const read = bytesToSuperblock(superblockToBytes(superblock));
    assert.ok(read.ok);
    assert.deepEqual(read.value, superblock);
  });
  holds(
    fc.tuple(anySuperblock, fc.nat(), fc.nat({ max: 255 })),
    ([superblock, at, byte]) => {
      const bytes = superblockToBytes(superblock);
      bytes[at % bytes.length] = byte;
      bytesToSuperblock(bytes);
      bytesToSuperblock(bytes.subarray(0, at % bytes.length));
    },
    1_000,
  );
});

const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("[CT3] sealed bytes open with their key and context only, and not with a bit changed", () =>
  holds(fc.tuple(anyKey, fc.uint8Array(), fc.uint8Array(), fc.nat()), ([raw, context, text, flip]) => {
    const secret = new Secret(raw.slice());
    const sealed = seal(secret, context, text, random);
    assert.deepEqual(unseal(secret, context, sealed), text);
    assert.equal(unseal(secret, Uint8Array.of(...context, 0), sealed), undefined);
    const other = raw.slice();
    other[0]! ^= 1;
    assert.equal(unseal(new Secret(other), context, sealed), undefined);
    sealed[flip % sealed.length]! ^= 1 << (flip % 8);
    assert.equal(unseal(secret, context, sealed), undefined);
  }));

test("[CT4] a frame opens in its own segment, generation and slot only", () => {
  const keys = regionKeys(new Secret(random(32)));
  holds(anyFrame, (frame) => {
    const home = { index: 3, generation: 77 };
    const bytes = frameToBytes(keys, home, 5, frame, random);
    const segment = new Uint8Array(10 * SLOT_BYTES + bytes.length);
    segment.set(bytes, 5 * SLOT_BYTES);
    assert.deepEqual(openFrame(keys, home, 5, segment)?.frame, frame);
    assert.equal(openFrame(keys, { ...home, index: 4 }, 5, segment), undefined);
    assert.equal(openFrame(keys, { ...home, generation: 78 }, 5, segment), undefined);
    assert.equal(openFrame(keys, home, 5, segment, 1), undefined);
  });
});

test("[CT5] scanning noise finds nothing, and scanning a step finds it wherever it begins", () => {
  const keys = regionKeys(new Secret(random(32)));
  const home = { index: 0, generation: 9 };
  const segmentBytes = 64 * SLOT_BYTES;
  assert.deepEqual(scanSegment(keys, home, random(segmentBytes)), { steps: [], gapless: true });
  holds(fc.tuple(anyStep, fc.nat({ max: 20 })), ([step, slot]) => {
    const segment = random(segmentBytes);
    segment.set(frameToBytes(keys, home, slot, { ...step, pieces: [] }, random), slot * SLOT_BYTES);
    const { steps, gapless } = scanSegment(keys, home, segment);
    assert.deepEqual(
      steps.map((found) => found.step.seq),
      [step.seq],
    );
    assert.equal(gapless, slot === 0);
  });
});

test("[CT24] listing agrees with filtering and sorting", () => {
  const short = fc.string({ unit: fc.constantFrom("a", "b", "/", "\u00e9", "\u{1f600}"), maxLength: 4 });
  const range = fc.record(
    { from: short, to: short, limit: fc.nat({ max: 5 }), reverse: fc.boolean() },
    { requiredKeys: [] },
  );
  const operations = fc.array(fc.tuple(fc.boolean(), short), { maxLength: 30 });
  holds(
    fc.tuple(fc.array(short), operations, short, range),
    ([initial, changes, prefix, asked]) => {
      const model = new Set(initial);
      const keys = createSortedKeys(new Set(initial));
      for (const [adds, name] of changes) {
        keys[adds ? "add" : "remove"](name);
        model[adds ? "add" : "delete"](name);
      }
      const { from = "", to, limit = Infinity, reverse = false } = asked;
      const inRange = (name: string): boolean => name >= from && (to === undefined || name < to);
      const all = [...model].filter((name) => name.startsWith(prefix) && inRange(name)).toSorted();
      const expected = (reverse ? all.toReversed() : all).slice(0, limit);
      assert.deepEqual(keys.list(prefix, asked), expected);
    },
    1_000,
  );
});

test("[CT17] the bytes of a key are counted as UTF-8 encodes them", () =>
  holds(fc.string({ unit: "binary" }), (text) =>
    assert.equal(utf8Bytes(text), new TextEncoder().encode(text).length),
  ));
