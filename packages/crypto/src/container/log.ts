/**
 * The writing side of an opened region: commits go to the end of a log of segments, one flush each; what is dead
 * is overwritten; segments that hold little are moved together. Not thread-safe: `records.ts` queues.
 * Spec: spec/container.md, Writing (CT6), Erasure (CT12 to CT14), Space (CT15 to CT17).
 */
import { assert, concat, type RandomBytes } from "@sotto/protocol";
import type { Disk } from "./disk.ts";
import { createDraft } from "./draft.ts";
import { FREE, GIVEN_UP, superblockToBytes, type Superblock } from "./formats.ts";
import { frameToBytes, pieceContext, placesFrom, roundUpToSlot, type RegionKeys } from "./frames.ts";
import { segmentsFor, SLOT_BYTES, SUPERBLOCK_BYTES, type Geometry } from "./geometry.ts";
import type { Piece } from "./piece-list.ts";
import { segmentStart, type Recovered } from "./recover.ts";
import { noise, seal, SHARE_BYTES } from "./seal.ts";
import {
  chaffOf,
  emptySegment,
  KILL_COST,
  note,
  pieceCost,
  utf8Bytes,
  valueCost,
  type Copy,
  type Segment,
} from "./segments.ts";

/** Numbers are reserved in the superblock, this many at a time, so that none is ever given out twice. */
const NUMBERS_RESERVED = 2 ** 20;
/** Enough for a commit of a few messages; a greater one lists more before it begins. */
const SEGMENTS_AHEAD = 2;

type SealedPiece = { readonly piece: Piece; readonly sealed: Uint8Array };
export type Put =
  | { readonly kind: "value"; readonly key: string; readonly value: Uint8Array }
  /** A piece that is copied as it lies. */
  | ({ readonly kind: "piece" } & SealedPiece);

/** What it takes, with its lines. */
const putCost = (put: Put, { pieceBytesMax }: Geometry): number =>
  put.kind === "piece"
    ? pieceCost(put.piece)
    : valueCost(utf8Bytes(put.key), put.value.length, pieceBytesMax);

export interface Log {
  readonly segments: ReadonlySet<Segment>;
  open(): Segment | undefined;
  freeSegments(): number;
  /** Undoes what a crash left half done. To be called first, and once. */
  repair(): Promise<void>;
  /** Makes one commit durable. Says where each piece went, in the order they were given. */
  commit(puts: readonly Put[], kills: readonly number[]): Promise<readonly Copy[]>;
  /** Overwrites the shares of dead pieces. Durable with the next flush. */
  erase(copies: readonly Copy[]): Promise<void>;
  /** Ends the open segment, so that it can be given up too. */
  roll(): void;
  /** Segments that hold nothing alive become noise, durably, and free. */
  giveUp(segments: readonly Segment[]): Promise<void>;
  flush(): Promise<void>;
  /** Notes that everything up to now is durable: after this, whatever is missing counts as damage. */
  end(): Promise<void>;
}

export function createLog(
  disk: Disk,
  keys: RegionKeys,
  geometry: Geometry,
  random: RandomBytes,
  recovered: Recovered,
): Log {
  const segments = new Set(recovered.segments);
  /** Segments that are noise, durably. Those neither in use nor free are given up. */
  const free = new Set<number>();
  let open = recovered.open;
  let { base } = recovered;
  let nextNumber = recovered.superblock.ceiling;
  let ceiling = nextNumber;
  let serial = recovered.superblock.serial;
  let superblockDue = false;
  /** As the superblock lists them. */
  let listed = recovered.superblock.segments;
  /** The copy of the superblock that is durable: the other one is written first. */
  let durableCopy = recovered.copy;
  const summariesDue = new Set(recovered.segments.filter((one) => one.summarySlot === 0 && one !== open));

  for (const [index, { generation }] of listed.entries()) if (generation === FREE) free.add(index);

  /** Durable with the next flush, after which `mirror` gives it its second copy. */
  async function writeSuperblock(segmentsAhead = SEGMENTS_AHEAD, closed = false): Promise<Uint8Array> {
    listed = states(segmentsAhead);
    if (ceiling - nextNumber < NUMBERS_RESERVED / 2) ceiling = nextNumber + NUMBERS_RESERVED;
    serial += 1;
    const numbers = { serial, durable: base, ceiling, ...chainStart() };
    const plain = superblockToBytes({ ...numbers, closed, segments: listed });
    await writeCopy(1 - durableCopy, plain);
    superblockDue = false;
    return plain;
  }
  async function mirror(plain: Uint8Array): Promise<void> {
    durableCopy = durableCopy === 0 ? 1 : 0;
    await writeCopy(1 - durableCopy, plain);
  }
  const writeCopy = (copy: number, plain: Uint8Array): Promise<void> =>
    disk.write(copy * SUPERBLOCK_BYTES, seal(keys.superblock, new Uint8Array(0), plain, random));
  async function settleSuperblock(segmentsAhead = SEGMENTS_AHEAD, closed = false): Promise<void> {
    const plain = await writeSuperblock(segmentsAhead, closed);
    await disk.flush();
    await mirror(plain);
  }
  /** Where opening begins to follow the chain: at the first segment without a summary. */
  function chainStart(): Segment["start"] {
    const [first] = [...segments].filter(({ summarySlot }) => summarySlot === 0).sort(byAge);
    return first?.start ?? { base, step: 0 };
  }
  /**
   * The free segments that the next commit may begin count as given up already: should the power fail before the
   * superblock that names them is written, they are overwritten when the region is next opened (CT8).
   */
  function states(segmentsAhead: number): Superblock["segments"] {
    const ahead = freeInOrder().slice(0, segmentsAhead);
    const all = Array.from({ length: geometry.segmentCount }, (_, index) => ({
      generation: free.has(index) && !ahead.includes(index) ? FREE : GIVEN_UP,
      summarySlot: 0,
    }));
    for (const { index, generation, summarySlot } of segments) all[index] = { generation, summarySlot };
    return all;
  }
  const isListedAhead = (index: number): boolean => listed[index]?.generation === GIVEN_UP;
  const freeInOrder = (): number[] => [...free].sort((a, b) => a - b);
  async function overwrite(indexes: readonly number[]): Promise<void> {
    for (const index of indexes)
      await disk.write(segmentStart(geometry, index), noise(random, geometry.segmentBytes));
    await disk.flush();
    for (const index of indexes) free.add(index);
  }

  function takeNumber(): number {
    assert(nextNumber < ceiling, "numbers are reserved before they are given out");
    return nextNumber++;
  }
  /** Before a commit: nothing of it is written that the durable superblock does not tell of. */
  async function reserve(numbers: number, bytes: number): Promise<void> {
    assert(numbers < NUMBERS_RESERVED / 2, "a commit takes fewer numbers than are reserved at once");
    const segmentsAhead = segmentsFor(bytes, geometry.segmentBytes);
    const next = freeInOrder().slice(0, segmentsAhead);
    if (nextNumber + numbers >= ceiling || !next.every(isListedAhead)) await settleSuperblock(segmentsAhead);
  }

  function allocate(start: Segment["start"]): Segment {
    const [index] = freeInOrder();
    assert(index !== undefined && isListedAhead(index), "space is made and listed before it is used");
    free.delete(index);
    const segment = emptySegment(index, takeNumber(), start);
    segments.add(segment);
    superblockDue = true;
    return segment;
  }
  const at = (segment: Segment): number => segmentStart(geometry, segment.index);

  function roll(): void {
    if (open) summariesDue.add(open);
    open = undefined;
  }

  /** Only of segments whose every step is durable. */
  async function writeSummary(segment: Segment): Promise<void> {
    const { kills } = segment;
    const pieces = segment.copies.toSorted(byKey); // neighbours share the most
    const slot = segment.end / SLOT_BYTES;
    const summary = { kind: "summary", pieces, places: pieces.map(({ at }) => at), kills } as const;
    const bytes = frameToBytes(keys, segment, slot, summary, random);
    assert(segment.end + bytes.length <= geometry.segmentBytes, "room is kept for the summary");
    await disk.write(at(segment) + segment.end, bytes);
    segment.summarySlot = slot;
    summariesDue.delete(segment);
    superblockDue = true;
  }

  function* sealedPieces(key: string, value: Uint8Array): Generator<SealedPiece> {
    const id = takeNumber();
    const total = value.length;
    const keyBytes = utf8Bytes(key);
    let from = 0;
    do {
      const plain = value.subarray(from, from + geometry.pieceBytesMax);
      const piece = { id, from, bytes: plain.length, total, key, keyBytes };
      yield { piece, sealed: seal(keys.pieces, pieceContext(id, from), plain, random) };
      from += plain.length;
    } while (from < total);
  }

  /** Writes the steps of one commit, and says the number of the last. */
  async function append(
    puts: readonly Put[],
    kills: readonly number[],
  ): Promise<{ readonly copies: readonly Copy[]; readonly seq: number }> {
    const copies: Copy[] = [];
    let step = 0;
    let seq = base;
    let draft = begin();

    function begin() {
      open ??= allocate({ base, step });
      return createDraft(open, geometry.segmentBytes);
    }
    async function finish(last: boolean): Promise<void> {
      if (last || !draft.isEmpty()) {
        const { segment, pieces, sealed, kills: killed } = draft;
        seq = takeNumber();
        const slot = segment.end / SLOT_BYTES;
        const frame = { kind: "step", seq, base, step, last, pieces, kills: killed } as const;
        const head = frameToBytes(keys, segment, slot, frame, random);
        await disk.write(at(segment) + segment.end, concat(head, ...sealed));
        const { places, end } = placesFrom(segment.end + head.length, pieces);
        note(segment, pieces, places, killed);
        if (pieces.length > 0) copies.push(...segment.copies.slice(-pieces.length));
        segment.end = roundUpToSlot(end);
        step += 1;
      }
      if (last) return;
      roll();
      draft = begin();
    }

    for (const put of puts)
      for (const { piece, sealed } of put.kind === "piece" ? [put] : sealedPieces(put.key, put.value)) {
        if (!draft.hasRoomFor(piece)) await finish(false);
        draft.add(piece, sealed);
      }
    for (const id of kills) {
      if (!draft.hasRoomToKill()) await finish(false);
      draft.kill(id);
    }
    await finish(true);
    return { copies, seq };
  }

  async function erase(copies: readonly Copy[]): Promise<void> {
    for (const { segment, at: from } of copies) await disk.write(at(segment) + from, random(SHARE_BYTES));
  }
  /** What an unfinished commit may have left behind the last finished one. */
  const overwriteTail = (segment: Segment): Promise<void> =>
    disk.write(at(segment) + segment.end, noise(random, geometry.segmentBytes - segment.end));

  return {
    segments,
    open: () => open,
    freeSegments: () => free.size,
    async repair() {
      const { superblock, torn, unsummarised, unerased } = recovered;
      if (superblock.closed && unsummarised.length === 0) return;
      const left = torn.map(({ index }) => index);
      for (const [index, { generation }] of listed.entries()) if (generation === GIVEN_UP) left.push(index);
      if (open && !superblock.closed) await overwriteTail(open);
      await overwrite(left);
      // The last commit may have been in the system's cache: now that it is durable, what it killed can go.
      await erase(unerased);
      for (const segment of unsummarised) await writeSummary(segment);
      await settleSuperblock();
    },
    async commit(puts, kills) {
      const bytes = puts.reduce((sum, put) => sum + putCost(put, geometry), KILL_COST * kills.length);
      await reserve(puts.length + 2 * geometry.segmentCount, bytes);
      const due = [...summariesDue];
      const { copies, seq } = await append(puts, kills);
      for (const segment of due) await writeSummary(segment);
      const plain = superblockDue ? await writeSuperblock() : undefined;
      await disk.flush();
      base = seq;
      if (plain) await mirror(plain);
      return copies;
    },
    erase,
    roll,
    async giveUp(given) {
      for (const segment of given) {
        assert(segment !== open && segment.liveBytes === 0, "only what holds nothing alive is given up");
        segments.delete(segment);
        summariesDue.delete(segment);
      }
      for (const segment of summariesDue) await writeSummary(segment);
      await settleSuperblock();
      await overwrite(given.map(({ index }) => index));
    },
    flush: () => disk.flush(),
    async end() {
      await disk.flush();
      await settleSuperblock(0, true);
      await disk.flush();
      await overwrite(chaffOf([...free], random));
    },
  };
}

const byKey = (a: Copy, b: Copy): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
const byAge = (a: Segment, b: Segment): number => a.generation - b.generation;
