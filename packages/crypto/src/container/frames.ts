/**
 * How a frame lies in its segment: `mark(12) || length ^ mask(4) || sealed frame || sealed pieces`.
 * Mark and mask are a key stream over the slots of a segment, so that a frame's beginning is found by comparing,
 * and looks random to everybody else. Spec: spec/container.md, CT4 and CT5.
 */
import { chacha20 } from "@noble/ciphers/chacha.js";
import { concat, decode, encode, equalBytes, u64, type RandomBytes, type Secret } from "@sotto/protocol";
import { frameCodec, type Frame, type Step } from "./formats.ts";
import { SLOT_BYTES } from "./geometry.ts";
import type { Piece } from "./piece-list.ts";
import { deriveKey, seal, SEALED_BYTES_EXTRA, unseal } from "./seal.ts";

const MARK_BYTES = 12;
export const HEAD_BYTES = 16;
const SLOTS_PER_BLOCK = 64 / HEAD_BYTES; // ChaCha20 blocks of 64 bytes

export type RegionKeys = {
  readonly superblock: Secret;
  readonly frames: Secret;
  readonly pieces: Secret;
  readonly marks: Secret;
};

export const regionKeys = (key: Secret): RegionKeys => ({
  superblock: deriveKey(key, "sotto/container/v1/superblock"),
  frames: deriveKey(key, "sotto/container/v1/frames"),
  pieces: deriveKey(key, "sotto/container/v1/pieces"),
  marks: deriveKey(key, "sotto/container/v1/marks"),
});

export function wipeRegionKeys(keys: RegionKeys): void {
  for (const key of [keys.superblock, keys.frames, keys.pieces, keys.marks]) key.wipe();
}

/** A segment at one time of its life: nothing sealed for it opens after it was given up and used again. */
export type Home = { readonly index: number; readonly generation: number };

const slotContext = (home: Home, slot: number): Uint8Array =>
  concat(u64(home.index), u64(home.generation), u64(slot));

/** A piece may be moved, so its place is no part of this. */
export const pieceContext = (id: number, from: number): Uint8Array => concat(u64(id), u64(from));

/** The heads that frames at slots `first` to `first + count` would have, were their length 0. */
function headStream(keys: RegionKeys, home: Home, first: number, count: number): Uint8Array {
  const block = Math.floor(first / SLOTS_PER_BLOCK);
  const skip = (first - block * SLOTS_PER_BLOCK) * HEAD_BYTES;
  const nonce = concat(u64(home.generation), u64(home.index).subarray(4));
  const blank = new Uint8Array(skip + count * HEAD_BYTES);
  return keys.marks.expose((key) => chacha20(key, nonce, blank, undefined, block)).subarray(skip);
}

/** Head and sealed frame; the caller appends the sealed pieces. */
export function frameToBytes(
  keys: RegionKeys,
  home: Home,
  slot: number,
  frame: Frame,
  random: RandomBytes,
): Uint8Array {
  const sealed = seal(keys.frames, slotContext(home, slot), encode(frameCodec, frame), random);
  const head = headStream(keys, home, slot, 1);
  const view = new DataView(head.buffer, head.byteOffset);
  view.setUint32(MARK_BYTES, view.getUint32(MARK_BYTES) ^ sealed.length);
  return concat(head, sealed);
}

/** `bytes`: of head and sealed frame. */
export type OpenedFrame = { readonly frame: Frame; readonly bytes: number };

/** Reads the frame that begins at `slot`; `segment` holds the segment's bytes from slot `first` on. */
export function openFrame(
  keys: RegionKeys,
  home: Home,
  slot: number,
  segment: Uint8Array,
  first = 0,
  heads = headStream(keys, home, slot, 1),
): OpenedFrame | undefined {
  const at = (slot - first) * SLOT_BYTES;
  if (segment.length - at < HEAD_BYTES + SEALED_BYTES_EXTRA) return undefined;
  if (!equalBytes(segment.subarray(at, at + MARK_BYTES), heads.subarray(0, MARK_BYTES))) return undefined;
  const mask = new DataView(heads.buffer, heads.byteOffset).getUint32(MARK_BYTES);
  const stored = new DataView(segment.buffer, segment.byteOffset).getUint32(at + MARK_BYTES);
  const length = (mask ^ stored) >>> 0;
  if (length > segment.length - at - HEAD_BYTES) return undefined;
  const sealed = segment.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
  const plain = unseal(keys.frames, slotContext(home, slot), sealed);
  const frame = plain && decode(frameCodec, plain);
  return frame?.ok ? { frame: frame.value, bytes: HEAD_BYTES + length } : undefined;
}

/**
 * A step found in a segment. `places`: where its sealed pieces begin. `end`: its first byte after, rounded up to a slot.
 */
export type FoundStep = { readonly step: Step; readonly places: readonly number[]; readonly end: number };
export type Scan = {
  readonly steps: readonly FoundStep[];
  /** Whether each step begins where the one before ended, the first at 0. */
  readonly gapless: boolean;
};

/** Finds every whole step of a segment, also behind a hole. */
export function scanSegment(keys: RegionKeys, home: Home, segment: Uint8Array): Scan {
  const slots = segment.length / SLOT_BYTES;
  const heads = headStream(keys, home, 0, slots);
  const steps: FoundStep[] = [];
  let gapless = true;
  let end = 0;
  for (let slot = 0; slot < slots;) {
    const at = slot * HEAD_BYTES;
    // Most slots begin no frame, and mostly their first byte tells.
    const opened =
      segment[slot * SLOT_BYTES] === heads[at]
        ? openFrame(keys, home, slot, segment, 0, heads.subarray(at, at + HEAD_BYTES))
        : undefined;
    const found = opened && place(opened, slot * SLOT_BYTES, segment.length);
    if (!found) {
      slot += 1;
      continue;
    }
    gapless &&= slot * SLOT_BYTES === end;
    steps.push(found);
    end = found.end;
    slot = found.end / SLOT_BYTES;
  }
  return { steps, gapless };
}

function place({ frame, bytes }: OpenedFrame, start: number, segmentBytes: number): FoundStep | undefined {
  if (frame.kind !== "step") return undefined;
  const { places, end } = placesFrom(start + bytes, frame.pieces);
  return end <= segmentBytes ? { step: frame, places, end: roundUpToSlot(end) } : undefined;
}

/** Where sealed pieces begin that follow one another from `start`. */
export function placesFrom(start: number, pieces: readonly Piece[]): { places: number[]; end: number } {
  let end = start;
  const places = pieces.map(({ bytes }) => {
    const at = end;
    end += SEALED_BYTES_EXTRA + bytes;
    return at;
  });
  return { places, end };
}

export const roundUpToSlot = (bytes: number): number => Math.ceil(bytes / SLOT_BYTES) * SLOT_BYTES;
