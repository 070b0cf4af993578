/** Files that people of a world choose, as they lie on their devices. */
import type { FileSource } from "@sotto/client";

/** `origin`: by what a device finds it again after a restart; undefined where it cannot. */
export const sourceOf = (file: Uint8Array, origin?: string): FileSource => ({
  bytes: file.length,
  ...(origin === undefined ? {} : { origin }),
  read: (from, length) => Promise.resolve(file.slice(from, from + length)),
});

/** Full of the letter that it comes with, so that it can be told wherever it lies. */
export const fileOf = (text: string, bytes: number): Uint8Array => new Uint8Array(Buffer.alloc(bytes, text));
