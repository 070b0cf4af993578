import assert from "node:assert/strict";
import { test } from "node:test";
import { createFaultyBlockFile, type Dice } from "@sotto/client-adapters/memory";
import { openContainer, type Write } from "@sotto/crypto";
import {
  contentOf,
  createDice,
  createImage,
  createSeededRandom,
  isSame,
  valueOf,
  type Image,
  type Model,
} from "./container-world.ts";

/** Seeds that once failed. Never remove one; name what it found. */
const regressions: readonly number[] = [];
const first = Number(process.env["SOTTO_SEED"] ?? 1);
const seeds = [...regressions, ...Array.from({ length: 300 }, (_, n) => first + n)];
const LIVES = 6;

const image = await createImage(1);

function someWrites(dice: Dice): Write[] {
  const writes: Write[] = [];
  for (let count = 1 + dice.below(4); count > 0; count--) {
    const key = dice.below(3) === 0 ? `state/${dice.below(2)}` : `message/${dice.below(20)}`;
    const length = key.startsWith("state") ? dice.below(9_000) : dice.below(700);
    writes.push({ key, value: dice.below(4) === 0 ? null : new Uint8Array(length).fill(dice.below(256)) });
  }
  return writes;
}

function after(model: Model, writes: readonly Write[]): Model {
  const next = new Map(model);
  for (const { key, value } of writes)
    if (value) next.set(key, value);
    else next.delete(key);
  return next;
}

/**
 * A container that loses power at some write or flush, again and again, also while it opens. What it then holds
 * must be the last state committed, or that and the whole of the commit under way.
 */
async function live(seed: number, { bytes, profile }: Image): Promise<number> {
  const dice = createDice(seed);
  let disk: Uint8Array = bytes.slice();
  let committed: Model = new Map();
  let underWay: Model | undefined;
  let crashesSeen = 0;

  for (let life = 0; life < LIVES; life++) {
    const file = createFaultyBlockFile(disk, dice);
    const isLast = life === LIVES - 1;
    if (!isLast) file.failAt(dice.below(3) === 0 ? dice.below(12) : dice.below(400), "failing");
    const random = createSeededRandom(seed * LIVES + life);
    const container = valueOf(await openContainer(file, { random }));
    const opened = await container.open(profile.region, profile.key);
    if (!opened.ok) {
      assert.equal(opened.error.kind, "failing", `life ${life}`);
      crashesSeen += 1;
      disk = file.crash();
      continue;
    }
    const records = opened.value;
    const found = await contentOf(records);
    const isCommitted = isSame(found, committed);
    assert.ok(
      isCommitted || (underWay && isSame(found, underWay)),
      `life ${life}: a half commit or a lost one`,
    );
    committed = found;
    underWay = undefined;

    for (let count = dice.below(80); count > 0; count--) {
      const writes = dice.below(12) === 0 ? [] : someWrites(dice);
      const done = writes.length === 0 ? await records.scrub() : await records.commit(writes);
      if (done.ok) {
        committed = after(committed, writes);
        continue;
      }
      assert.equal(done.error.kind, "failing");
      underWay = after(committed, writes);
      assert.ok(isSame(await contentOf(records), committed), "reading goes on after a fault");
      break;
    }
    assert.ok(isSame(await contentOf(records), committed));
    if (dice.below(4) === 0) await records.close();
    crashesSeen += underWay ? 1 : 0;
    disk = file.crash();
  }
  return crashesSeen;
}

test("[CT7 CT8] the last committed state opens after a crash at any write, flush or byte, 300 seeds", async () => {
  let crashes = 0;
  for (const seed of seeds)
    try {
      crashes += await live(seed, image);
    } catch (error) {
      throw new Error(`seed ${seed}: run again with SOTTO_SEED=${seed}`, { cause: error });
    }
  assert.ok(crashes > seeds.length, "the disk did fail");
});
