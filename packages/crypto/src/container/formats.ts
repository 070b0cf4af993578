/** What is sealed in a region: its superblock and its frames. Spec: spec/container.md, Formats. */
import {
  bool,
  decode,
  encode,
  err,
  list,
  ok,
  struct,
  tagged,
  u32,
  uint,
  type Result,
  type TypeOf,
} from "@sotto/protocol";
import { SUPERBLOCK_BYTES } from "./geometry.ts";
import { ITEMS_MAX, pieceList } from "./piece-list.ts";
import { SEALED_BYTES_EXTRA } from "./seal.ts";

export const FORMAT_VERSION = 1;
const SEGMENTS_MAX = 320;

/** Generation 0: free, all noise. 1: given up, to be overwritten before it is free. Else: in use since then. */
export const FREE = 0;
export const GIVEN_UP = 1;
const segmentState = struct({ generation: uint, summarySlot: u32 });

/** The root of a region. Everything that is not in use according to it means nothing. */
const superblockBody = struct({
  /** The higher of two copies counts. */
  serial: uint,
  /** The newest commit known to be durable: a log that ends before it has lost something. */
  durable: uint,
  /** Nothing was written since: there is no unfinished commit to clear away. */
  closed: bool,
  /** No number at or above this was ever given out. */
  ceiling: uint,
  /** The commit before, and the step at, the first frame of the first segment that has no summary. */
  base: uint,
  step: u32,
  segments: list(SEGMENTS_MAX, segmentState),
});
export type Superblock = TypeOf<typeof superblockBody>;

const SUPERBLOCK_PLAIN_BYTES = SUPERBLOCK_BYTES - SEALED_BYTES_EXTRA;

export function superblockToBytes(superblock: Superblock): Uint8Array {
  const plain = new Uint8Array(SUPERBLOCK_PLAIN_BYTES);
  const body = encode(superblockBody, superblock);
  plain[0] = FORMAT_VERSION;
  new DataView(plain.buffer).setUint32(1, body.length);
  plain.set(body, 5);
  return plain;
}

/** The bytes are authentic: "newer" was written by a later version, "malformed" by none. */
export function bytesToSuperblock(plain: Uint8Array): Result<Superblock, "newer" | "malformed"> {
  const version = plain[0] ?? 0;
  if (version > FORMAT_VERSION) return err("newer");
  if (version < FORMAT_VERSION || plain.length !== SUPERBLOCK_PLAIN_BYTES) return err("malformed");
  const length = new DataView(plain.buffer, plain.byteOffset).getUint32(1);
  const body = decode(superblockBody, plain.subarray(5, 5 + length));
  return body.ok ? ok(body.value) : err("malformed");
}

/** What a frame says. The sealed pieces that it names follow it, in order. */
export const frameCodec = tagged({
  /** One step of a commit; the commit counts once its last step is there. */
  step: [
    1,
    {
      seq: uint,
      /** The seq of the last step of the commit before. */
      base: uint,
      step: u32,
      last: bool,
      pieces: pieceList,
      /** Versions that are dead from here on, wherever they lie. */
      kills: list(ITEMS_MAX, uint),
    },
  ],
  /**
   * Written behind the last step of a full segment: repeats what opening needs to know of it. `places`: where in the
   * segment each sealed piece begins.
   */
  summary: [2, { pieces: pieceList, places: list(ITEMS_MAX, u32), kills: list(ITEMS_MAX, uint) }],
});
export type Frame = TypeOf<typeof frameCodec>;
export type Step = Extract<Frame, { kind: "step" }>;

export const STEP_BYTES_EMPTY = encode(frameCodec, emptyStep()).length;
const emptySummary: Frame = { kind: "summary", pieces: [], places: [], kills: [] };
export const SUMMARY_BYTES_EMPTY = encode(frameCodec, emptySummary).length;
/** What a summary adds to a piece, and what a kill takes. */
export const PLACE_BYTES = 4;
export const KILL_BYTES = 8;

function emptyStep(): Step {
  return { kind: "step", seq: 0, base: 0, step: 0, last: false, pieces: [], kills: [] };
}
