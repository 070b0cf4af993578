/**
 * A chosen file made ready to be sent. A picture is drawn anew, turned as it is meant to be seen, and then written from a
 * list of what a picture needs: the first removes what hides in its pixels' coding, the second what canvas itself writes.
 * Whatever cannot go this way goes as a file, and the person is told. Loaded when somebody chooses one.
 */
import type { Picture } from "@sotto/protocol";
import { cleanPicture, isDrawable, pictureSize } from "@sotto/client/picture";

export type Prepared = {
  readonly file: Blob;
  readonly mediaType: string;
  readonly picture: Picture | undefined;
};

/** What is read into memory to be drawn. */
const READ_BYTES_MAX = 32 * 1_048_576;
/** The longer side of what is sent, in pixels. */
const SIDE_MAX = 4_096;
const QUALITY = 0.88;
/** From here on what has no loss is too much of it. */
const PNG_BYTES_MAX = 3 * 1_048_576;
const THUMBNAIL_BYTES_MAX = 16_384;
/** Sides and qualities that are tried until a thumbnail fits its message. */
const THUMBNAILS = [
  [320, 0.6],
  [320, 0.35],
  [160, 0.5],
  [96, 0.4],
] as const;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/;

export async function prepare(file: File): Promise<Prepared> {
  const mediaType = MEDIA_TYPE.test(file.type) ? file.type : "application/octet-stream";
  return (await preparePicture(file)) ?? { file, mediaType, picture: undefined };
}

/** Undefined for what is no picture, is cut short, or is too large to be drawn here. */
async function preparePicture(file: File): Promise<Prepared | undefined> {
  if (file.size > READ_BYTES_MAX) return undefined;
  const size = pictureSize(new Uint8Array(await file.arrayBuffer()));
  if (size === undefined || !isDrawable(size)) return undefined;
  let drawn: ImageBitmap;
  try {
    drawn = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return undefined; // it says that it is one, and is not
  }
  try {
    const canvas = draw(drawn, SIDE_MAX);
    const bytes = await encode(canvas, size.mediaType);
    const written = bytes && pictureSize(bytes);
    if (bytes === undefined || written === undefined) return undefined;
    const { width, height } = canvas;
    const thumbnail = await thumbnailOf(drawn);
    return { file: new Blob([bytes]), mediaType: written.mediaType, picture: { width, height, thumbnail } };
  } finally {
    drawn.close();
  }
}

function draw(picture: ImageBitmap, sideMax: number, background?: string): OffscreenCanvas {
  const scale = Math.min(1, sideMax / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  );
  const canvas = new OffscreenCanvas(width ?? 1, height ?? 1);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("a canvas can be drawn on");
  context.imageSmoothingQuality = "high";
  if (background !== undefined) {
    context.fillStyle = background;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** As it came, without loss where it came so and is not too large. */
async function encode(canvas: OffscreenCanvas, from: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (from === "image/jpeg") return write(canvas, "image/jpeg", QUALITY);
  const lossless = await write(canvas, "image/png");
  return lossless !== undefined && lossless.length > PNG_BYTES_MAX
    ? write(canvas, "image/webp", QUALITY)
    : lossless;
}

async function write(
  canvas: OffscreenCanvas,
  type: string,
  quality?: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const blob = await canvas.convertToBlob(quality === undefined ? { type } : { type, quality });
  const clean = cleanPicture(new Uint8Array(await blob.arrayBuffer()));
  return clean && new Uint8Array(clean);
}

async function thumbnailOf(picture: ImageBitmap): Promise<Uint8Array> {
  for (const [side, quality] of THUMBNAILS) {
    const bytes = await write(draw(picture, side, "#fff"), "image/jpeg", quality);
    if (bytes !== undefined && bytes.length <= THUMBNAIL_BYTES_MAX) return bytes;
  }
  return new Uint8Array();
}
