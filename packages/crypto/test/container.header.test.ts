import assert from "node:assert/strict";
import { test } from "node:test";
import { createFaultyBlockFile, createMemoryBlockFile } from "@sotto/client-adapters/memory";
import {
  BOXES,
  containerBytes,
  createContainer,
  openContainer,
  REGION_BYTES_MIN,
  type Container,
  type ProfileKey,
} from "@sotto/crypto";
import { Secret } from "@sotto/protocol";
import { createDice, createSeededRandom, valueOf } from "./container-world.ts";

const random = createSeededRandom(5);
const wrapping = (name: number): Secret => new Secret(new Uint8Array(32).fill(name));
const profile = (region: 0 | 1): ProfileKey => ({
  region,
  key: new Secret(new Uint8Array(32).fill(region + 1)),
});

async function created(): Promise<{ readonly bytes: Uint8Array; readonly container: Container }> {
  const bytes = new Uint8Array(containerBytes(REGION_BYTES_MIN));
  const container = valueOf(await createContainer(createMemoryBlockFile(bytes), { random }));
  valueOf(await container.finish());
  return { bytes, container };
}

test("[CT28] an image cut off at any write is the one before or the one after", async () => {
  const outcomes = new Set<number>();
  for (let round = 0; round < 60; round++) {
    const { bytes, container } = await created();
    valueOf(await container.writeImage(Uint8Array.of(1, 1)));
    const dice = createDice(round);
    const file = createFaultyBlockFile(bytes, dice);
    const opened = valueOf(await openContainer(file, { random }));
    file.failAt(dice.below(5), "failing");
    await opened.writeImage(Uint8Array.of(2, 2, 2));
    const left = valueOf(await openContainer(createMemoryBlockFile(file.crash()), { random }));
    const image = valueOf(await left.readImage());
    assert.ok(image && [2, 3].includes(image.length));
    outcomes.add(image.length);
  }
  assert.equal(outcomes.size, 2);
});

test("[CT28] a container without an image has none", async () => {
  const { container } = await created();
  assert.equal(valueOf(await container.readImage()), undefined);
});

test("[CT29] whichever boxes two profiles have, each key opens its own, with one sector gone as well", async () => {
  for (const first of BOXES)
    for (const second of BOXES.filter((box) => box !== first)) {
      const { bytes, container } = await created();
      valueOf(await container.box(first, profile(0), wrapping(1)));
      valueOf(await container.box(second, profile(1), wrapping(2)));
      for (const sector of [undefined, 1, 2, 3, 4]) {
        const damaged = bytes.slice();
        if (sector !== undefined) damaged.fill(0, sector * 4096, (sector + 1) * 4096);
        const opened = valueOf(await openContainer(createMemoryBlockFile(damaged), { random }));
        const { region, box } = valueOf(await opened.unbox(wrapping(1)));
        assert.deepEqual([region, box], [0, first]);
        assert.equal(valueOf(await opened.unbox(wrapping(2))).box, second);
        assert.deepEqual(await opened.unbox(wrapping(3)), { ok: false, error: { kind: "wrong" } });
      }
    }
});

test("[CT29] a box written anew and cut off at any write opens with the old key or the new, and no other suffers", async () => {
  for (let round = 0; round < 60; round++) {
    const { bytes, container } = await created();
    valueOf(await container.box(1, profile(0), wrapping(1)));
    valueOf(await container.box(2, profile(1), wrapping(2)));
    const dice = createDice(round);
    const file = createFaultyBlockFile(bytes, dice);
    const opened = valueOf(await openContainer(file, { random }));
    file.failAt(dice.below(5), "failing");
    await opened.box(1, profile(0), wrapping(3));
    const left = valueOf(await openContainer(createMemoryBlockFile(file.crash()), { random }));
    assert.ok((await left.unbox(wrapping(1))).ok || (await left.unbox(wrapping(3))).ok);
    valueOf(await left.unbox(wrapping(2)));
  }
});

test("[CT30] what was destroyed is unfinished, and no byte of it is as it was", async () => {
  const { bytes, container } = await created();
  valueOf(await container.box(0, profile(0), wrapping(1)));
  valueOf(await container.writeImage(new Uint8Array(100).fill(7)));
  const before = bytes.slice();
  valueOf(await container.destroy());
  assert.deepEqual(await openContainer(createMemoryBlockFile(bytes), { random }), {
    ok: false,
    error: { kind: "unfinished" },
  });
  for (let at = 4096; at < bytes.length; at += 512)
    assert.notDeepEqual(bytes.subarray(at, at + 512), before.subarray(at, at + 512));
});
