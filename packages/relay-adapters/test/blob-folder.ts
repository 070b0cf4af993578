/** A folder of blobs and its database, for as long as a test. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { openBlobStore, openDatabase } from "@sotto/relay-adapters/sqlite";

export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sotto-blobs-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openBlobs(folder: string, freeBytes?: () => Promise<number>) {
  const db = openDatabase(join(folder, "relay.sqlite"));
  assert.ok(db.ok);
  const opened = openBlobStore({
    db: db.value,
    path: join(folder, "blobs"),
    ...(freeBytes && { freeBytes }),
  });
  assert.ok(opened.ok);
  const store = opened.value;
  return {
    db: db.value,
    store,
    close: async (): Promise<void> => {
      await store.close();
      db.value.close();
    },
  };
}
