/**
 * The folder where a relay keeps everything: its database, its key, its blobs, and the activation codes that wait to be
 * used.
 * Readable by its owner only.
 */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { codeToText, err, isEasyToType, ok, textToCode, toHex, type Result } from "@sotto/protocol";
import { nativeRandom, nativeSha256 } from "@sotto/relay-adapters/node";
import { addCode, isCodeUnused, openDatabase, type OpenProblem } from "@sotto/relay-adapters/sqlite";

const OWNER_ONLY = 0o600;
const KEY_BYTES = 32;
const DAY_MS = 86_400_000;
/** A code, and what it registers, is good for at least this long. */
export const CODE_KEPT_MS = 365 * DAY_MS;
/** Terms end together: a token has its code's term, which must not tell whose it is (IN6). */
const TERM_MS = 30 * DAY_MS;

export type DataProblem =
  | OpenProblem
  | { readonly kind: "notWritable" | "badKey"; readonly cause?: unknown }
  | { readonly kind: "inUse" | "missing" };

export type DataFolder = {
  readonly path: string;
  readonly db: DatabaseSync;
  /** The seed of the relay's Ed25519 key. */
  readonly seed: Uint8Array;
};

const keyPath = (path: string): string => join(path, "relay.key");
const databasePath = (path: string): string => join(path, "relay.sqlite");
export const blobsPath = (path: string): string => join(path, "blobs");
const codesPath = (path: string): string => join(path, "codes");

/** For the process that serves: one at a time, until `release`. */
export function openDataFolder(
  path: string,
): Result<DataFolder & { readonly release: () => void }, DataProblem> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    return err({ kind: "notWritable", cause });
  }
  const lock = takeLock(path);
  if (!lock.ok) return lock;
  const opened = openFiles(path);
  if (!opened.ok) lock.value.close();
  return opened.ok ? ok({ ...opened.value, release: () => lock.value.close() }) : opened;
}

function openFiles(path: string): Result<DataFolder, DataProblem> {
  const seed = readOrMakeSeed(path);
  if (!seed.ok) return seed;
  const reserved = reserveDatabase(path);
  if (!reserved.ok) return reserved;
  const db = openDatabase(databasePath(path));
  return db.ok ? ok({ path, db: db.value, seed: seed.value }) : db;
}

/** The owner's alone before SQLite writes to it, which gives its `-wal` and `-shm` the mode of the database. */
function reserveDatabase(path: string): Result<void, DataProblem> {
  try {
    closeSync(openSync(databasePath(path), "a", OWNER_ONLY));
    for (const suffix of ["", "-wal", "-shm"]) {
      const file = databasePath(path) + suffix;
      if (existsSync(file)) chmodSync(file, OWNER_ONLY);
    }
    return ok(undefined);
  } catch (cause) {
    return err({ kind: "notWritable", cause });
  }
}

/** For a command beside the serving process. */
export function openExistingDatabase(path: string): Result<DatabaseSync, DataProblem> {
  return existsSync(databasePath(path)) ? openDatabase(databasePath(path)) : err({ kind: "missing" });
}

/** A transaction that never ends, in a file of its own: the system gives the lock back however the process ends. */
function takeLock(path: string): Result<DatabaseSync, DataProblem> {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(path, "lock"), { timeout: 0 });
    chmodSync(join(path, "lock"), OWNER_ONLY);
    lock.exec("BEGIN EXCLUSIVE");
    return ok(lock);
  } catch (cause) {
    if (lock?.isOpen) lock.close();
    return err(isBusy(cause) ? { kind: "inUse" } : { kind: "notWritable", cause });
  }
}

const SQLITE_BUSY = 5;
const isBusy = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;

/** A database without its key belongs to a relay that is lost: no other key opens its channels. */
function readOrMakeSeed(path: string): Result<Uint8Array, DataProblem> {
  const file = keyPath(path);
  try {
    if (!existsSync(file)) {
      if (existsSync(databasePath(path))) return err({ kind: "badKey" });
      writeFileSync(`${file}.new`, `${randomBytes(KEY_BYTES).toString("hex")}\n`, {
        mode: OWNER_ONLY,
        flush: true,
      });
      renameSync(`${file}.new`, file);
    }
    const text = readFileSync(file, "utf8").trim();
    return /^[0-9a-f]{64}$/.test(text) ? ok(Uint8Array.fromHex(text)) : err({ kind: "badKey" });
  } catch (cause) {
    return err({ kind: "notWritable", cause });
  }
}

/** Draws a code that is easy to type, stores its hash, and notes its text until it is used. */
export function mintCode(path: string, db: DatabaseSync, now: number): string {
  let code = nativeRandom(16);
  while (!isEasyToType(code)) code = nativeRandom(16);
  const text = codeToText(code);
  addCode(db, toHex(nativeSha256(code)), Math.ceil((now + CODE_KEPT_MS) / TERM_MS) * TERM_MS);
  appendFileSync(codesPath(path), `${text}\n`, { mode: OWNER_ONLY });
  return text;
}

/** The codes noted here that nobody has used, as text. Forgets the others. */
export function unusedCodes(path: string, db: DatabaseSync, now: number): readonly string[] {
  if (!existsSync(codesPath(path))) return [];
  const noted = readFileSync(codesPath(path), "utf8").split("\n");
  const unused = noted.filter((text) => {
    const code = textToCode(text);
    return code.ok && isCodeUnused(db, toHex(nativeSha256(code.value)), now);
  });
  writeFileSync(codesPath(path), unused.map((text) => `${text}\n`).join(""), { mode: OWNER_ONLY });
  return unused;
}

/** Whether codes were ever noted here: the first start makes two. */
export const hasCodes = (path: string): boolean => existsSync(codesPath(path));
