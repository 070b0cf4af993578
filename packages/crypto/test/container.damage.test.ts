import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryBlockFile } from "@sotto/client-adapters/memory";
import { openContainer, REGION_BYTES_MIN, Unreadable, type Container } from "@sotto/crypto";
import { createDisk } from "../src/container/disk.ts";
import { FORMAT_VERSION } from "../src/container/formats.ts";
import { regionKeys } from "../src/container/frames.ts";
import { geometryOf, HEADER_BYTES, SUPERBLOCK_BYTES } from "../src/container/geometry.ts";
import { recover, segmentStart, type Recovered } from "../src/container/recover.ts";
import { seal, unseal } from "../src/container/seal.ts";
import {
  contentOf,
  createDice,
  createImage,
  createSeededRandom,
  openImage,
  valueOf,
  type Image,
  type Model,
} from "./container-world.ts";

const random = createSeededRandom(99);

/** Many small records over several segments, some of them dead, closed cleanly. */
async function filledImage(): Promise<Image & { readonly model: Model; readonly earlier: Uint8Array }> {
  const image = await createImage(31);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  let earlier = image.bytes;
  for (let n = 0; n < 300; n++) {
    const message = { key: `m/${n % 150}`, value: new Uint8Array(200 + n).fill(n) };
    const state = { key: "state", value: new Uint8Array(3_000).fill(n) };
    valueOf(await records.commit([message, state]));
    if (n === 200) earlier = image.bytes.slice();
  }
  const model = await contentOf(records);
  await records.close();
  return { ...image, model, earlier };
}

const filled = await filledImage();
const regionStart = HEADER_BYTES + filled.profile.region * REGION_BYTES_MIN;

const geometry = geometryOf(REGION_BYTES_MIN);

async function recoverFilled(bytes: Uint8Array): Promise<Recovered> {
  const disk = createDisk(createMemoryBlockFile(bytes.slice(regionStart, regionStart + REGION_BYTES_MIN)));
  return valueOf(await recover(disk, regionKeys(filled.profile.key), geometry));
}

const containerOn = async (bytes: Uint8Array): Promise<Container> =>
  valueOf(await openContainer(createMemoryBlockFile(bytes), { random }));

/** Opens, reads everything; says what was noticed. Fails on any wrong value or any record silently missing. */
async function examine(bytes: Uint8Array): Promise<"damaged" | "wrong-key" | "some unreadable" | "whole"> {
  const { profile, model } = filled;
  const opened = await (await containerOn(bytes)).open(profile.region, profile.key);
  if (!opened.ok) {
    assert.ok(opened.error.kind === "damaged" || opened.error.kind === "wrong-key", opened.error.kind);
    return opened.error.kind;
  }
  assert.deepEqual(opened.value.list(""), [...model.keys()].toSorted());
  let unreadable = 0;
  for (const [key, value] of model)
    try {
      assert.deepEqual(await opened.value.get(key), value);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      assert.equal(error.kind, "damaged");
      unreadable += 1;
    }
  return unreadable > 0 ? "some unreadable" : "whole";
}

test("[CT11] whichever bit of a closed region flips: no crash, no wrong value, nothing silently missing", async () => {
  const dice = createDice(1);
  const seen = new Map<string, number>();
  for (let flip = 0; flip < 250; flip++) {
    const bytes = filled.bytes.slice();
    const at = flip < 60 ? dice.below(2 * SUPERBLOCK_BYTES) : dice.below(REGION_BYTES_MIN);
    bytes[regionStart + at]! ^= 1 << dice.below(8);
    const answer = await examine(bytes);
    seen.set(answer, (seen.get(answer) ?? 0) + 1);
  }
  assert.ok(seen.get("whole")! > 0, "noise and what is written twice may change");
  assert.ok(seen.get("some unreadable")! > 0, "a damaged value harms no other");
  assert.equal(seen.get("wrong-key"), undefined, "one bit never hides the region");
});

test("[CT11] a step damaged before the last one is a hole in the log, and refused", async () => {
  const found = await recoverFilled(filled.bytes);
  assert.ok(found.open);
  const bytes = filled.bytes.slice();
  bytes[regionStart + segmentStart(geometry, found.open.index) + 20]! ^= 1;
  assert.equal(await examine(bytes), "damaged");
});

test("[CT11] a last step damaged after a close is noticed too", async () => {
  const { open } = await recoverFilled(filled.bytes);
  assert.ok(open);
  const last = open.copies.at(-1);
  assert.ok(last);
  const bytes = filled.bytes.slice();
  bytes.fill(
    0,
    regionStart + segmentStart(geometry, open.index),
    regionStart + segmentStart(geometry, open.index + 1),
  );
  assert.equal(await examine(bytes), "damaged");
  const tail = filled.bytes.slice();
  tail[regionStart + segmentStart(geometry, open.index) + last.at + 40]! ^= 1;
  assert.equal(await examine(tail), "some unreadable");
});

test("[CT11] without a close too, a damaged step with another commit behind it is refused", async () => {
  const bytes = filled.bytes.slice();
  const { records } = await openImage(filled, createMemoryBlockFile(bytes));
  for (const key of ["x", "y", "z"]) valueOf(await records.commit([{ key, value: new Uint8Array(50) }]));
  const { open } = await recoverFilled(bytes);
  const middle = open?.copies.at(-2);
  assert.ok(open && middle);
  bytes[regionStart + segmentStart(geometry, open.index) + middle.at - 10]! ^= 1;
  assert.equal(await examine(bytes), "damaged");
});

test("[CT11] a part of the region put back to how it was earlier is noticed", async () => {
  const { segmentBytes, segmentCount } = geometry;
  let changed = 0;
  for (let index = 0; index < segmentCount; index++) {
    const bytes = filled.bytes.slice();
    const at = regionStart + 2 * SUPERBLOCK_BYTES + index * segmentBytes;
    const old = filled.earlier.subarray(at, at + segmentBytes);
    if (Buffer.compare(old, bytes.subarray(at, at + segmentBytes)) === 0) continue;
    bytes.set(old, at);
    changed += 1;
    await examine(bytes);
  }
  assert.ok(changed > 3);
  const bytes = filled.bytes.slice();
  bytes.set(filled.earlier.subarray(regionStart, regionStart + 2 * SUPERBLOCK_BYTES), regionStart);
  assert.equal(await examine(bytes), "damaged");
});

test("[CT11] a lost summary costs nothing: the segment is read step by step", async () => {
  const found = await recoverFilled(filled.bytes);
  const closed = found.segments.find(({ summarySlot }) => summarySlot > 0);
  assert.ok(closed);
  const bytes = filled.bytes.slice();
  bytes[regionStart + segmentStart(geometry, closed.index) + closed.end + 60]! ^= 1;
  assert.equal(await examine(bytes), "whole");
  // Opening has written the summary again.
  const mended = await recoverFilled(bytes);
  assert.equal(mended.unsummarised.length, 0);
});

test("[CT10] a region of a later version is refused as newer, and left as it is", async () => {
  const keys = regionKeys(filled.profile.key);
  const bytes = filled.bytes.slice();
  const none = new Uint8Array(0);
  for (const copy of [0, 1]) {
    const at = regionStart + copy * SUPERBLOCK_BYTES;
    const plain = unseal(keys.superblock, none, bytes.subarray(at, at + SUPERBLOCK_BYTES));
    assert.ok(plain);
    plain[0] = FORMAT_VERSION + 1;
    bytes.set(seal(keys.superblock, none, plain, random), at);
  }
  const before = bytes.slice();
  const { region, key } = filled.profile;
  const opened = await (await containerOn(bytes)).open(region, key);
  assert.deepEqual(opened, { ok: false, error: { kind: "newer" } });
  assert.deepEqual(bytes, before);
});
