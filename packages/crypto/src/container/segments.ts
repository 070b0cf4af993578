/** What is known in memory of a region's segments and of the versions that lie in them. */
import {
  KILL_BYTES,
  PIECE_BYTES_EMPTY,
  PLACED_BYTES_EXTRA,
  SUMMARY_BYTES_EMPTY,
  type Placed,
} from "./formats.ts";
import { SEALED_BYTES_EXTRA } from "./seal.ts";

export type Segment = {
  readonly index: number;
  readonly generation: number;
  /** The commit before, and the step at, its first frame. */
  start: { readonly base: number; readonly step: number };
  /** Every piece written to it, dead ones too. */
  readonly copies: Placed[];
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

export function note(segment: Segment, copies: readonly Placed[], kills: readonly number[]): void {
  for (const copy of copies) {
    segment.copies.push(copy);
    segment.summaryBytes += PIECE_BYTES_EMPTY + PLACED_BYTES_EXTRA + utf8Bytes(copy.key);
  }
  for (const id of kills) segment.kills.push(id);
  segment.summaryBytes += kills.length * KILL_BYTES;
}

export type Place = { readonly segment: Segment; readonly copy: Placed };
/** One value of one key: its pieces in the order of its bytes. */
export type Version = { readonly id: number; readonly key: string; readonly total: number; places: Place[] };

/** What a piece takes: itself, and its lines in a step and in a summary. */
export const pieceCost = (keyBytes: number, bytes: number): number =>
  SEALED_BYTES_EXTRA + bytes + 2 * (PIECE_BYTES_EMPTY + keyBytes) + PLACED_BYTES_EXTRA;

export const copyCost = (copy: Placed): number => pieceCost(utf8Bytes(copy.key), copy.bytes);
export const versionCost = (version: Version): number =>
  version.places.reduce((sum, { copy }) => sum + copyCost(copy), 0);

export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) bytes += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
