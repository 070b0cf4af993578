/** One process at a time on a guardian's folder. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { err, ok, type Result } from "@sotto/protocol";

const SQLITE_BUSY = 5;

/** A transaction that never ends, in a file of its own: the system gives the lock back however the process ends. */
export function lockFolder(
  folder: string,
): Result<{ release(): void }, { readonly kind: "inUse" | "notWritable" }> {
  let lock: DatabaseSync | undefined;
  try {
    const path = join(folder, "lock");
    const opened = new DatabaseSync(path, { timeout: 0 });
    lock = opened;
    chmodSync(path, 0o600);
    opened.exec("BEGIN EXCLUSIVE");
    return ok({ release: () => opened.close() });
  } catch (cause) {
    if (lock?.isOpen === true) lock.close();
    const isBusy = cause instanceof Error && "errcode" in cause && cause.errcode === SQLITE_BUSY;
    return err({ kind: isBusy ? "inUse" : "notWritable" });
  }
}
