/** How a frame lists pieces: all keys first, then the numbers of each piece. Spec: spec/container.md, Formats. */
import { assert, bool, Malformed, opaque, u32, uint, type Codec, type Reader } from "@sotto/protocol";
import { KEY_BYTES_MAX } from "./geometry.ts";
import { bytesToKeys, KEY_BYTES_EXTRA, keysToBytes } from "./key-list.ts";

/** A piece of one version of a value: bytes `from` to `from + bytes` of `total`. `id` names the version. */
export type Piece = {
  readonly id: number;
  readonly from: number;
  readonly bytes: number;
  readonly total: number;
  readonly key: string;
  /** How long the key is in UTF-8. */
  readonly keyBytes: number;
};

/** No frame is longer than the largest segment, so no list in it can be either. */
export const ITEMS_MAX = 2 ** 20;
const NUMBERS_BYTES_WHOLE = 8 + 4 + 1;
const NUMBERS_BYTES_CUT = NUMBERS_BYTES_WHOLE + 4 + 4;
/** What a piece takes in a list at most, less its key. */
export const PIECE_BYTES_EMPTY = KEY_BYTES_EXTRA + NUMBERS_BYTES_CUT;

const sharedKeys = opaque(ITEMS_MAX * (KEY_BYTES_EXTRA + KEY_BYTES_MAX));
const keysOf = (pieces: readonly Piece[]): Uint8Array => keysToBytes(pieces.map(({ key }) => key));
/** Most values are one piece, whose `from` and `total` need not be written. */
export const isWhole = ({ from, bytes, total }: Piece): boolean => from === 0 && bytes === total;

export const pieceList: Codec<readonly Piece[]> = {
  size: (pieces) =>
    pieces.reduce(
      (sum, piece) => sum + (isWhole(piece) ? NUMBERS_BYTES_WHOLE : NUMBERS_BYTES_CUT),
      4 + sharedKeys.size(keysOf(pieces)),
    ),
  write(out, pieces) {
    assert(pieces.length <= ITEMS_MAX, "a list holds no more pieces than a segment does");
    u32.write(out, pieces.length);
    sharedKeys.write(out, keysOf(pieces));
    for (const piece of pieces) {
      uint.write(out, piece.id);
      u32.write(out, piece.bytes);
      bool.write(out, isWhole(piece));
      if (!isWhole(piece)) for (const number of [piece.from, piece.total]) u32.write(out, number);
    }
  },
  read(input) {
    const start = input.at;
    const count = input.u32("a length");
    const list = bytesToKeys(sharedKeys.read(input), count);
    if (!list) throw new Malformed("the keys of pieces", start);
    return list.keys.map((key, index) => readNumbers(input, key, list.lengths[index]!));
  },
};

function readNumbers(input: Reader, key: string, keyBytes: number): Piece {
  const id = uint.read(input);
  const bytes = u32.read(input);
  if (bool.read(input)) return { id, from: 0, bytes, total: bytes, key, keyBytes };
  return { id, from: u32.read(input), bytes, total: u32.read(input), key, keyBytes };
}
