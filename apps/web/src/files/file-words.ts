/** What a file is called where nobody gave it a name to show. */
import type { FileView } from "@sotto/client";
import * as m from "../paraglide/messages.js";

export const fileWords = ({ name, picture }: Pick<FileView, "name" | "picture">): string =>
  name ?? (picture === undefined ? m.file_file() : m.file_picture());

const ENDINGS: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "application/zip": "zip",
  "audio/mpeg": "mp3",
  "image/gif": "gif",
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "text/plain": "txt",
  "video/mp4": "mp4",
};

/** For saving. One that was not told says nothing of whom it came from. */
export const nameToSave = (file: FileView): string => {
  const ending = ENDINGS[file.mediaType];
  return file.name ?? `${fileWords(file)}${ending === undefined ? "" : `.${ending}`}`;
};

/** A data URL: unlike a blob's, its bytes are in this page's memory and never on a disk. */
export const dataUrl = (bytes: Uint8Array, mediaType: string): string =>
  `data:${mediaType};base64,${bytes.toBase64()}`;
