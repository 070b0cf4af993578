import assert from "node:assert/strict";
import { test } from "node:test";
import { createFaultyBlockFile, createMemoryBlockFile } from "@sotto/client-adapters/memory";
import { openContainer, REGION_BYTES_MIN, type Records } from "@sotto/crypto";
import { createDisk } from "../src/container/disk.ts";
import { pieceContext, regionKeys, scanSegment, type RegionKeys } from "../src/container/frames.ts";
import { geometryOf, HEADER_BYTES, SUPERBLOCK_BYTES, type Geometry } from "../src/container/geometry.ts";
import { recover, segmentStart } from "../src/container/recover.ts";
import { SEALED_BYTES_EXTRA, SHARE_BYTES, unseal } from "../src/container/seal.ts";
import {
  createDice,
  createImage,
  createSeededRandom,
  openImage,
  valueOf,
  type Image,
} from "./container-world.ts";

/** Somebody who has the region's key and the file, and reads all there is: what opens, and every name. */
async function forensics({ bytes, profile }: Image) {
  const geometry = geometryOf(REGION_BYTES_MIN);
  const start = HEADER_BYTES + profile.region * REGION_BYTES_MIN;
  const keys = regionKeys(profile.key);
  const region = bytes.slice(start, start + REGION_BYTES_MIN);
  const found = valueOf(await recover(createDisk(createMemoryBlockFile(region)), keys, geometry));
  const pieces = found.segments.flatMap((segment) =>
    segment.copies.map((copy) => {
      const at = segmentStart(geometry, segment.index) + copy.at;
      const sealed = region.slice(at, at + SEALED_BYTES_EXTRA + copy.bytes);
      return { ...copy, sealed, plain: unseal(keys.pieces, pieceContext(copy.id, copy.from), sealed) };
    }),
  );
  return { region, keys, geometry, pieces, ...everyFrame(found.segments, region, keys, geometry) };
}

type Home = { readonly index: number; readonly generation: number };

/** Also frames that no superblock names any more: every place, with every generation it ever had. */
function everyFrame(homes: readonly Home[], region: Uint8Array, keys: RegionKeys, geometry: Geometry) {
  const names = new Set<string>();
  for (const home of homes) {
    const start = segmentStart(geometry, home.index);
    const { steps } = scanSegment(keys, home, region.subarray(start, start + geometry.segmentBytes));
    for (const { step } of steps) for (const { key } of step.pieces) names.add(key);
  }
  return { homes, names };
}

async function scrubAll(records: Records): Promise<void> {
  for (let rounds = 0; rounds < 100; rounds++) if (valueOf(await records.scrub()).remaining === 0) return;
  assert.fail("scrubbing ends");
}

const secret = new TextEncoder().encode("burn after reading ".repeat(300));
const isSecret = (plain: Uint8Array | undefined): boolean =>
  plain !== undefined && Buffer.from(plain).includes("burn after reading");

async function worldWithSecret() {
  const image = await createImage(21);
  const { records } = await openImage(image, createMemoryBlockFile(image.bytes));
  valueOf(await records.commit([{ key: "kept", value: new Uint8Array(500) }]));
  valueOf(
    await records.commit([
      { key: "secret/name", value: secret },
      { key: "state", value: secret },
    ]),
  );
  valueOf(await records.commit([{ key: "kept too", value: new Uint8Array(20_000) }]));
  return { image, records, before: await forensics({ ...image, bytes: image.bytes.slice() }) };
}

test("[CT12] the search finds what is there before it is deleted, by key only", async () => {
  const { image, before } = await worldWithSecret();
  assert.ok(before.pieces.some(({ plain }) => isSecret(plain)));
  assert.ok(before.names.has("secret/name"));
  assert.ok(!Buffer.from(image.bytes).includes("burn after"));
  assert.ok(!Buffer.from(image.bytes).includes("secret/name"));
});

for (const [how, settle] of [
  ["one more commit", (records: Records) => records.commit([{ key: "other", value: new Uint8Array(1) }])],
  ["a scrub", (records: Records) => records.scrub()],
  ["a close", (records: Records) => records.close()],
] as const)
  test(`[CT12] deleted and superseded values are destroyed, for good after ${how}`, async () => {
    const { image, records, before } = await worldWithSecret();
    valueOf(
      await records.commit([
        { key: "secret/name", value: null },
        { key: "state", value: new Uint8Array(10) },
      ]),
    );
    await settle(records);
    const after = await forensics(image);
    assert.ok(!after.pieces.some(({ plain }) => isSecret(plain)));
    const dead = before.pieces.filter(({ plain }) => isSecret(plain));
    assert.ok(dead.length >= 6);
    for (const { sealed } of dead)
      assert.equal(
        Buffer.from(image.bytes).indexOf(sealed.subarray(0, SHARE_BYTES)),
        -1,
        "the share is gone",
      );
  });

test("[CT13 CT14] after scrubbing to the end no name of a deleted record is left in any frame", async () => {
  const { image, records, before } = await worldWithSecret();
  for (let n = 0; n < 60; n++)
    valueOf(await records.commit([{ key: `passing/${n}`, value: new Uint8Array(2_000) }]));
  const between = await forensics({ ...image, bytes: image.bytes.slice() });
  const deleted = records.list("passing/").map((key) => ({ key, value: null }));
  valueOf(await records.commit([...deleted, { key: "secret/name", value: null }]));
  await scrubAll(records);
  const after = await forensics(image);
  const homes = [...before.homes, ...between.homes, ...after.homes];
  const { names } = everyFrame(homes, after.region, after.keys, after.geometry);
  assert.deepEqual([...names].toSorted(), ["kept", "kept too", "state"]);
  assert.deepEqual(records.list(""), ["kept", "kept too", "state"]);
  assert.deepEqual(await records.get("state"), secret);
});

test("[CT12] an erasure cut off by a crash is done when the region opens again", async () => {
  const { image, records } = await worldWithSecret();
  const inner = createMemoryBlockFile(image.bytes);
  const deaf = { ...inner, write: inner.write.bind(inner) };
  const { records: again } = await openImage(image, deaf, 2);
  void records;
  // Power fails right after the flush that makes the deletion durable: nothing later reaches the disk.
  deaf.flush = () => {
    const flushed = inner.flush();
    deaf.write = () => flushed;
    return flushed;
  };
  valueOf(await again.commit([{ key: "secret/name", value: null }]));
  const atCrash = await forensics({ ...image, bytes: image.bytes.slice() });
  assert.ok(atCrash.pieces.filter(({ plain, key }) => isSecret(plain) && key === "secret/name").length > 0);
  await openImage(image, createMemoryBlockFile(image.bytes), 3);
  const after = await forensics(image);
  assert.equal(after.pieces.filter(({ plain, key }) => isSecret(plain) && key === "secret/name").length, 0);
});

test("[CT7 CT12] what a commit killed is erased only once that commit is sure to be durable", async () => {
  const { image, records } = await worldWithSecret();
  await records.close();
  for (let seed = 0; seed < 60; seed++) {
    const file = createFaultyBlockFile(image.bytes.slice(), createDice(seed));
    // The process ends in the flush of its commit, which is then in the system's cache only.
    const ending = { ...file };
    const { records: first } = await openImage(image, ending, seed);
    valueOf(await first.commit([{ key: "other", value: new Uint8Array(10) }]));
    ending.flush = () => {
      ending.write = () => ({ ok: true, value: undefined });
      return { ok: true, value: undefined };
    };
    valueOf(await first.commit([{ key: "secret/name", value: new Uint8Array(3) }]));
    // It is opened again, and in the middle of that the power fails.
    file.failAt(file.operations() + (seed % 12), "failing");
    const container = valueOf(await openContainer(file, { random: createSeededRandom(seed) }));
    await container.open(image.profile.region, image.profile.key);
    const { records: last } = await openImage(image, createMemoryBlockFile(file.crash()), seed + 1);
    const value = await last.get("secret/name");
    assert.ok(value?.length === 3 || isSecret(value), `seed ${seed}`);
  }
});

for (const [which, reaches] of [
  ["its first step", (write: number) => write === 0],
  ["its first two steps", (write: number) => write < 2],
  ["everything but its first step", (write: number) => write > 0],
] as const)
  test(`[CT8] when ${which} reached the disk, opening overwrites what is left of it`, async () => {
    const { image, records } = await worldWithSecret();
    await records.close();
    const inner = createMemoryBlockFile(image.bytes);
    const { records: again } = await openImage(image, inner, 2);
    valueOf(await again.commit([{ key: "small", value: new Uint8Array(10) }]));
    const steps: Uint8Array[] = [];
    let writes = -1;
    const write = inner.write.bind(inner);
    inner.write = (at, bytes) => {
      // The superblock that lists the segments it may begin is flushed before its first step is written.
      if (writes < 0 && bytes.length === SUPERBLOCK_BYTES) return write(at, bytes);
      writes += 1;
      if (!reaches(writes)) return { ok: true, value: undefined };
      if (bytes.length > 8_000) steps.push(bytes.slice(-2_000));
      return write(at, bytes);
    };
    const torn = Array.from({ length: 10 }, (_, n) => ({ key: `torn/${n}`, value: new Uint8Array(4_000) }));
    valueOf(await again.commit(torn));
    assert.ok(steps.length > 0 && steps.every((step) => Buffer.from(image.bytes).includes(step)));
    const { records: third } = await openImage(image, createMemoryBlockFile(image.bytes), 3);
    assert.deepEqual(third.list("torn/"), []);
    assert.ok(!steps.some((step) => Buffer.from(image.bytes).includes(step)));
  });
