/** WebP (RFC 9649) as a list of RIFF chunks. */
import { concat, textToBytes } from "@sotto/protocol";
import type { PictureSize } from "./picture-size.ts";

const IMAGE: ReadonlySet<string> = new Set(["ALPH", "VP8 ", "VP8L"]);
const KEPT: ReadonlySet<string> = new Set([...IMAGE, "VP8X", "ANIM", "ANMF"]);
/** Flags of VP8X that say of what is gone that it is there: ICC profile, Exif, XMP. */
const METADATA_FLAGS = 0x20 | 0x08 | 0x04;
const FRAME_HEADER_BYTES = 16;

type Chunk = { readonly type: string; readonly body: Uint8Array };

const fourCharacters = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + 4));
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Undefined where one is cut short. */
function chunksIn(bytes: Uint8Array): readonly Chunk[] | undefined {
  const chunks: Chunk[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 8 > bytes.length) return undefined;
    const length = viewOf(bytes).getUint32(at + 4, true);
    if (at + 8 + length > bytes.length) return undefined;
    chunks.push({ type: fourCharacters(bytes, at), body: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

/** What follows the length that the file gives itself is no part of it. */
function chunksOf(bytes: Uint8Array): readonly Chunk[] | undefined {
  if (bytes.length < 12 || fourCharacters(bytes, 0) !== "RIFF" || fourCharacters(bytes, 8) !== "WEBP")
    return undefined;
  const end = 8 + viewOf(bytes).getUint32(4, true);
  return end > bytes.length || end < 12 ? undefined : chunksIn(bytes.subarray(12, end));
}

export function webpSize(bytes: Uint8Array): PictureSize | undefined {
  const first = chunksOf(bytes)?.[0];
  const size = first && sizeIn(first);
  return size && { mediaType: "image/webp", ...size };
}

function sizeIn({ type, body }: Chunk): Pick<PictureSize, "width" | "height"> | undefined {
  if (body.length < 10) return undefined;
  const view = viewOf(body);
  const u24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (type) {
    case "VP8X":
      return { width: u24(4) + 1, height: u24(7) + 1 };
    case "VP8 ":
      return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
    case "VP8L": {
      const bits = view.getUint32(1, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    default:
      return undefined;
  }
}

export function cleanWebp(bytes: Uint8Array): Uint8Array | undefined {
  const chunks = chunksOf(bytes);
  if (chunks === undefined || !chunks.some(({ type }) => IMAGE.has(type) || type === "ANMF"))
    return undefined;
  const kept = chunks.filter(({ type }) => KEPT.has(type)).map(cleanChunk);
  if (kept.includes(undefined)) return undefined;
  const body = concat(textToBytes("WEBP"), ...kept.map((one) => one ?? new Uint8Array()));
  return concat(textToBytes("RIFF"), u32(body.length), body);
}

function cleanChunk({ type, body }: Chunk): Uint8Array | undefined {
  if (type === "VP8X") return chunk(type, body.with(0, (body[0] ?? 0) & ~METADATA_FLAGS));
  if (type !== "ANMF") return chunk(type, body);
  const inside = chunksIn(body.subarray(FRAME_HEADER_BYTES))?.filter((one) => IMAGE.has(one.type));
  return (
    inside &&
    chunk(
      type,
      concat(body.subarray(0, FRAME_HEADER_BYTES), ...inside.map((one) => chunk(one.type, one.body))),
    )
  );
}

const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};
const chunk = (type: string, body: Uint8Array): Uint8Array =>
  concat(textToBytes(type), u32(body.length), body, new Uint8Array(body.length % 2));
