import assert from "node:assert/strict";
import { test } from "node:test";
import { createFaultyBlockFile, createMemoryBlockFile } from "@sotto/client-adapters/memory";
import { openContainer, REGION_BYTES_MIN } from "@sotto/crypto";
import { geometryOf, HEADER_BYTES, SUPERBLOCK_BYTES } from "../src/container/geometry.ts";
import {
  contentOf,
  createDice,
  createImage,
  createSeededRandom,
  isSame,
  openImage,
  valueOf,
} from "./container-world.ts";

const { segmentBytes, segmentCount } = geometryOf(REGION_BYTES_MIN);

test("[CT27 CT1] closing changes none to four free segments, of the own region, and nothing that is kept", async () => {
  const image = await createImage(77);
  const first = await openImage(image, createMemoryBlockFile(image.bytes));
  valueOf(await first.records.commit([{ key: "kept", value: new Uint8Array(500).fill(3) }]));
  const model = await contentOf(first.records);
  await first.records.close();
  const counts = new Set<number>();
  for (let session = 0; session < 40; session++) {
    const before = image.bytes.slice();
    const { records } = await openImage(image, createMemoryBlockFile(image.bytes), session);
    assert.ok(isSame(model, await contentOf(records)));
    await records.close();
    const start = HEADER_BYTES + image.profile.region * REGION_BYTES_MIN;
    const changed = new Set<number>();
    for (const [at, byte] of image.bytes.entries()) {
      if (byte === before[at]) continue;
      assert.ok(at >= start && at < start + REGION_BYTES_MIN, "nothing outside the region");
      changed.add(Math.floor((at - start - 2 * SUPERBLOCK_BYTES) / segmentBytes));
    }
    counts.add([...changed].filter((one) => one >= 0 && one < segmentCount).length);
  }
  assert.ok(counts.has(0) && counts.size >= 4 && Math.max(...counts) <= 4, [...counts].join());
});

test("[CT27 CT7 CT8] a close that is cut off anywhere leaves what was committed", async () => {
  const image = await createImage(5);
  for (let seed = 0; seed < 150; seed++) {
    const file = createFaultyBlockFile(image.bytes.slice(), createDice(seed));
    const { records } = await openImage(image, file, seed);
    valueOf(await records.commit([{ key: "kept", value: new Uint8Array(3_000).fill(seed) }]));
    const committed = await contentOf(records);
    file.failAt(file.operations() + (seed % 24), "failing");
    await records.close();
    const random = createSeededRandom(seed + 1_000);
    const again = valueOf(await openContainer(createMemoryBlockFile(file.crash()), { random }));
    const reopened = valueOf(await again.open(image.profile.region, image.profile.key));
    assert.ok(isSame(await contentOf(reopened), committed), `seed ${seed}`);
  }
});
