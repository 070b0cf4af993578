/** PNG (W3C, third edition) as a list of chunks. */
import { concat, equalBytes } from "@sotto/protocol";
import type { PictureSize } from "./picture-size.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** What pixels need. sRGB is one byte, the same for everybody; gamma and profiles tell devices apart. */
const KEPT: ReadonlySet<string> = new Set(["IHDR", "PLTE", "tRNS", "sRGB", "IDAT", "IEND"]);

type Chunk = { readonly type: string; readonly bytes: Uint8Array };

/** From the signature to IEND. Undefined where it is none or ends before. */
function chunksOf(bytes: Uint8Array): readonly Chunk[] | undefined {
  if (bytes.length < 8 || !equalBytes(bytes.subarray(0, 8), SIGNATURE)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) return undefined;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({ type, bytes: bytes.subarray(at, end) });
    if (type === "IEND") return chunks;
    at = end;
  }
  return undefined;
}

export function pngSize(bytes: Uint8Array): PictureSize | undefined {
  const header = chunksOf(bytes)?.[0];
  if (header?.type !== "IHDR" || header.bytes.length !== 25) return undefined;
  const view = new DataView(header.bytes.buffer, header.bytes.byteOffset);
  return { mediaType: "image/png", width: view.getUint32(8), height: view.getUint32(12) };
}

/** An animation keeps its first picture. */
export function cleanPng(bytes: Uint8Array): Uint8Array | undefined {
  const chunks = chunksOf(bytes);
  if (chunks?.[0]?.type !== "IHDR") return undefined;
  return concat(SIGNATURE, ...chunks.filter(({ type }) => KEPT.has(type)).map((one) => one.bytes));
}
