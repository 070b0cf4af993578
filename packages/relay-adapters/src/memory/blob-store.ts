/** A BlobStore that forgets everything with its process: for tests, drills and the simulator. */
import { countedBytes, type BlobStore, type KeptBlob } from "@sotto/relay";

export function createMemoryBlobStore(
  /** While it says so, nothing is stored: a full disk. */
  isFull: () => boolean = () => false,
): BlobStore {
  const rows = new Map<string, KeptBlob>();
  const bytesByName = new Map<string, Uint8Array>();

  const liveRow = (name: string): KeptBlob | undefined => {
    const row = rows.get(name);
    return row?.isGone === false ? row : undefined;
  };

  return {
    find: (name) => Promise.resolve(rows.get(name)),
    begin(name, blob) {
      if (rows.has(name)) return Promise.resolve("gone");
      if (isFull()) return Promise.resolve("storageFull");
      rows.set(name, blob);
      bytesByName.set(name, new Uint8Array(blob.bytes));
      return Promise.resolve("done");
    },
    write(name, at, piece) {
      if (isFull()) return Promise.resolve("storageFull");
      bytesByName.get(name)?.set(piece, at);
      return Promise.resolve(bytesByName.has(name) ? "done" : "gone");
    },
    keep(name, blob) {
      if (!liveRow(name)) return Promise.resolve("gone");
      if (isFull()) return Promise.resolve("storageFull");
      rows.set(name, blob);
      return Promise.resolve("done");
    },
    read(name, at, length) {
      const found = bytesByName.get(name)?.slice(at, at + length);
      return Promise.resolve(found?.length === length ? found : undefined);
    },
    erase(name, left) {
      if (isFull()) return Promise.resolve("storageFull");
      bytesByName.delete(name);
      if (left) rows.set(name, left);
      else rows.delete(name);
      return Promise.resolve("done");
    },
    due: (now) => Promise.resolve([...rows].filter(([, { until }]) => until <= now).slice(0, 64)),
    countedBytes: () =>
      rows.values().reduce((sum, { isGone, bytes }) => sum + (isGone ? 0 : countedBytes(bytes)), 0),
    close: () => Promise.resolve(),
  };
}
