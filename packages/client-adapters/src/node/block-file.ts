/** A block file on a local file system, locked against other processes. Spec: spec/container.md, CT20 to CT23. */
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { BlockFault, BlockFile, BlockFileFault } from "@sotto/crypto";
import { assert, err, ok, type Result } from "@sotto/protocol";

/**
 * Opens the file at `path`, or makes one of `bytes` zeros, which no container takes for finished.
 * Beside it lies an empty `path.lock`. The folder must exist.
 */
export function openNodeBlockFile(path: string, bytes: number): Result<BlockFile, BlockFileFault> {
  const lock = takeLock(`${path}.lock`);
  if (!lock.ok) return lock;
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    return ok(blockFileOf(file, sizeOf(file, path, bytes), lock.value));
  } catch (cause) {
    if (file !== undefined) closeSync(file);
    lock.value.release();
    return err(faultOf(cause));
  }
}

function sizeOf(file: number, path: string, bytes: number): number {
  const { size } = fstatSync(file);
  if (size > 0) return size;
  ftruncateSync(file, bytes);
  fsyncSync(file);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder); // else the name itself may be gone after a power cut
  closeSync(folder);
  return bytes;
}

function blockFileOf(file: number, bytes: number, lock: Lock): BlockFile {
  return {
    bytes,
    read: (at, length) =>
      attempt(() => {
        const read = new Uint8Array(length);
        for (let done = 0; done < length;) {
          const step = readSync(file, read, done, length - done, at + done);
          if (step === 0) throw new Error("the file ends too early");
          done += step;
        }
        return read;
      }),
    write(at, written) {
      assert(at + written.length <= bytes, "a block file does not grow");
      return attempt(() => {
        for (let done = 0; done < written.length;)
          done += writeSync(file, written, done, written.length - done, at + done);
      });
    },
    flush: () =>
      new Promise((resolve) =>
        fdatasync(file, (cause) => resolve(cause ? err(faultOf(cause)) : ok(undefined))),
      ),
    close() {
      closeSync(file);
      lock.release();
    },
  };
}

type Lock = { release(): void };
const SQLITE_BUSY = 5;

/** Node locks no files; SQLite does, by means that the system undoes when a process dies, however it dies. */
function takeLock(path: string): Result<Lock, BlockFileFault> {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec("BEGIN EXCLUSIVE");
    const held = database;
    return ok({ release: () => held.close() });
  } catch (cause) {
    database?.close();
    const isBusy = cause instanceof Error && "errcode" in cause && cause.errcode === SQLITE_BUSY;
    return err(isBusy ? { kind: "in-use" } : faultOf(cause));
  }
}

const FULL_CODES: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

const faultOf = (cause: unknown): BlockFault => ({
  kind: cause instanceof Error && "code" in cause && FULL_CODES.has(cause.code) ? "full" : "failing",
  cause,
});

function attempt<T>(step: () => T): Result<T, BlockFault> {
  try {
    return ok(step());
  } catch (cause) {
    return err(faultOf(cause));
  }
}
