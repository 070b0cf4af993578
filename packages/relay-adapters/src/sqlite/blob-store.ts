/**
 * Blobs as files in a folder, and a row for each in the relay's database. Every file is encrypted with a key of its own
 * that stands in the row: what is erased is gone with 32 bytes that SQLite overwrites, wherever the medium keeps the
 * file's blocks. Spec: spec/blob.md; spec/storage.md.
 *
 * No file stays open between two calls, so that an unlinked one is gone at once and slow peers hold no descriptors.
 */
import { createCipheriv, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { open, rm, statfs, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { err, ok, type Result } from "@sotto/protocol";
import {
  BLOBS_FREE_BYTES_MIN,
  countedBytes,
  type BlobStore,
  type BlobStored,
  type KeptBlob,
} from "@sotto/relay";
import { createBlobRows } from "./blob-rows.ts";
import { isStorageFull } from "./schema.ts";
import { TRUNCATE_MS } from "./settling.ts";

/** Blobs in one sweep. */
const SWEPT_MAX = 64;
const KEY_BYTES = 32;
const BLOCK_BYTES = 16;
const OWNER_ONLY = 0o600;
const FOLDER_OWNER_ONLY = 0o700;
const OURS = /^[0-9a-f]{64}$/;

export type BlobFolderProblem = { readonly kind: "notWritable"; readonly cause: unknown };

/** `db` was opened by `openDatabase` and is closed by its owner, after this store. `path` is made where it is missing. */
export function openBlobStore(ports: {
  readonly db: DatabaseSync;
  readonly path: string;
  /** Bytes free on the disk. For tests. */
  readonly freeBytes?: () => Promise<number>;
}): Result<BlobStore, BlobFolderProblem> {
  const { db, path } = ports;
  const rows = createBlobRows(db);
  const live = rows.live().map(([name]) => name);
  try {
    mkdirSync(path, { recursive: true, mode: FOLDER_OWNER_ONLY });
    chmodSync(path, FOLDER_OWNER_ONLY);
    removeOrphans(path, new Set(live));
  } catch (cause) {
    return err({ kind: "notWritable", cause });
  }
  const freeBytes = ports.freeBytes ?? (() => freeBytesAt(path));
  const fileOf = (name: string): string => join(path, name);
  for (const name of live) if (!existsSync(fileOf(name))) rows.replace(name, undefined);
  let counted = rows.live().reduce((sum, [, { bytes }]) => sum + countedBytes(bytes), 0);
  let truncation: NodeJS.Timeout | undefined;

  /** The erased key stays in the write-ahead log until that is emptied. */
  function truncateSoon(): void {
    truncation ??= setTimeout(() => {
      truncation = undefined;
      if (!truncate(db)) truncateSoon();
    }, TRUNCATE_MS).unref();
  }

  async function begin(name: string, blob: KeptBlob): Promise<BlobStored> {
    if (rows.find(name)) return "gone";
    await withFile(fileOf(name), "w", () => Promise.resolve());
    await syncFolder(path);
    if (rows.add(name, blob, randomBytes(KEY_BYTES))) return "done";
    await rm(fileOf(name), { force: true }); // it was erased meanwhile, before it was there
    return "gone";
  }

  const store: BlobStore = {
    find: (name) => Promise.resolve(rows.find(name)),
    begin(name, blob) {
      counted += countedBytes(blob.bytes);
      return orFull(() => begin(name, blob)).then((stored) => {
        if (stored !== "done") counted -= countedBytes(blob.bytes);
        return stored;
      });
    },
    write: (name, at, piece) =>
      orFull(async () => {
        const key = rows.keyOf(name);
        if (!key) return "gone";
        if ((await freeBytes()) < BLOBS_FREE_BYTES_MIN) return "storageFull";
        await withFile(fileOf(name), "r+", (file) => writeAll(file, ciphered(key, at, piece), at));
        return "done";
      }),
    keep: (name, blob) =>
      orFull(async () => {
        await withFile(fileOf(name), "r+", (file) => file.sync());
        return rows.advance(name, blob) ? "done" : "gone";
      }),
    async read(name, at, length) {
      const key = rows.keyOf(name);
      if (!key) return undefined;
      const bytes = new Uint8Array(length);
      const read = await orFull(async () =>
        (await withFile(fileOf(name), "r", (file) => readAll(file, bytes, at))) ? "done" : "gone",
      );
      return read === "done" ? ciphered(key, at, bytes) : undefined;
    },
    erase: (name, left) =>
      orFull(async () => {
        // The file first: on a full disk it is what makes room for the row to change.
        await rm(fileOf(name), { force: true });
        const before = rows.find(name);
        rows.replace(name, left);
        if (before?.isGone === false) counted -= countedBytes(before.bytes);
        truncateSoon();
        return "done";
      }),
    due: (now) => Promise.resolve(rows.due(now, SWEPT_MAX)),
    countedBytes: () => counted,
    close() {
      clearTimeout(truncation);
      truncate(db);
      return Promise.resolve();
    },
  };
  return ok(store);
}

/** What a crash left between a file and its row. Nothing is removed that this store did not make. */
function removeOrphans(path: string, live: ReadonlySet<string>): void {
  for (const name of readdirSync(path)) if (OURS.test(name) && !live.has(name)) rmSync(join(path, name));
}

/** AES-256-CTR, the same in both directions. `at`: where the bytes lie in the file. */
function ciphered(key: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const counter = Buffer.alloc(BLOCK_BYTES);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / BLOCK_BYTES)), BLOCK_BYTES - 8);
  const cipher = createCipheriv("aes-256-ctr", key, counter);
  cipher.update(new Uint8Array(at % BLOCK_BYTES));
  return cipher.update(bytes);
}

async function withFile<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, OWNER_ONLY);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}

/** Whether all of `bytes` was there. */
async function readAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<boolean> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}

/** A new file's name is on disk only with its folder. */
const syncFolder = (path: string): Promise<void> => withFile(path, "r", (folder) => folder.sync());

async function freeBytesAt(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** False where another process was reading, or the disk is full: try again later. */
function truncate(db: DatabaseSync): boolean {
  try {
    const [result] = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
    return result?.["busy"] === 0;
  } catch (error) {
    if (!isStorageFull(error)) throw error;
    return false;
  }
}

/** Full, failing, read-only, or no descriptor left: what was there stays, and the next try may do better. */
const UNUSABLE: ReadonlySet<string> = new Set([
  "ENOSPC",
  "EDQUOT",
  "EIO",
  "EROFS",
  "EMFILE",
  "ENFILE",
  "EACCES",
]);

async function orFull(work: () => Promise<BlobStored>): Promise<BlobStored> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT") return "gone";
    if (UNUSABLE.has(code) || isStorageFull(error)) return "storageFull";
    throw error;
  }
}
