/** Files between this terminal's disk and a conversation. Spec: spec/terminal.md, TC15 and TC16. */
import { open, rename, stat, type FileHandle } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { Attaching, Member, Problem } from "@sotto/client";
import { openPicture, openSource } from "@sotto/client-adapters/node";
import { CHUNK_BYTES } from "@sotto/crypto";
import { err, ok, type Result } from "@sotto/protocol";

const TYPES: Readonly<Record<string, string>> = {
  ".csv": "text/csv",
  ".gif": "image/gif",
  ".heic": "image/heic",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".odt": "application/vnd.oasis.opendocument.text",
  ".pdf": "application/pdf",
  ".txt": "text/plain",
  ".zip": "application/zip",
};

/** A picture goes without what it says besides; any other file as it is. Undefined: there is none to be read. */
export async function attachingOf(
  path: string,
  showsName: boolean,
): Promise<Omit<Attaching, "to" | "text"> | undefined> {
  const name = showsName ? basename(path) : undefined;
  const picture = await openPicture(path);
  if (picture !== undefined) {
    const { mediaType, width, height } = picture.size;
    return { source: picture, mediaType, name, picture: { width, height, thumbnail: new Uint8Array() } };
  }
  const source = await openSource(path);
  const mediaType = TYPES[extname(path).toLowerCase()] ?? "application/octet-stream";
  return source && { source, mediaType, name, picture: undefined };
}

type Saving = {
  readonly member: Member;
  readonly id: string;
  readonly key: string;
  readonly path: string;
  readonly stopped: AbortSignal;
};
type NotSaved =
  | { readonly kind: "place"; readonly sentence: string }
  | { readonly kind: "problem"; readonly problem: Problem };

/** Until it is whole it has another name, and what is there under that is not fetched again. Gives the length. */
export async function saveFile(saving: Saving): Promise<Result<number, NotSaved>> {
  const { path, key } = saving;
  if (await isThere(path)) return place(`There is something at ${path} already; it was not touched.`);
  const part = `${path}.${key.slice(0, 8)}.part`;
  try {
    await using file = await open(part, "a", 0o600);
    const from = Math.floor((await file.stat()).size / CHUNK_BYTES) * CHUNK_BYTES;
    await file.truncate(from);
    const read = await readInto(file, saving, from);
    if (!read.ok) return err({ kind: "problem", problem: read.error });
    if (!read.value) return place(`Stopped. The same command goes on where this ended.`);
    await file.sync();
    const { size } = await file.stat();
    await rename(part, path);
    return ok(size);
  } catch {
    return place(`Nothing can be written at ${path}.`);
  }
}

/** False: the person stopped it. */
async function readInto(
  file: FileHandle,
  { member, id, key, stopped }: Saving,
  from: number,
): Promise<Result<boolean, Problem>> {
  const read = await member.readFile(
    id,
    key,
    async (piece) => {
      if (!stopped.aborted) await file.appendFile(piece);
      return !stopped.aborted;
    },
    from,
  );
  return read.ok ? ok(!stopped.aborted) : read;
}

const place = (sentence: string): Result<never, NotSaved> => err({ kind: "place", sentence });

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
