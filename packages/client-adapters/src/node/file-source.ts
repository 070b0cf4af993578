/** A file on a local file system, as the client reads what it sends. */
import { open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { FileSource } from "@sotto/client";
import { cleanPicture, isDrawable, pictureSize, type PictureSize } from "@sotto/client/picture";

/** Before the path of a picture that is sent without what it says besides. */
const PICTURE = "picture:";
/** More is not read into memory to be looked at. */
const PICTURE_BYTES_MAX = 32 * 1_048_576;

/** `path`: also the `origin`, so that sending goes on after a restart. Undefined where there is no such file. */
export async function openSource(path: string): Promise<FileSource | undefined> {
  if (path.startsWith(PICTURE)) return openPicture(path.slice(PICTURE.length));
  const origin = resolve(path);
  try {
    const found = await stat(origin);
    if (!found.isFile()) return undefined;
    return { bytes: found.size, origin, read: (from, length) => readPart(origin, from, length) };
  } catch {
    return undefined;
  }
}

/** Opened for each part: a file may be sent over days, and nothing tells when it is over. */
async function readPart(path: string, from: number, length: number): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path, "r");
    const part = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const { bytesRead } = await file.read(part, at, length - at, from + at);
      if (bytesRead === 0) return undefined;
      at += bytesRead;
    }
    return part;
  } catch {
    return undefined;
  }
}

/** A picture without anything that is none; undefined for what is no JPEG, PNG or WebP, or not a whole one. */
export async function openPicture(
  path: string,
): Promise<(FileSource & { readonly size: PictureSize }) | undefined> {
  const source = await openSource(path);
  if (source === undefined || source.bytes > PICTURE_BYTES_MAX) return undefined;
  const bytes = await source.read(0, source.bytes);
  const clean = bytes && cleanPicture(bytes);
  const size = clean && pictureSize(clean);
  if (clean === undefined || size === undefined || !isDrawable(size)) return undefined;
  return {
    bytes: clean.length,
    origin: `${PICTURE}${resolve(path)}`,
    size,
    read: (from, length) => Promise.resolve(clean.slice(from, from + length)),
  };
}
