/** JPEG (ITU-T T.81) as a list of segments. */
import { concat, equalBytes, textToBytes } from "@sotto/protocol";
import type { PictureSize } from "./picture-size.ts";

const [SOI, EOI, SOS, APP1, APP14] = [0xd8, 0xd9, 0xda, 0xe1, 0xee];
/** Baseline, extended and progressive frames: what browsers draw. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
/** Huffman tables, quantisation tables, restart intervals. */
const TABLES: ReadonlySet<number> = new Set([0xc4, 0xdb, 0xdd]);
const ADOBE = textToBytes("Adobe");
/** Says which colours the numbers are; a longer one says something else besides. */
const ADOBE_BYTES = 16;
const EXIF = textToBytes("Exif\0\0");
const TIFF_ORIENTATION = 0x0112;

type Segment = {
  readonly marker: number;
  /** Marker, length and all. */
  readonly bytes: Uint8Array;
  /** Behind marker and length. */
  readonly body: Uint8Array;
};

/** From the start to EOI, what follows a scan's header with it. Undefined where it is none or ends before EOI. */
function segmentsOf(bytes: Uint8Array): readonly Segment[] | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return undefined;
  const segments: Segment[] = [];
  for (let at = 2; at < bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker === undefined || marker === 0) return undefined;
    if (marker === 0xff) {
      at += 1; // fill
      continue;
    }
    if (marker === EOI) return segments;
    const end = at + 2 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
    if (end < at + 4 || end > bytes.length) return undefined;
    const scanEnd = marker === SOS ? endOfScan(bytes, end) : end;
    segments.push({ marker, bytes: bytes.subarray(at, scanEnd), body: bytes.subarray(at + 4, end) });
    at = scanEnd;
  }
  return undefined;
}

/** Coded data has no 0xff but those that are stuffed, and restart markers. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 2)) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && (next < 0xd0 || next > 0xd7)) return at;
  }
  return bytes.length;
}

export function jpegSize(bytes: Uint8Array): PictureSize | undefined {
  const frame = framesOf(segmentsOf(bytes) ?? [])[0]?.body;
  if (frame === undefined || frame.length < 6) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset);
  return { mediaType: "image/jpeg", width: view.getUint16(3), height: view.getUint16(1) };
}

const framesOf = (segments: readonly Segment[]): readonly Segment[] =>
  segments.filter(({ marker }) => FRAMES.has(marker));

export function cleanJpeg(bytes: Uint8Array): Uint8Array | undefined {
  const segments = segmentsOf(bytes);
  if (segments === undefined || framesOf(segments).length !== 1) return undefined;
  const kept = segments.filter(
    ({ marker, bytes: { length }, body }) =>
      FRAMES.has(marker) ||
      TABLES.has(marker) ||
      marker === SOS ||
      (marker === APP14 && length === ADOBE_BYTES && startsWith(body, ADOBE)),
  );
  return concat(
    Uint8Array.of(0xff, SOI),
    orientationSegment(orientationOf(segments)),
    ...kept.map((one) => one.bytes),
    Uint8Array.of(0xff, EOI),
  );
}

const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  bytes.length >= start.length && equalBytes(bytes.subarray(0, start.length), start);

/** 1 to 8, as in Exif; 1 where there is none, or none that makes sense. */
function orientationOf(segments: readonly Segment[]): number {
  const exif = segments.find(({ marker, body }) => marker === APP1 && startsWith(body, EXIF));
  const tiff = exif?.body.subarray(EXIF.length);
  if (tiff === undefined || tiff.length < 8) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const isLittle = view.getUint16(0) === 0x4949;
  const first = view.getUint32(4, isLittle);
  if (first + 2 > tiff.length) return 1;
  const count = view.getUint16(first, isLittle);
  for (let at = first + 2, left = count; left > 0 && at + 12 <= tiff.length; at += 12, left--) {
    if (view.getUint16(at, isLittle) !== TIFF_ORIENTATION) continue;
    const value = view.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** An Exif segment of our own, which says nothing else. */
function orientationSegment(orientation: number): Uint8Array {
  if (orientation === 1) return new Uint8Array();
  const tiff = Uint8Array.of(
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    0x01,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  );
  const length = 2 + EXIF.length + tiff.length;
  return concat(Uint8Array.of(0xff, APP1, length >> 8, length & 0xff), EXIF, tiff);
}
