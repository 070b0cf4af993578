import assert from "node:assert/strict";
import { test } from "node:test";
import { createFaultyBlockFile, createMemoryBlockFile } from "@sotto/client-adapters/memory";
import { openContainer, REGION_BYTES_MIN, type BlockFile } from "@sotto/crypto";
import { InvariantError, Secret } from "@sotto/protocol";
import { geometryOf, HEADER_BYTES } from "../src/container/geometry.ts";
import {
  contentOf,
  createDice,
  createImage,
  createSeededRandom,
  openImage,
  valueOf,
} from "./container-world.ts";

const bytes = (length: number, fill = 7): Uint8Array => new Uint8Array(length).fill(fill);

test("[CT6] what is committed is read back, also after opening again", async () => {
  const image = await createImage(1);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  const empty = new Uint8Array(0);
  valueOf(
    await records.commit([
      { key: "a", value: bytes(300) },
      { key: "b", value: empty },
    ]),
  );
  valueOf(
    await records.commit([
      { key: "a", value: bytes(20_000, 8) },
      { key: "c", value: bytes(5) },
    ]),
  );
  valueOf(
    await records.commit([
      { key: "c", value: null },
      { key: "never there", value: null },
    ]),
  );
  const expected = new Map([
    ["a", bytes(20_000, 8)],
    ["b", empty],
  ]);
  assert.deepEqual(await contentOf(records), expected);
  assert.equal(await records.get("c"), undefined);
  await records.close();
  const { records: again } = await openImage(image, createMemoryBlockFile(image.bytes), 2);
  assert.deepEqual(await contentOf(again), expected);
});

test("[CT6] commits asked for at the same time are applied in the order they were asked", async () => {
  const image = await createImage(2);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  const asked = Array.from({ length: 20 }, (_, n) => records.commit([{ key: "k", value: Uint8Array.of(n) }]));
  for (const done of await Promise.all(asked)) valueOf(done);
  assert.deepEqual(await records.get("k"), Uint8Array.of(19));
});

test("[CT6] the last write to a key in one commit counts", async () => {
  const image = await createImage(3);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  valueOf(
    await records.commit([
      { key: "k", value: bytes(3) },
      { key: "k", value: bytes(4) },
    ]),
  );
  assert.deepEqual(await records.get("k"), bytes(4));
  assert.deepEqual(records.list(""), ["k"]);
});

test("[CT24] keys are listed in order, by prefix, range, limit and direction", async () => {
  const image = await createImage(4);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  const keys = ["m/a/2", "m/b/1", "m/a/1", "n", "m", "m/a/3", "m/é"];
  valueOf(await records.commit(keys.map((key) => ({ key, value: bytes(1) }))));
  assert.deepEqual(records.list(""), keys.toSorted());
  assert.deepEqual(records.list("m/a/"), ["m/a/1", "m/a/2", "m/a/3"]);
  assert.deepEqual(records.list("m/a/", { limit: 2, reverse: true }), ["m/a/3", "m/a/2"]);
  assert.deepEqual(records.list("m/a/", { from: "m/a/2" }), ["m/a/2", "m/a/3"]);
  assert.deepEqual(records.list("m/a/", { to: "m/a/2" }), ["m/a/1"]);
  assert.deepEqual(records.list("m/", { from: "m/a/3", to: "m/b/2", limit: 1 }), ["m/a/3"]);
  assert.deepEqual(records.list("x"), []);
  assert.deepEqual(records.list("m/a/", { from: "m/b", to: "m/a", reverse: true }), []);
});

test("[CT1] a profile's work changes no byte outside its region", async () => {
  const image = await createImage(5);
  const before = image.bytes.slice();
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  for (let n = 0; n < 400; n++) valueOf(await records.commit([{ key: "k", value: bytes(3_000, n) }]));
  await records.close();
  const start = HEADER_BYTES + image.profile.region * REGION_BYTES_MIN;
  assert.equal(image.bytes.length, before.length);
  assert.ok(before.subarray(0, start).every((byte, at) => byte === image.bytes[at]));
  const end = start + REGION_BYTES_MIN;
  assert.ok(before.subarray(end).every((byte, at) => byte === image.bytes[end + at]));
  assert.notDeepEqual(image.bytes.subarray(start, end), before.subarray(start, end));
});

test("[CT2] header, used and unused region are alike: no byte value stands out", async () => {
  const image = await createImage(6);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  for (let n = 0; n < 100; n++) valueOf(await records.commit([{ key: `k${n}`, value: bytes(1_000, 0) }]));
  await records.close();
  const parts = [
    image.bytes.subarray(0, HEADER_BYTES),
    image.bytes.subarray(HEADER_BYTES, HEADER_BYTES + REGION_BYTES_MIN),
    image.bytes.subarray(HEADER_BYTES + REGION_BYTES_MIN),
  ];
  for (const part of parts) {
    const counts = new Uint32Array(256);
    for (const byte of part) counts[byte]! += 1;
    const mean = part.length / 256;
    const chiSquare = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
    assert.ok(chiSquare < 400, `chi-square ${chiSquare} with 255 degrees of freedom`);
  }
});

test("[CT9] a wrong key and an unused region give the same answer", async () => {
  const image = await createImage(7);
  const container = valueOf(
    await openContainer(createMemoryBlockFile(image.bytes), { random: createSeededRandom(1) }),
  );
  const { region, key } = image.profile;
  const wrongKey = await container.open(region, new Secret(bytes(32)));
  const unused = await container.open(region === 0 ? 1 : 0, key);
  assert.deepEqual(wrongKey, { ok: false, error: { kind: "wrong-key" } });
  assert.deepEqual(unused, wrongKey);
});

test("[CT15] a full region says so, keeps what it has, and still deletes and rewrites", async () => {
  const image = await createImage(8);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  let stored = 0;
  for (;;) {
    const done = await records.commit([{ key: `k${stored}`, value: bytes(4_000, stored) }]);
    if (!done.ok) {
      assert.equal(done.error.kind, "full");
      break;
    }
    stored += 1;
  }
  const { liveBytes, capacityBytes } = records.usage();
  assert.ok(liveBytes > capacityBytes - 5_000);
  assert.equal(records.list("").length, stored);
  for (let n = 0; n < 200; n++) valueOf(await records.commit([{ key: "k1", value: bytes(4_000, n) }]));
  assert.deepEqual(await records.get("k0"), bytes(4_000, 0));
  valueOf(await records.commit([{ key: "k0", value: null }]));
  valueOf(await records.commit([{ key: "new", value: bytes(4_000, 1) }]));
  await records.close();
  const { records: again } = await openImage(image, createMemoryBlockFile(image.bytes), 2);
  assert.equal((await contentOf(again)).size, stored);
});

test("[CT16] rewriting for ever needs no more room", async () => {
  const image = await createImage(9);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  for (let n = 0; n < 1_500; n++) {
    const message = { key: `m${n % 40}`, value: bytes(300, n) };
    valueOf(await records.commit([{ key: "state", value: bytes(10_000, n) }, message]));
  }
  assert.equal(records.list("").length, 41);
  assert.ok(records.usage().liveBytes < 40_000);
  await records.close();
  const { records: again } = await openImage(image, createMemoryBlockFile(image.bytes), 2);
  assert.deepEqual(await again.get("state"), bytes(10_000, 1_499));
});

test("[CT17] limits: one over is refused before anything is written", async () => {
  const image = await createImage(10);
  const { records, container } = await openImage(image, createMemoryBlockFile(image.bytes));
  const { valueBytesMax, commitBytesMax } = container.geometry;
  const refused = (key: string, length: number) =>
    assert.rejects(records.commit([{ key, value: bytes(length) }]), InvariantError);
  valueOf(await records.commit([{ key: "é".repeat(64), value: bytes(valueBytesMax) }]));
  await refused("é".repeat(64) + "x", 1);
  await refused("", 1);
  await refused("\ud800", 1);
  await refused("k", valueBytesMax + 1);
  const many = Array.from({ length: Math.ceil(commitBytesMax / 1_000) }, (_, n) => `k${n}`);
  await assert.rejects(records.commit(many.map((key) => ({ key, value: bytes(1_000) }))), InvariantError);
  assert.equal(records.list("").length, 1);
  valueOf(await records.commit([{ key: "k", value: bytes(1) }]));
});

for (const kind of ["full", "failing"] as const)
  test(`[CT22] a disk that is ${kind} fails the commit; reading goes on, writing does not`, async () => {
    const image = await createImage(11);
    const file = createFaultyBlockFile(image.bytes, createDice(1));
    const { records } = await openImage(image, file);
    valueOf(await records.commit([{ key: "k", value: bytes(100) }]));
    file.failAt(file.operations() + 1, kind);
    const failed = await records.commit([{ key: "k", value: bytes(200) }]);
    assert.equal(failed.ok ? "committed" : failed.error.kind, "failing");
    assert.deepEqual(await records.get("k"), bytes(100));
    const before = file.operations();
    assert.equal((await records.commit([{ key: "k", value: bytes(1) }])).ok, false);
    assert.equal(file.operations(), before);
    await records.close();
  });

test("[CT25] closed records are not used again", async () => {
  const image = await createImage(12);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  const written = records.commit([{ key: "k", value: bytes(1) }]);
  await records.close();
  assert.ok((await written).ok);
  assert.throws(() => records.list(""), InvariantError);
  assert.throws(() => void records.get("k"), InvariantError);
});

test("[CT6] one commit takes one flush", async () => {
  const image = await createImage(13);
  const inner = createMemoryBlockFile(image.bytes);
  let flushes = 0;
  const file: BlockFile = { ...inner, flush: () => ((flushes += 1), inner.flush()) };
  const { records } = await openImage(image, file);
  valueOf(await records.commit([{ key: "a", value: bytes(10) }]));
  const before = flushes;
  valueOf(
    await records.commit([
      { key: "a", value: bytes(10) },
      { key: "b", value: bytes(10) },
    ]),
  );
  assert.equal(flushes, before + 1);
});

/** Counts what reaches the disk. */
function createCountingFile(bytes: Uint8Array): { readonly file: BlockFile; readonly written: () => number } {
  const inner = createMemoryBlockFile(bytes);
  let written = 0;
  const write: BlockFile["write"] = (at, data) => ((written += data.length), inner.write(at, data));
  return { file: { ...inner, write }, written: () => written };
}

test("[CT26] opening a region that was closed writes nothing, and its next commits are kept", async () => {
  const image = await createImage(14);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  for (let n = 0; n < 50; n++) valueOf(await records.commit([{ key: `k${n}`, value: bytes(3_000, n) }]));
  await records.close();
  const { file, written } = createCountingFile(image.bytes);
  const { records: again } = await openImage(image, file, 2);
  assert.deepEqual(await again.get("k49"), bytes(3_000, 49));
  assert.equal(written(), 0);
  valueOf(await again.commit([{ key: "k49", value: null }]));
  const { records: third } = await openImage(image, createMemoryBlockFile(image.bytes), 3);
  assert.equal((await contentOf(third)).size, 49);
});

test("[CT8 CT26] left open again and again, a region is overwritten no more each time it opens", async () => {
  const image = await createImage(15);
  const { segmentBytes } = geometryOf(REGION_BYTES_MIN);
  for (let life = 0; life < 10; life++) {
    const { file, written } = createCountingFile(image.bytes);
    const { records } = await openImage(image, file, life);
    assert.ok(written() < 4 * segmentBytes, `life ${life}`);
    valueOf(await records.commit([{ key: "k", value: bytes(100, life) }]));
  }
});
