/**
 * What a picture says of itself before anything decodes it: its format and how large it would become. Total on any bytes.
 * Spec: spec/files.md, "Pictures".
 */
import { jpegSize } from "./jpeg.ts";
import { pngSize } from "./png.ts";
import { webpSize } from "./webp.ts";

export type PictureSize = {
  readonly mediaType: "image/jpeg" | "image/png" | "image/webp";
  /** Pixels, as they are stored: a JPEG's may be turned by its orientation. */
  readonly width: number;
  readonly height: number;
};

/** Decoded it takes four bytes a pixel. */
const PIXELS_MAX = 64_000_000;
const SIDE_MAX = 16_384;

/** Undefined for anything but a JPEG, PNG or WebP that has its dimensions where they belong. */
export const pictureSize = (bytes: Uint8Array): PictureSize | undefined =>
  jpegSize(bytes) ?? pngSize(bytes) ?? webpSize(bytes);

/** Whether a device may be asked to decode it: a few bytes can claim to be any size. */
export const isDrawable = ({ width, height }: Pick<PictureSize, "width" | "height">): boolean =>
  width >= 1 && height >= 1 && Math.max(width, height) <= SIDE_MAX && width * height <= PIXELS_MAX;
