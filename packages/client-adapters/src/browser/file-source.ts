/** A file that was chosen in a page, as the client reads what it sends. A restart forgets where it lies. */
import type { FileSource } from "@sotto/client";

export const fileToSource = (file: Blob): FileSource => ({
  bytes: file.size,
  async read(from, length) {
    try {
      const part = new Uint8Array(await file.slice(from, from + length).arrayBuffer());
      return part.length === length ? part : undefined;
    } catch {
      return undefined; // it was moved, changed or removed meanwhile
    }
  },
});
