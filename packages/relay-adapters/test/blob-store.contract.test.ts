import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryBlobStore } from "@sotto/relay-adapters/memory";
import { openBlobStore, openDatabase } from "@sotto/relay-adapters/sqlite";
import { blobStoreContract } from "@sotto/testkit/blob-store-contract";

blobStoreContract("memory", () => {
  const store = createMemoryBlobStore();
  return { store, done: () => store.close() };
});

blobStoreContract("files", () => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-blobs-"));
  const db = openDatabase(join(folder, "relay.sqlite"));
  if (!db.ok) throw new Error(db.error.kind);
  const opened = openBlobStore({ db: db.value, path: join(folder, "blobs") });
  if (!opened.ok) throw new Error(opened.error.kind);
  return {
    store: opened.value,
    async done() {
      await opened.value.close();
      db.value.close();
      rmSync(folder, { recursive: true });
    },
  };
});
