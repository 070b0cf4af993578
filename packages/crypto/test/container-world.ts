/** What the container's tests share: a seeded dice, randomness that repeats, a small container ready to open. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createMemoryBlockFile, type Dice } from "@sotto/client-adapters/memory";
import {
  containerBytes,
  createContainer,
  enrolPassphrase,
  openContainer,
  REGION_BYTES_MIN,
  type BlockFile,
  type Container,
  type ProfileKey,
  type Records,
  type Stretch,
} from "@sotto/crypto";
import type { RandomBytes, Result } from "@sotto/protocol";

/** mulberry32. Same seed, same run. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  return {
    below(n) {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
    },
  };
}

/** Bytes that look random and repeat with the seed. */
export function createSeededRandom(seed: number): RandomBytes {
  let count = 0;
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = createHash("sha256").update(`${seed} ${count++}`).digest();
      bytes.set(block.subarray(0, Math.min(32, length - at)), at);
    }
    return bytes;
  };
}

export function valueOf<T, E>(result: Result<T, E>): T {
  assert.ok(result.ok, `expected a value, got ${JSON.stringify(result.ok || result.error)}`);
  return result.value;
}

/** Stands in for Argon2id where the passphrase is not what is tested. */
export const quickStretch: Stretch = async (passphrase, salt) =>
  new Uint8Array(createHash("sha256").update(passphrase).update(salt).digest());

export type Image = { readonly bytes: Uint8Array; readonly profile: ProfileKey };

export async function createImage(seed: number, regionBytes = REGION_BYTES_MIN): Promise<Image> {
  const bytes = new Uint8Array(containerBytes(regionBytes));
  const random = createSeededRandom(seed);
  const container = valueOf(await createContainer(createMemoryBlockFile(bytes), { random }));
  const profile = valueOf(await enrolPassphrase(container, "open sesame", { random, stretch: quickStretch }));
  return { bytes, profile };
}

export type Opened = { readonly container: Container; readonly records: Records };

export async function openImage({ profile }: Image, file: BlockFile, seed = 1): Promise<Opened> {
  const container = valueOf(await openContainer(file, { random: createSeededRandom(seed) }));
  const records = valueOf(await container.open(profile.region, profile.key));
  return { container, records };
}

export type Model = ReadonlyMap<string, Uint8Array>;

/** Everything a region holds, read back. */
export async function contentOf(records: Records): Promise<Model> {
  const keys = records.list("");
  const values = await records.getMany(keys);
  return new Map(keys.map((key, at) => [key, values[at]!]));
}

export function isSame(a: Model, b: Model): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || Buffer.compare(value, other) !== 0) return false;
  }
  return true;
}
