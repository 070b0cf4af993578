/**
 * The writing side of an opened region: commits go to the end of a log of segments, one flush each; what is dead
 * is overwritten; segments that hold little are moved together. Not thread-safe: `records.ts` queues.
 * Spec: spec/container.md, Writing (CT6), Erasure (CT12 to CT14), Space (CT15 to CT17).
 */
import { assert, concat, type RandomBytes } from "@sotto/protocol";
import type { Disk } from "./disk.ts";
import { createDraft } from "./draft.ts";
import { FREE, GIVEN_UP, superblockToBytes, type Piece, type Placed, type Superblock } from "./formats.ts";
import { frameToBytes, pieceContext, roundUpToSlot, type RegionKeys } from "./frames.ts";
import { segmentsFor, SLOT_BYTES, SUPERBLOCK_BYTES, type Geometry } from "./geometry.ts";
import { segmentStart, type Recovered } from "./recover.ts";
import { noise, seal, SEALED_BYTES_EXTRA, SHARE_BYTES } from "./seal.ts";
import { emptySegment, note, type Place, type Segment } from "./segments.ts";

/** Numbers are reserved in the superblock, this many at a time, so that none is ever given out twice. */
const NUMBERS_RESERVED = 2 ** 20;

type SealedPiece = { readonly piece: Piece; readonly sealed: Uint8Array };
export type Put =
  | { readonly kind: "value"; readonly key: string; readonly value: Uint8Array }
  /** A piece that is copied as it lies. */
  | ({ readonly kind: "piece" } & SealedPiece);

/** Where each piece of a commit went, in the order they were given. */
export type Placing = readonly Place[];

export interface Log {
  readonly segments: ReadonlySet<Segment>;
  open(): Segment | undefined;
  freeSegments(): number;
  /** Undoes what a crash left half done. To be called first, and once. */
  repair(): Promise<void>;
  /** Makes one commit durable. */
  commit(puts: readonly Put[], kills: readonly number[]): Promise<Placing>;
  /** Overwrites the shares of dead pieces. Durable with the next flush. */
  erase(places: readonly Place[]): Promise<void>;
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
  /** Segments not in use. What is given up is noise, durably, before it is free. */
  const spare = new Map<number, "free" | "given up">();
  let open = recovered.open;
  let { base } = recovered;
  let nextNumber = recovered.superblock.ceiling;
  let ceiling = nextNumber;
  let serial = recovered.superblock.serial;
  let superblockDue = false;
  const segmentsAhead = segmentsFor(geometry.commitBytesMax, geometry.segmentBytes);
  /** The copy of the superblock that is durable: the other one is written first. */
  let durableCopy = recovered.copy;
  const summariesDue = new Set(recovered.segments.filter((one) => one.summarySlot === 0 && one !== open));

  for (let index = 0; index < geometry.segmentCount; index++) spare.set(index, "free");
  for (const { index } of segments) spare.delete(index);

  /** Durable with the next flush, after which `mirror` gives it its second copy. */
  async function writeSuperblock(closed = false): Promise<Uint8Array> {
    if (ceiling - nextNumber < NUMBERS_RESERVED / 2) ceiling = nextNumber + NUMBERS_RESERVED;
    serial += 1;
    const numbers = { serial, durable: base, ceiling, ...chainStart() };
    const plain = superblockToBytes({ ...numbers, closed, segments: states(closed) });
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
  async function settleSuperblock(closed = false): Promise<void> {
    const plain = await writeSuperblock(closed);
    await disk.flush();
    await mirror(plain);
  }
  /** Where opening begins to follow the chain: at the first segment without a summary. */
  function chainStart(): Segment["start"] {
    const [first] = [...segments].filter(({ summarySlot }) => summarySlot === 0).sort(byAge);
    return first?.start ?? { base, step: 0 };
  }
  /**
   * The segments that the next commits may begin count as given up already: should the power fail before the
   * superblock that names them is written, they are overwritten when the region is next opened (CT8).
   */
  function states(closed: boolean): Superblock["segments"] {
    const next = new Set(closed ? [] : freeInOrder().slice(0, segmentsAhead));
    const all = Array.from({ length: geometry.segmentCount }, (_, index) => ({
      generation: spare.get(index) === "free" && !next.has(index) ? FREE : GIVEN_UP,
      summarySlot: 0,
    }));
    for (const { index, generation, summarySlot } of segments) all[index] = { generation, summarySlot };
    return all;
  }
  const freeInOrder = (): number[] =>
    [...spare.keys()].filter((index) => spare.get(index) === "free").sort((a, b) => a - b);
  async function overwrite(indexes: readonly number[]): Promise<void> {
    for (const index of indexes)
      await disk.write(segmentStart(geometry, index), noise(random, geometry.segmentBytes));
    await disk.flush();
    for (const index of indexes) spare.set(index, "free");
  }

  function takeNumber(): number {
    assert(nextNumber < ceiling, "numbers are reserved before they are given out");
    return nextNumber++;
  }
  async function reserve(count: number): Promise<void> {
    assert(count < NUMBERS_RESERVED / 2, "a commit takes fewer numbers than are reserved at once");
    if (nextNumber + count >= ceiling) await settleSuperblock();
  }

  function allocate(start: Segment["start"]): Segment {
    const [index] = freeInOrder();
    assert(index !== undefined, "space is made before it is used");
    spare.delete(index);
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
    const { copies, kills } = segment;
    const slot = segment.end / SLOT_BYTES;
    const bytes = frameToBytes(keys, segment, slot, { kind: "summary", copies, kills }, random);
    assert(segment.end + bytes.length <= geometry.segmentBytes, "room is kept for the summary");
    await disk.write(at(segment) + segment.end, bytes);
    segment.summarySlot = slot;
    summariesDue.delete(segment);
    superblockDue = true;
  }

  function* sealedPieces(key: string, value: Uint8Array): Generator<SealedPiece> {
    const id = takeNumber();
    const total = value.length;
    let from = 0;
    do {
      const plain = value.subarray(from, from + geometry.pieceBytesMax);
      const piece = { id, from, bytes: plain.length, total, key };
      yield { piece, sealed: seal(keys.pieces, pieceContext(id, from), plain, random) };
      from += plain.length;
    } while (from < total);
  }

  /** Writes the steps of one commit, and says the number of the last. */
  async function append(
    puts: readonly Put[],
    kills: readonly number[],
  ): Promise<{ readonly placing: Placing; readonly seq: number }> {
    const placing: Place[] = [];
    let step = 0;
    let seq = base;
    let draft = begin();

    function begin() {
      open ??= allocate({ base, step });
      return createDraft(open, geometry.segmentBytes);
    }
    async function finish(last: boolean): Promise<void> {
      if (last || !draft.isEmpty()) {
        const { segment, sealed, kills: killed } = draft;
        seq = takeNumber();
        const pieces = draft.pieces.map((piece) => ({ ...piece }));
        const slot = segment.end / SLOT_BYTES;
        const frame = { kind: "step", seq, base, step, last, pieces, kills: killed } as const;
        const head = frameToBytes(keys, segment, slot, frame, random);
        await disk.write(at(segment) + segment.end, concat(head, ...sealed));
        let from = segment.end + head.length;
        const copies = pieces.map((piece) => {
          const copy: Placed = { ...piece, at: from };
          from += SEALED_BYTES_EXTRA + piece.bytes;
          return copy;
        });
        note(segment, copies, killed);
        segment.end = roundUpToSlot(from);
        for (const copy of copies) placing.push({ segment, copy });
        step += 1;
      }
      if (last) return;
      roll();
      draft = begin();
    }

    for (const put of puts)
      for (const { piece, sealed } of put.kind === "piece" ? [put] : sealedPieces(put.key, put.value)) {
        if (draft.room(piece.key) < piece.bytes) await finish(false);
        draft.add(piece, sealed);
      }
    for (const id of kills) {
      if (!draft.hasRoomToKill()) await finish(false);
      draft.kill(id);
    }
    await finish(true);
    return { placing, seq };
  }

  async function erase(places: readonly Place[]): Promise<void> {
    for (const { segment, copy } of places) await disk.write(at(segment) + copy.at, random(SHARE_BYTES));
  }
  /** What an unfinished commit may have left behind the last finished one. */
  const overwriteTail = (segment: Segment): Promise<void> =>
    disk.write(at(segment) + segment.end, noise(random, geometry.segmentBytes - segment.end));

  return {
    segments,
    open: () => open,
    freeSegments: () => freeInOrder().length,
    async repair() {
      const givenUp = recovered.superblock.segments.flatMap(({ generation }, index) =>
        generation === GIVEN_UP ? [index] : [],
      );
      for (const { index } of recovered.torn) givenUp.push(index);
      for (const index of givenUp) spare.set(index, "given up");
      await disk.flush(); // the last commit may still have been in the system's cache
      await settleSuperblock();
      if (open && !recovered.superblock.closed) await overwriteTail(open);
      for (const segment of recovered.unsummarised) await writeSummary(segment);
      await erase(recovered.unerased);
      await overwrite(givenUp);
    },
    async commit(puts, kills) {
      await reserve(puts.length + 2 * geometry.segmentCount);
      const due = [...summariesDue];
      const { placing, seq } = await append(puts, kills);
      for (const segment of due) await writeSummary(segment);
      const plain = superblockDue ? await writeSuperblock() : undefined;
      await disk.flush();
      base = seq;
      if (plain) await mirror(plain);
      return placing;
    },
    erase,
    roll,
    async giveUp(given) {
      for (const segment of given) {
        assert(segment !== open && segment.liveBytes === 0, "only what holds nothing alive is given up");
        segments.delete(segment);
        summariesDue.delete(segment);
        spare.set(segment.index, "given up");
      }
      for (const segment of summariesDue) await writeSummary(segment);
      await settleSuperblock();
      await overwrite(given.map(({ index }) => index));
    },
    flush: () => disk.flush(),
    async end() {
      await disk.flush();
      await settleSuperblock(true);
      await disk.flush();
    },
  };
}

const byAge = (a: Segment, b: Segment): number => a.generation - b.generation;
