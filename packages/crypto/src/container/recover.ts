/**
 * Opening a region: from the bytes that a crash left to the last committed state. Reads only.
 * Spec: spec/container.md, Recovery (CT7 to CT11).
 */
import { err, ok, type Result } from "@sotto/protocol";
import type { Disk } from "./disk.ts";
import { bytesToSuperblock, FREE, GIVEN_UP, type Superblock } from "./formats.ts";
import {
  openFrame,
  pieceContext,
  scanSegment,
  type FoundStep,
  type RegionKeys,
  type Scan,
} from "./frames.ts";
import { SLOT_BYTES, SUPERBLOCK_BYTES, type Geometry } from "./geometry.ts";
import { isWhole } from "./piece-list.ts";
import { SEALED_BYTES_EXTRA, unseal } from "./seal.ts";
import { emptySegment, note, pieceCost, type Copy, type Segment, type Version } from "./segments.ts";

/**
 * "wrong-key": nothing here opens with it; an unused region looks the same. "newer": written by a later version.
 * "damaged": bytes that were durable are gone or changed.
 */
export type RegionFault = { readonly kind: "wrong-key" | "newer" | "damaged" };

export type Recovered = {
  readonly superblock: Superblock;
  /** Which copy of it was read: the only one known to be whole. */
  readonly copy: 0 | 1;
  /** In use, oldest first. */
  readonly segments: readonly Segment[];
  /** The one that takes the next frame, if it has begun. */
  readonly open: Segment | undefined;
  /** The last commit. */
  readonly base: number;
  readonly versions: Map<string, Version>;
  /** Dead pieces whose shares may not have been overwritten before the crash. */
  readonly unerased: readonly Copy[];
  /** Segments that hold nothing but an unfinished commit. */
  readonly torn: readonly Segment[];
  /** Segments whose summary was lost and must be written again. */
  readonly unsummarised: readonly Segment[];
};

type Suffix = { readonly segment: Segment; readonly scan: Scan; readonly bytes: Uint8Array };
type Commit = { readonly steps: { readonly found: FoundStep; readonly home: Suffix }[] };

export async function recover(
  disk: Disk,
  keys: RegionKeys,
  geometry: Geometry,
): Promise<Result<Recovered, RegionFault>> {
  const root = await readSuperblock(disk, keys);
  if (!root.ok) return root;
  const { superblock, copy } = root.value;
  if (superblock.segments.length !== geometry.segmentCount) return damaged;

  const segments: Segment[] = [];
  const suffix: Suffix[] = [];
  const unsummarised: Segment[] = [];
  for (const { index, generation, summarySlot } of inUse(superblock)) {
    const segment = emptySegment(index, generation, { base: superblock.base, step: superblock.step });
    segments.push(segment);
    if (summarySlot > 0) {
      segment.summarySlot = summarySlot;
      const state = await loadClosed(disk, keys, geometry, segment);
      if (state === "damaged") return damaged;
      if (state === "scanned") unsummarised.push(segment);
      continue;
    }
    const bytes = await disk.read(segmentStart(geometry, index), geometry.segmentBytes);
    suffix.push({ segment, scan: scanSegment(keys, segment, bytes), bytes });
  }

  const log = walk(superblock, suffix, keys);
  if (!log.ok) return log;
  const { commits, base } = log.value;
  for (const { found, home } of commits.flatMap(({ steps }) => steps)) {
    if (home.segment.copies.length + home.segment.kills.length === 0)
      home.segment.start = { base: found.step.base, step: found.step.step };
    note(home.segment, found.step.pieces, found.places, found.step.kills);
    home.segment.end = found.end;
  }
  const torn = suffix.map(({ segment }) => segment).filter(({ end }) => end === 0);
  const whole = segments.filter((segment) => !torn.includes(segment));
  const last = whole.at(-1);
  const lastKills = commits.at(-1)?.steps.flatMap(({ found }) => found.step.kills) ?? [];
  const tallied = tally(whole, new Set(lastKills));
  if (!tallied.ok) return tallied;
  const open = last?.summarySlot === 0 ? last : undefined;
  return ok({ superblock, copy, segments: whole, open, base, torn, unsummarised, ...tallied.value });
}

const damaged = err({ kind: "damaged" } as const);

export const segmentStart = (geometry: Geometry, index: number): number =>
  2 * SUPERBLOCK_BYTES + index * geometry.segmentBytes;

type Root = { readonly superblock: Superblock; readonly copy: 0 | 1 };

/** The copy with the higher serial. One is always whole: the other is written first, and flushed (CT6). */
async function readSuperblock(disk: Disk, keys: RegionKeys): Promise<Result<Root, RegionFault>> {
  let best: Root | undefined;
  let malformed = false;
  for (const copy of [0, 1] as const) {
    const sealed = await disk.read(copy * SUPERBLOCK_BYTES, SUPERBLOCK_BYTES);
    const plain = unseal(keys.superblock, new Uint8Array(0), sealed);
    if (!plain) continue;
    const read = bytesToSuperblock(plain);
    if (!read.ok && read.error === "newer") return err({ kind: "newer" });
    if (!read.ok) malformed = true;
    else if (!best || read.value.serial > best.superblock.serial) best = { superblock: read.value, copy };
  }
  if (best) return ok(best);
  return malformed ? damaged : err({ kind: "wrong-key" });
}

const inUse = (superblock: Superblock) =>
  superblock.segments
    .map((state, index) => ({ ...state, index }))
    .filter(({ generation }) => generation !== FREE && generation !== GIVEN_UP)
    .sort((a, b) => a.generation - b.generation);

/** A full segment: by its summary, or, should that be lost, step by step up to where the summary begins. */
async function loadClosed(
  disk: Disk,
  keys: RegionKeys,
  geometry: Geometry,
  segment: Segment,
): Promise<"summarised" | "scanned" | "damaged"> {
  const slot = segment.summarySlot;
  const end = slot * SLOT_BYTES;
  if (end >= geometry.segmentBytes) return "damaged";
  const start = segmentStart(geometry, segment.index);
  const tail = await disk.read(start + end, geometry.segmentBytes - end);
  const summary = openFrame(keys, segment, slot, tail, slot)?.frame;
  segment.end = end;
  if (summary?.kind === "summary" && summary.pieces.length === summary.places.length) {
    note(segment, summary.pieces, summary.places, summary.kills);
    return "summarised";
  }
  const { steps, gapless } = scanSegment(keys, segment, await disk.read(start, geometry.segmentBytes));
  if (!gapless || steps.at(-1)?.end !== end) return "damaged";
  for (const { step, places } of steps) note(segment, step.pieces, places, step.kills);
  return "scanned";
}

/**
 * Follows the chain of commits through the segments that have no summary. Only the last commit can be incomplete,
 * because each is flushed before the next begins: whatever else does not fit the chain is damage.
 */
function walk(
  superblock: Superblock,
  suffix: readonly Suffix[],
  keys: RegionKeys,
): Result<{ commits: readonly Commit[]; base: number }, RegionFault> {
  const commits: Commit[] = [];
  let { base, step: next } = superblock;
  let steps: Commit["steps"] = [];
  for (const home of suffix)
    for (const found of home.scan.steps) {
      const { step } = found;
      if (step.base !== base) return damaged;
      if (step.step !== next) continue; // of a commit whose earlier steps never reached the disk
      steps.push({ found, home });
      next += 1;
      if (!step.last) continue;
      commits.push({ steps });
      steps = [];
      base = step.seq;
      next = 0;
    }
  const newest = commits.at(-1);
  if (newest && base > superblock.durable && !newest.steps.every((one) => opens(one, keys))) {
    commits.pop();
    base = newest.steps[0]!.found.step.base;
  }
  return base < superblock.durable ? damaged : ok({ commits, base });
}

function opens({ found, home }: Commit["steps"][number], keys: RegionKeys): boolean {
  return found.step.pieces.every(({ id, from, bytes }, index) => {
    const at = found.places[index]!;
    const sealed = home.bytes.subarray(at, at + SEALED_BYTES_EXTRA + bytes);
    return unseal(keys.pieces, pieceContext(id, from), sealed)?.length === bytes;
  });
}

type Tally = { readonly versions: Map<string, Version>; readonly unerased: Copy[] };

/** What lives: every version that was written and not killed. The order of segments does not matter to it. */
function tally(segments: readonly Segment[], lastKills: ReadonlySet<number>): Result<Tally, RegionFault> {
  const killed = new Set(segments.flatMap(({ kills }) => kills));
  const versions = new Map<string, Version>();
  const cut = new Map<number, Copy[]>();
  const unerased: Copy[] = [];
  for (const { copies } of segments)
    for (const copy of copies)
      if (killed.has(copy.id)) {
        if (lastKills.has(copy.id)) unerased.push(copy);
      } else if (isWhole(copy)) {
        const known = versions.get(copy.key)?.[0];
        if (known && known.id !== copy.id) return damaged;
        if (known) unerased.push(known);
        versions.set(copy.key, [copy]);
      } else {
        const known = cut.get(copy.id);
        if (known) known.push(copy);
        else cut.set(copy.id, [copy]);
      }
  for (const copies of cut.values()) {
    const version = assemble(newestOfEach(copies, unerased));
    if (!version || versions.has(version[0].key)) return damaged;
    versions.set(version[0].key, version);
  }
  for (const version of versions.values())
    for (const copy of version) copy.segment.liveBytes += pieceCost(copy);
  return ok({ versions, unerased });
}

/** A piece that was being moved stands in two places: the later one counts. */
function newestOfEach(copies: readonly Copy[], unerased: Copy[]): Copy[] {
  const chosen = new Map(copies.map((copy) => [copy.from, copy]));
  unerased.push(...copies.filter((copy) => chosen.get(copy.from) !== copy));
  return [...chosen.values()].sort((a, b) => a.from - b.from);
}

/** Undefined where a piece is missing or does not belong. */
function assemble([first, ...others]: readonly Copy[]): Version | undefined {
  if (!first || first.from !== 0) return undefined;
  let end = first.bytes;
  for (const { from, bytes, total, key } of others) {
    if (from !== end || total !== first.total || key !== first.key) return undefined;
    end += bytes;
  }
  return end === first.total ? [first, ...others] : undefined;
}
