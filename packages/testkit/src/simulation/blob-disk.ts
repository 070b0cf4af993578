/** Blobs on a simulated relay's disk: what was written is there after a crash, and a process that is gone writes no more. */
import type { BlobStore } from "@sotto/relay";
import { createMemoryBlobStore } from "@sotto/relay-adapters/memory";
import { never } from "./timeline.ts";

export type BlobDisk = {
  /** What one process of the relay works with, for as long as it is alive. */
  open(isAlive: () => boolean): BlobStore;
  /** Everything that lies there. */
  held(): Promise<readonly Uint8Array[]>;
};

export function createBlobDisk(isFull: () => boolean): BlobDisk {
  const store = createMemoryBlobStore(isFull);
  /** How long each was granted, by name. */
  const bytesByName = new Map<string, number>();

  return {
    open: (isAlive) => ({
      find: (name) => (isAlive() ? store.find(name) : never()),
      begin(name, blob) {
        if (!isAlive()) return never();
        bytesByName.set(name, blob.bytes);
        return store.begin(name, blob);
      },
      write: (name, at, piece) => (isAlive() ? store.write(name, at, piece) : never()),
      keep: (name, blob) => (isAlive() ? store.keep(name, blob) : never()),
      read: (name, at, length) => (isAlive() ? store.read(name, at, length) : never()),
      erase: (name, left) => (isAlive() ? store.erase(name, left) : never()),
      due: (now) => (isAlive() ? store.due(now) : never()),
      countedBytes: () => store.countedBytes(),
      close: () => store.close(),
    }),
    async held() {
      const all = await Promise.all([...bytesByName].map(([name, bytes]) => store.read(name, 0, bytes)));
      return all.filter((bytes) => bytes !== undefined);
    },
  };
}
