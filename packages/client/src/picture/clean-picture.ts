/**
 * Everything but the picture removed: what is kept is listed, and whatever is not is gone, known or not. Pixels stay as
 * they are. Spec: spec/files.md, FT41.
 */
import { cleanJpeg } from "./jpeg.ts";
import { cleanPng } from "./png.ts";
import { cleanWebp } from "./webp.ts";

/** Undefined for what is no JPEG, PNG or WebP, or is cut short. A JPEG that has to be turned keeps that, and no more. */
export const cleanPicture = (bytes: Uint8Array): Uint8Array | undefined =>
  cleanJpeg(bytes) ?? cleanPng(bytes) ?? cleanWebp(bytes);
