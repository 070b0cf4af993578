/** Where things lie in a container, and its limits, all in bytes. Spec: spec/container.md, Layout. */
import { assert } from "@sotto/protocol";

const KIB = 1024;
const MIB = 1024 * KIB;

export const REGIONS = 2;
/** The unit whose writes are taken to be apart from each other: nothing of the header shares one. */
export const SECTOR_BYTES = 4 * KIB;
export const HEADER_BYTES = 8 * SECTOR_BYTES;
export const REGION_BYTES_DEFAULT = 32 * MIB;
export const REGION_BYTES_MIN = 512 * KIB;
const REGION_BYTES_MAX = 256 * MIB;
/** A region begins with two copies of its superblock. */
export const SUPERBLOCK_BYTES = SECTOR_BYTES;
/** Frames begin at multiples of this in their segment. */
export const SLOT_BYTES = 64;
export const KEY_BYTES_MAX = 128;
const VALUE_BYTES_MAX = 2 * MIB;

/** The part of a segment that is filled at least: a piece that does not fit goes to the next one. */
export const FILL = 0.83;

export type Geometry = {
  readonly regionBytes: number;
  readonly segmentBytes: number;
  readonly segmentCount: number;
  /** Longer values are cut: so no more than this is wasted at a segment's end. */
  readonly pieceBytesMax: number;
  readonly valueBytesMax: number;
  /** What one commit may write, overhead included. */
  readonly commitBytesMax: number;
  /** How much may be alive at once, overhead included. The rest is room to write anew and to clean. */
  readonly capacityBytes: number;
};

export function geometryOf(regionBytes: number): Geometry {
  assert(isRegionBytes(regionBytes), "a region is 512 KiB to 256 MiB, in steps of 64 KiB");
  const segmentBytes = 2 ** Math.floor(Math.log2(regionBytes / 128)) * (regionBytes < 2 * MIB ? 4 : 1);
  const segmentCount = Math.floor((regionBytes - 2 * SUPERBLOCK_BYTES) / segmentBytes);
  const commitBytesMax = Math.floor(regionBytes / 12);
  const reserve = segmentsFor(commitBytesMax, segmentBytes) + 2;
  return {
    regionBytes,
    segmentBytes,
    segmentCount,
    pieceBytesMax: segmentBytes / 8,
    valueBytesMax: Math.min(VALUE_BYTES_MAX, Math.floor(regionBytes / 16)),
    commitBytesMax,
    capacityBytes: Math.floor((segmentCount - reserve) * segmentBytes * 0.8),
  };
}

/** How many segments `bytes` of pieces fill at most, the one already begun included. */
export const segmentsFor = (bytes: number, segmentBytes: number): number =>
  Math.ceil(bytes / (segmentBytes * FILL)) + 1;

export const isRegionBytes = (bytes: number): boolean =>
  Number.isInteger(bytes) &&
  bytes >= REGION_BYTES_MIN &&
  bytes <= REGION_BYTES_MAX &&
  bytes % (64 * KIB) === 0;

/** The size of a container's file: header and two regions. */
export const containerBytes = (regionBytes: number = REGION_BYTES_DEFAULT): number =>
  HEADER_BYTES + REGIONS * regionBytes;
