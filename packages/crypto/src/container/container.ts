/**
 * The container's file: a header that looks random, and two regions of equal size. Which region is whose, and
 * whether a second one is in use, is not to be seen. Spec: spec/container.md, Layout (CT1, CT2) and Header (CT18).
 */
import { err, ok, type RandomBytes, type Result, type Secret } from "@sotto/protocol";
import type { BlockFault, BlockFile } from "./block-file.ts";
import { attempt, createDisk, type Disk } from "./disk.ts";
import { FREE, superblockToBytes } from "./formats.ts";
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
import { createHeader, type Box } from "./header.ts";
import { openRecords, type Records } from "./records.ts";
import type { RegionFault } from "./recover.ts";
import { noise, seal } from "./seal.ts";

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
  /** The same for a container that PINs open: a profile's key in one of four boxes, and the one that `wrapping` opens. */
  box(box: Box, profile: ProfileKey, wrapping: Secret): Promise<Result<void, BlockFault>>;
  unbox(wrapping: Secret): Promise<Result<ProfileKey & { readonly box: Box }, UnlockFailure>>;
  /** Other noise in a box that nobody uses: between two looks at a device it changes as a used one does. */
  refillBox(box: Box): Promise<Result<void, BlockFault>>;
  /** What is kept for everybody to see, at most IMAGE_BYTES_MAX; undefined where a passphrase opens. */
  readImage(): Promise<Result<Uint8Array | undefined, BlockFault>>;
  /** All or nothing, and durable once it resolves. */
  writeImage(image: Uint8Array): Promise<Result<void, BlockFault>>;
  /** Everything is noise afterwards, what opens first; then the file is as if it had never been finished. */
  destroy(): Promise<Result<void, BlockFault>>;
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
  options: CreateOptions,
): Promise<Result<Container, ContainerFault>> {
  const { random } = options;
  const geometry = geometryOfFile(file);
  if (!geometry) return err({ kind: "foreign" });
  const disk = createDisk(file);
  const filled = await attempt(async () => {
    await disk.write(0, new Uint8Array(SECTOR_BYTES));
    await fill(disk, SECTOR_BYTES, file.bytes, options);
  });
  return filled.ok ? ok(containerOf(file, disk, geometry, random(SALT_BYTES), random)) : filled;
}

/** With noise, from one place to another. */
async function fill(
  disk: Disk,
  from: number,
  to: number,
  { random, progress }: CreateOptions,
): Promise<void> {
  for (let at = from; at < to; at += FILL_BYTES) {
    progress?.(at / to);
    await disk.write(at, noise(random, Math.min(FILL_BYTES, to - at)));
  }
  await disk.flush();
  progress?.(1);
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

function containerOf(
  file: BlockFile,
  disk: Disk,
  geometry: Geometry,
  salt: Uint8Array,
  random: RandomBytes,
): Container {
  const header = createHeader(disk, salt, random);
  const regionDisk = (region: Region): Disk =>
    createDisk(file, HEADER_BYTES + region * geometry.regionBytes, geometry.regionBytes);

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
    wrap: (profile, wrapping) => attempt(() => header.wrap(profile, wrapping)),
    unwrap: (wrapping) => reading(() => header.unwrap(wrapping)),
    box: (box, profile, wrapping) => attempt(() => header.box(box, profile, wrapping)),
    unbox: (wrapping) => reading(() => header.unbox(wrapping)),
    refillBox: (box) => attempt(() => header.refillBox(box)),
    readImage: () => attempt(() => header.readImage()),
    writeImage: (image) => attempt(() => header.writeImage(image)),
    finish: () =>
      attempt(async () => {
        await disk.write(SALT_BYTES, noise(random, SECTOR_BYTES - SALT_BYTES));
        await disk.flush();
        await disk.write(0, salt);
        await disk.flush();
      }),
    destroy: () =>
      attempt(async () => {
        await disk.write(SECTOR_BYTES, noise(random, HEADER_BYTES - SECTOR_BYTES));
        await disk.flush(); // nothing opens from here on, whatever becomes of the rest
        await disk.write(0, new Uint8Array(SECTOR_BYTES));
        await disk.flush();
        await fill(disk, HEADER_BYTES, file.bytes, { random });
      }),
    close: async () => file.close(),
  };
}

/** Runs steps that end in a value of their own or at a fault of the disk. */
async function reading<T, E>(steps: () => Promise<Result<T, E>>): Promise<Result<T, E | BlockFault>> {
  const done = await attempt(steps);
  return done.ok ? done.value : done;
}
