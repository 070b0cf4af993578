/** A step being put together, and how much its segment still takes. Spec: spec/container.md, CT16. */
import { assert } from "@sotto/protocol";
import { STEP_BYTES_EMPTY } from "./formats.ts";
import { HEAD_BYTES } from "./frames.ts";
import { SLOT_BYTES } from "./geometry.ts";
import type { Piece } from "./piece-list.ts";
import { SEALED_BYTES_EXTRA } from "./seal.ts";
import { KILL_COST, pieceCost, type Segment } from "./segments.ts";

/** Keeps room in the segment for its summary too. */
export function createDraft(segment: Segment, segmentBytes: number) {
  const pieces: Piece[] = [];
  const sealed: Uint8Array[] = [];
  const kills: number[] = [];
  const framing = 2 * (HEAD_BYTES + SEALED_BYTES_EXTRA) + SLOT_BYTES;
  let left = segmentBytes - segment.end - framing - STEP_BYTES_EMPTY - segment.summaryBytes;
  return {
    segment,
    pieces,
    sealed,
    kills,
    isEmpty: () => pieces.length + kills.length === 0,
    hasRoomFor: (piece: Piece): boolean => pieceCost(piece) <= left,
    add(piece: Piece, bytes: Uint8Array): void {
      left -= pieceCost(piece);
      assert(left >= 0 && bytes.length === piece.bytes + SEALED_BYTES_EXTRA, "a piece fits its segment");
      pieces.push(piece);
      sealed.push(bytes);
    },
    hasRoomToKill: (): boolean => left >= KILL_COST,
    kill(id: number): void {
      left -= KILL_COST;
      assert(left >= 0, "a kill fits its segment");
      kills.push(id);
    },
  };
}
