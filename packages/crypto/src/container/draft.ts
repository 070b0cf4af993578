/** A step being put together, and how much its segment still takes. Spec: spec/container.md, CT16. */
import { assert } from "@sotto/protocol";
import {
  KILL_BYTES,
  PIECE_BYTES_EMPTY,
  PLACED_BYTES_EXTRA,
  STEP_BYTES_EMPTY,
  type Piece,
} from "./formats.ts";
import { HEAD_BYTES } from "./frames.ts";
import { SLOT_BYTES } from "./geometry.ts";
import { SEALED_BYTES_EXTRA } from "./seal.ts";
import { utf8Bytes, type Segment } from "./segments.ts";

/** Keeps room in the segment for its summary too. */
export function createDraft(segment: Segment, segmentBytes: number) {
  const pieces: Piece[] = [];
  const sealed: Uint8Array[] = [];
  const kills: number[] = [];
  const framing = 2 * (HEAD_BYTES + SEALED_BYTES_EXTRA) + SLOT_BYTES;
  let left = segmentBytes - segment.end - framing - STEP_BYTES_EMPTY - segment.summaryBytes;
  const lines = (key: string): number => 2 * (PIECE_BYTES_EMPTY + utf8Bytes(key)) + PLACED_BYTES_EXTRA;
  return {
    segment,
    pieces,
    sealed,
    kills,
    isEmpty: () => pieces.length + kills.length === 0,
    /** Plaintext bytes that one more piece of this key may have; below 0: it may not be. */
    room: (key: string): number => left - lines(key) - SEALED_BYTES_EXTRA,
    add({ id, from, bytes, total, key }: Piece, piece: Uint8Array): void {
      left -= lines(key) + SEALED_BYTES_EXTRA + bytes;
      assert(left >= 0 && piece.length === bytes + SEALED_BYTES_EXTRA, "a piece fits its segment");
      pieces.push({ id, from, bytes, total, key });
      sealed.push(piece);
    },
    hasRoomToKill: (): boolean => left >= 2 * KILL_BYTES,
    kill(id: number): void {
      left -= 2 * KILL_BYTES;
      assert(left >= 0, "a kill fits its segment");
      kills.push(id);
    },
  };
}
