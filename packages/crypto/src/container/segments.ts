/** What is known in memory of a region's segments and of the pieces that lie in them. */
import type { RandomBytes } from "@sotto/protocol";
import { KILL_BYTES, PLACE_BYTES, SUMMARY_BYTES_EMPTY } from "./formats.ts";
import { PIECE_BYTES_EMPTY, type Piece } from "./piece-list.ts";
import { SEALED_BYTES_EXTRA } from "./seal.ts";

export type Segment = {
  readonly index: number;
  readonly generation: number;
  /** The commit before, and the step at, its first frame. */
  start: { readonly base: number; readonly step: number };
  /** Every piece written to it, dead ones too. */
  readonly copies: Copy[];
  readonly kills: number[];
  /** First byte that is free, at a slot. */
  end: number;
  /** 0: it has no summary yet. */
  summarySlot: number;
  /** Plaintext bytes of its summary. */
  summaryBytes: number;
  /** What moving its living pieces would write. */
  liveBytes: number;
};

export const emptySegment = (
  index: number,
  generation: number,
  start: { readonly base: number; readonly step: number },
): Segment => ({
  index,
  generation,
  start,
  copies: [],
  kills: [],
  end: 0,
  summarySlot: 0,
  summaryBytes: SUMMARY_BYTES_EMPTY,
  liveBytes: 0,
});

/** A piece where it lies: at byte `at` of its segment. */
export type Copy = Piece & { readonly segment: Segment; readonly at: number };
/** One value of one key: its pieces in the order of its bytes, at least one. */
export type Version = [Copy, ...Copy[]];

/** Adds what a frame of the segment says. */
export function note(
  segment: Segment,
  pieces: readonly Piece[],
  places: readonly number[],
  kills: readonly number[],
): void {
  for (const [index, { id, from, bytes, total, key, keyBytes }] of pieces.entries()) {
    segment.copies.push({ id, from, bytes, total, key, keyBytes, segment, at: places[index]! });
    segment.summaryBytes += PIECE_BYTES_EMPTY + PLACE_BYTES + keyBytes;
  }
  for (const id of kills) segment.kills.push(id);
  segment.summaryBytes += kills.length * KILL_BYTES;
}

/** What a piece takes: itself, and its lines in a step and in a summary. */
export const pieceCost = ({ keyBytes, bytes }: Pick<Piece, "keyBytes" | "bytes">): number =>
  SEALED_BYTES_EXTRA + bytes + 2 * (PIECE_BYTES_EMPTY + keyBytes) + PLACE_BYTES;
/** A value that is cut to pieces. */
export const valueCost = (keyBytes: number, bytes: number, pieceBytesMax: number): number =>
  bytes + Math.max(1, Math.ceil(bytes / pieceBytesMax)) * pieceCost({ keyBytes, bytes: 0 });
/** A kill too has a line in a step and one in a summary. */
export const KILL_COST = 2 * KILL_BYTES;
export const versionCost = (version: Version): number =>
  version.reduce((sum, copy) => sum + pieceCost(copy), 0);

export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) bytes += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

const CHAFF_SEGMENTS_MAX = 4;

/** Free segments that get other noise, at most four: what changes in a session does not tell how much was written (CT27). */
export function chaffOf(free: readonly number[], random: RandomBytes): readonly number[] {
  const [count = 0, ...draws] = random(1 + CHAFF_SEGMENTS_MAX);
  const chosen = draws.slice(0, count % (CHAFF_SEGMENTS_MAX + 1)).map((draw) => free[draw % free.length]);
  return [...new Set(chosen)].filter((index) => index !== undefined);
}
