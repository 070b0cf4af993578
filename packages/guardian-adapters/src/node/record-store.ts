/**
 * A guardian's records in SQLite, each sealed under a key that stands in another file and is new with every write.
 * What a write replaced, and what was wiped, is in no byte of either file afterwards. Spec: spec/guardian.md, "Storage".
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { assert, err, ok, type Result } from "@sotto/protocol";
import { bytesToRecord, type Kill, type RecordStore, type StoreFailure } from "@sotto/guardian";
import { KeyFile } from "./key-file.ts";
import { Tombstones } from "./tombstones.ts";

/** "Sgrd" in ASCII. */
const APPLICATION_ID = 0x53677264;
const SCHEMA_VERSION = 1;
const TAG_BYTES = 16;
/** No message to another guardian is put off for longer. */
export const KILL_WAIT_MS_MAX = 600_000;
/** A key seals one record once. */
const NONCE = Buffer.alloc(12);

// DELETE and FULL: what was replaced is overwritten where it lay, and no log keeps it.
const PRAGMAS = `
PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;`;
const TABLES = `
CREATE TABLE record (rid BLOB PRIMARY KEY, place INTEGER NOT NULL UNIQUE, half INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
CREATE TABLE kid (kid BLOB PRIMARY KEY, rid BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE kill (place INTEGER PRIMARY KEY, url TEXT NOT NULL, gid BLOB NOT NULL, gx BLOB NOT NULL,
  kid BLOB NOT NULL, token BLOB NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX killByReceiver ON kill (gid, url);
PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};`;

/** `tries`: how often it was put off. */
export type QueuedKill = Kill & { readonly place: number; readonly tries: number };

export type NodeRecordStore = RecordStore & {
  /** For each guardian that something may be sent to by `now`, the oldest that waits for it. */
  queuedKills(now: number, limit: number): readonly QueuedKill[];
  /** Nothing goes to its receiver before `due`, but what is new. */
  putOffKill(kill: QueuedKill, due: number): Promise<Result<void, StoreFailure>>;
  /** It was acknowledged, or never can be. */
  dropKill(kill: QueuedKill): Promise<Result<void, StoreFailure>>;
  close(): void;
};

export type StoreProblem = { readonly kind: "newer" | "foreign" | "unreadable"; readonly cause?: unknown };

type Row = { readonly place: number; readonly half: 0 | 1; readonly sealed: Uint8Array };

/** Opens or makes the files of a guardian in `folder`. */
export function openRecordStore(folder: string): Result<NodeRecordStore, StoreProblem> {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, "guardian.sqlite");
    closeSync(openSync(path, "a", 0o600)); // its owner's alone before SQLite writes, which gives its journal the same mode
    db = new DatabaseSync(path);
    const problem = prepare(db);
    if (problem) return (db.close(), err({ kind: problem }));
    const keys = new KeyFile(join(folder, "guardian.keys"));
    const tombstones = new Tombstones(join(folder, "guardian.tombstones"));
    return ok(createStore(db, keys, tombstones));
  } catch (cause) {
    if (db?.isOpen === true) db.close();
    return err({ kind: "unreadable", cause });
  }
}

function prepare(db: DatabaseSync): "newer" | "foreign" | undefined {
  const pragma = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const version = pragma("user_version");
  const isNew = version === 0 && pragma("application_id") === 0 && pragma("schema_version") === 0;
  if (!isNew && pragma("application_id") !== APPLICATION_ID) return "foreign";
  if (version > SCHEMA_VERSION) return "newer";
  db.exec(PRAGMAS);
  if (isNew) db.exec(`BEGIN; ${TABLES} COMMIT`);
  return undefined;
}

function createStore(db: DatabaseSync, keys: KeyFile, tombstones: Tombstones): NodeRecordStore {
  const find = db.prepare("SELECT place, half, sealed FROM record WHERE rid = ?");
  const add = db.prepare("INSERT INTO record (rid, place, half, sealed) VALUES (?, ?, ?, ?)");
  const put = db.prepare("UPDATE record SET half = ?, sealed = ? WHERE rid = ?");
  const drop = db.prepare("DELETE FROM record WHERE rid = ?");
  const lastPlace = db.prepare("SELECT coalesce(max(place), -1) AS place FROM record");
  const addKid = db.prepare("INSERT OR IGNORE INTO kid (kid, rid) VALUES (?, ?)");
  const dropKids = db.prepare("DELETE FROM kid WHERE rid = ?");
  const ridOf = db.prepare("SELECT rid FROM kid WHERE kid = ?");
  const addKill = db.prepare("INSERT INTO kill (url, gid, gx, kid, token) VALUES (?, ?, ?, ?, ?)");
  // Beside min(), SQLite gives the other columns of the row that has it. A clock that was set back keeps nothing waiting.
  const kills = db.prepare(
    `SELECT min(place) AS place, url, gid, gx, kid, token, tries FROM kill
     WHERE due <= $now OR due > $now + ${KILL_WAIT_MS_MAX} GROUP BY gid, url ORDER BY due, place LIMIT $limit`,
  );
  const putOffKills = db.prepare("UPDATE kill SET due = ?, tries = tries + 1 WHERE gid = ? AND url = ?");
  const dropKill = db.prepare("DELETE FROM kill WHERE place = ?");
  const rowOf = (rid: Uint8Array): Row | undefined => find.get(rid) as Row | undefined;

  /** Of a write that was cut short one of the two keys is of no use; of a wipe, the record may still be there. */
  function repair(): void {
    const rows = db.prepare("SELECT rid, place, half FROM record").all() as (Row & { rid: Uint8Array })[];
    const used = new Set(rows.map(({ place, half }) => keyPlace(place, half)));
    const unused = Array.from({ length: keys.places }, (_, place) => place).filter((one) => !used.has(one));
    if (unused.length > 0) keys.forget(unused);
    for (const { rid } of rows) if (tombstones.has(rid)) remove(rid);
  }

  function remove(rid: Uint8Array): void {
    const row = rowOf(rid);
    if (!row) return;
    transact(() => {
      drop.run(rid);
      dropKids.run(rid);
    });
    keys.forget([keyPlace(row.place, 0), keyPlace(row.place, 1)]);
  }

  function transact(work: () => void): void {
    db.exec("BEGIN IMMEDIATE");
    try {
      work();
      db.exec("COMMIT");
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  }

  function write(rid: Uint8Array, record: Uint8Array, queued: readonly Kill[]): void {
    const row = rowOf(rid);
    const place = row?.place ?? Number(lastPlace.get()?.["place"]) + 1;
    const half = row ? 1 - row.half : 0;
    const sealed = seal(keys.renew(keyPlace(place, half)), rid, record);
    transact(() => {
      if (row) put.run(half, sealed, rid);
      else {
        add.run(rid, place, half, sealed);
        for (const kid of kidsOf(record)) addKid.run(kid, rid);
      }
      for (const { url, gid, gx, kid, token } of queued) addKill.run(url, gid, gx, kid, token);
    });
    keys.forget([keyPlace(place, 1 - half)]);
  }

  repair();
  return {
    read(rid) {
      const row = rowOf(rid);
      return Promise.resolve(row && unseal(keys.read(keyPlace(row.place, row.half)), rid, row.sealed));
    },
    write: (rid, record, queued) => attempt(() => write(rid, record, queued)),
    wipe: (rid) =>
      attempt(() => {
        tombstones.add(rid);
        remove(rid);
      }),
    isWiped: (rid) => Promise.resolve(tombstones.has(rid)),
    ridOfKill: (kid) => Promise.resolve(ridOf.get(kid)?.["rid"] as Uint8Array | undefined),
    queuedKills: (now, limit) => kills.all({ now, limit }) as QueuedKill[],
    putOffKill: ({ gid, url }, due) => attempt(() => void putOffKills.run(due, gid, url)),
    dropKill: ({ place }) => attempt(() => void dropKill.run(place)),
    close() {
      db.close();
      keys.close();
      tombstones.close();
    },
  };
}

const keyPlace = (place: number, half: number): number => 2 * place + half;

function kidsOf(bytes: Uint8Array): readonly Uint8Array[] {
  const record = bytesToRecord(bytes);
  assert(record.ok, "a guardian writes records");
  return record.value.registration.killIn.map(({ kid }) => kid);
}

function seal(key: Buffer, rid: Uint8Array, record: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, NONCE).setAAD(rid);
  const sealed = Buffer.concat([cipher.update(record), cipher.final(), cipher.getAuthTag()]);
  key.fill(0);
  return sealed;
}

/** Undefined where the key is gone, as after a backup of the database alone was put back. */
function unseal(key: Buffer, rid: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv("aes-256-gcm", key, NONCE).setAAD(rid);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]));
  } catch {
    return undefined;
  } finally {
    key.fill(0);
  }
}

const SQLITE_FULL_CODES: ReadonlySet<number> = new Set([5, 8, 10, 13]);
const FILE_FULL_CODES: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EIO", "EROFS", "EFBIG"]);

/** What the disk refuses is a value; anything else is our bug. */
function attempt(work: () => void): Promise<Result<void, StoreFailure>> {
  try {
    work();
    return Promise.resolve(ok(undefined));
  } catch (error) {
    return isDiskFault(error) ? Promise.resolve(err("full")) : Promise.reject(error as Error);
  }
}

function isDiskFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("errcode" in error && typeof error.errcode === "number")
    return SQLITE_FULL_CODES.has(error.errcode & 0xff);
  return "code" in error && typeof error.code === "string" && FILE_FULL_CODES.has(error.code);
}
