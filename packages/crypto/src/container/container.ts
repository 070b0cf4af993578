/**
 * The container's file: a header that looks random, and two regions of equal size. Which region is whose, and
 * whether a second one is in use, is not to be seen. Spec: spec/container.md, Layout (CT1, CT2) and Header (CT18).
 */
import {
  concat,
  decode,
  encode,
  err,
  fixed,
  ok,
  Secret,
  struct,
  u8,
  type RandomBytes,
  type Result,
} from "@sotto/protocol";
import type { BlockFault, BlockFile } from "./block-file.ts";
import { attempt, createDisk, type Disk } from "./disk.ts";
import { FORMAT_VERSION, FREE, superblockToBytes } from "./formats.ts";
import { regionKeys, wipeRegionKeys } from "./frames.ts";
import {
  geometryOf,
  HEADER_BYTES,
  isRegionBytes,
  REGIONS,
  SECTOR_BYTES,
  SUPERBLOCK_BYTES,
  type Geometry,
} from "./geometry.ts";
import { openRecords, type Records } from "./records.ts";
import type { RegionFault } from "./recover.ts";
import { KEY_BYTES, noise, seal, SEALED_BYTES_EXTRA, unseal } from "./seal.ts";

export type Region = 0 | 1;
/** What a KeySource gives: which region is this person's, and what opens it. */
export type ProfileKey = { readonly region: Region; readonly key: Secret };

/** "wrong": nothing opened; that there is nothing to open looks the same. */
export type UnlockFailure = { readonly kind: "wrong" | "newer" } | BlockFault;
/** Where a profile's key comes from: a passphrase today, a PIN and guardians later. */
export interface KeySource {
  unlock(): Promise<Result<ProfileKey, UnlockFailure>>;
}

/** "unfinished": its creation was cut short, so it never held anything. "foreign": no container has this size. */
export type ContainerFault = { readonly kind: "unfinished" | "foreign" } | BlockFault;

const SALT_BYTES = 32;

export interface Container {
  readonly geometry: Geometry;
  /** Of the key derivation; one for both profiles, so that one derivation serves for looking at both. */
  readonly salt: Uint8Array;
  /** Makes an unused region an empty one that this key opens. */
  format(profile: ProfileKey): Promise<Result<void, BlockFault>>;
  open(region: Region, key: Secret): Promise<Result<Records, RegionFault | BlockFault>>;
  /** Keeps a profile's key, sealed under `wrapping`, in place of whatever kept that region's key before. */
  wrap(profile: ProfileKey, wrapping: Secret): Promise<Result<void, BlockFault>>;
  unwrap(wrapping: Secret): Promise<Result<ProfileKey, UnlockFailure>>;
  /** The last step of creation: until then the file counts as unfinished. */
  finish(): Promise<Result<void, BlockFault>>;
  /** After closing the records of its regions. */
  close(): Promise<void>;
}

export type CreateOptions = {
  readonly random: RandomBytes;
  /** Told the part that is done, 0 to 1. */
  readonly progress?: (part: number) => void;
};

const FILL_BYTES = 2 ** 20;

/** Fills a file with noise. It becomes a container by `finish`, after at least one `format` and `wrap`. */
export async function createContainer(
  file: BlockFile,
  { random, progress }: CreateOptions,
): Promise<Result<Container, ContainerFault>> {
  const geometry = geometryOfFile(file);
  if (!geometry) return err({ kind: "foreign" });
  const disk = createDisk(file);
  const filled = await attempt(async () => {
    await disk.write(0, new Uint8Array(SECTOR_BYTES));
    for (let at = SECTOR_BYTES; at < file.bytes; at += FILL_BYTES) {
      progress?.(at / file.bytes);
      await disk.write(at, noise(random, Math.min(FILL_BYTES, file.bytes - at)));
    }
    await disk.flush();
    progress?.(1);
  });
  return filled.ok ? ok(containerOf(file, disk, geometry, random(SALT_BYTES), random)) : filled;
}

export async function openContainer(
  file: BlockFile,
  { random }: { readonly random: RandomBytes },
): Promise<Result<Container, ContainerFault>> {
  const geometry = geometryOfFile(file);
  if (!geometry) return err({ kind: "foreign" });
  const disk = createDisk(file);
  const salt = await attempt(() => disk.read(0, SALT_BYTES));
  if (!salt.ok) return salt;
  if (salt.value.every((byte) => byte === 0)) return err({ kind: "unfinished" });
  return ok(containerOf(file, disk, geometry, salt.value.slice(), random));
}

function geometryOfFile({ bytes }: BlockFile): Geometry | undefined {
  const regionBytes = (bytes - HEADER_BYTES) / REGIONS;
  return isRegionBytes(regionBytes) ? geometryOf(regionBytes) : undefined;
}

/** Sector 0 begins with the salt; 1 to 4 each with a box: two copies for each region. Everything else is noise. */
const boxBody = struct({ region: u8, key: fixed(KEY_BYTES) });
const BOX_PLAIN_BYTES = 208;
const BOX_BYTES = BOX_PLAIN_BYTES + SEALED_BYTES_EXTRA;
const BOXES = [
  { region: 0, copy: 0 },
  { region: 0, copy: 1 },
  { region: 1, copy: 0 },
  { region: 1, copy: 1 },
] as const;
const boxAt = (region: Region, copy: 0 | 1): number => (1 + 2 * region + copy) * SECTOR_BYTES;

type Box = { readonly region: Region; readonly copy: 0 | 1; readonly key: Uint8Array };

function containerOf(
  file: BlockFile,
  disk: Disk,
  geometry: Geometry,
  salt: Uint8Array,
  random: RandomBytes,
): Container {
  const regionDisk = (region: Region): Disk =>
    createDisk(file, HEADER_BYTES + region * geometry.regionBytes, geometry.regionBytes);

  async function readBoxes(wrapping: Secret): Promise<Result<readonly Box[], { readonly kind: "newer" }>> {
    const boxes: Box[] = [];
    for (const { region, copy } of BOXES) {
      const plain = unseal(wrapping, salt, await disk.read(boxAt(region, copy), BOX_BYTES));
      if (!plain) continue;
      if (plain[0]! > FORMAT_VERSION) return err({ kind: "newer" });
      const body = decode(boxBody, plain.subarray(1, 1 + BOX_BODY_BYTES));
      if (body.ok && body.value.region === region) boxes.push({ ...body.value, region, copy });
    }
    return ok(boxes);
  }
  async function writeBox({ region, copy, key }: Box, wrapping: Secret): Promise<void> {
    const body = encode(boxBody, { region, key });
    const plain = concat(Uint8Array.of(FORMAT_VERSION), body, random(BOX_PLAIN_BYTES - 1 - body.length));
    await disk.write(boxAt(region, copy), seal(wrapping, salt, plain, random));
    plain.fill(0);
    await disk.flush();
  }

  return {
    geometry,
    salt,
    format: ({ region, key }) =>
      attempt(async () => {
        const target = regionDisk(region);
        const keys = regionKeys(key);
        const segments = Array.from({ length: geometry.segmentCount }, () => ({
          generation: FREE,
          summarySlot: 0,
        }));
        const root = { serial: 1, durable: 0, closed: true, ceiling: 2, base: 0, step: 0, segments };
        for (const copy of [0, 1])
          await target.write(
            copy * SUPERBLOCK_BYTES,
            seal(keys.superblock, new Uint8Array(0), superblockToBytes(root), random),
          );
        wipeRegionKeys(keys);
        await target.flush();
      }),
    open: (region, key) => openRecords(regionDisk(region), key, geometry, random),
    wrap: ({ region, key }, wrapping) =>
      attempt(async () => {
        // One copy after the other: at every moment one of them opens, with the old passphrase or the new.
        const bytes = key.expose((raw) => raw.slice());
        for (const copy of [1, 0] as const) await writeBox({ region, copy, key: bytes }, wrapping);
        bytes.fill(0);
      }),
    async unwrap(wrapping) {
      const found = await attempt(() => readBoxes(wrapping));
      if (!found.ok) return found;
      if (!found.value.ok) return found.value;
      const [box] = found.value.value;
      if (!box) return err({ kind: "wrong" });
      // A change of passphrase that was cut short, or a sector gone bad, leaves one copy: make two of it again.
      if (!found.value.value.some(({ region, copy }) => region === box.region && copy !== box.copy)) {
        const copy = box.copy === 0 ? 1 : 0;
        const mended = await attempt(() => writeBox({ ...box, copy }, wrapping));
        if (!mended.ok) return mended;
      }
      const key = new Secret(box.key.slice());
      for (const { key: read } of found.value.value) read.fill(0);
      return ok({ region: box.region, key });
    },
    finish: () =>
      attempt(async () => {
        await disk.write(SALT_BYTES, noise(random, SECTOR_BYTES - SALT_BYTES));
        await disk.flush();
        await disk.write(0, salt);
        await disk.flush();
      }),
    close: async () => file.close(),
  };
}

const BOX_BODY_BYTES = 1 + KEY_BYTES;
