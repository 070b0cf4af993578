/** A guardian's database: its tables, its transactions, and what of its disk is a value. Spec: spec/guardian.md, "Storage". */
import type { DatabaseSync } from "node:sqlite";
import type { StoreFailure } from "@sotto/guardian";
import { err, ok, type Result } from "@sotto/protocol";

/** "Sgrd" in ASCII. */
const APPLICATION_ID = 0x53677264;
const SCHEMA_VERSION = 1;

// DELETE and FULL: what was replaced is overwritten where it lay, and no log keeps it.
const PRAGMAS = `
PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;`;
const TABLES = `
CREATE TABLE record (rid BLOB PRIMARY KEY, place INTEGER NOT NULL UNIQUE, half INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
CREATE TABLE kid (kid BLOB PRIMARY KEY, rid BLOB NOT NULL, tokenHash BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE INDEX kidByToken ON kid (tokenHash);
CREATE INDEX kidByRecord ON kid (rid);
CREATE TABLE message (place INTEGER PRIMARY KEY AUTOINCREMENT, gid BLOB NOT NULL, kid BLOB NOT NULL,
  rid BLOB NOT NULL, passedOn INTEGER NOT NULL, farewell BLOB, tries INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL DEFAULT 0, UNIQUE (rid, kid)) STRICT;
CREATE INDEX messageByReceiver ON message (gid);
CREATE INDEX farewells ON message (place) WHERE farewell IS NOT NULL;
CREATE TABLE tombstone (gid BLOB NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE,
  PRIMARY KEY (gid, place)) WITHOUT ROWID, STRICT;
PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};`;

/** Undefined once the tables are there. */
export function prepare(db: DatabaseSync): "newer" | "foreign" | undefined {
  const pragma = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const version = pragma("user_version");
  const isNew = version === 0 && pragma("application_id") === 0 && pragma("schema_version") === 0;
  if (!isNew && pragma("application_id") !== APPLICATION_ID) return "foreign";
  if (version > SCHEMA_VERSION) return "newer";
  db.exec(PRAGMAS);
  if (isNew) db.exec(`BEGIN; ${TABLES} COMMIT`);
  return undefined;
}

/** All of `work`, or nothing. */
export function transact(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

const SQLITE_FULL_CODES: ReadonlySet<number> = new Set([5, 8, 10, 13]);
const FILE_FULL_CODES: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EIO", "EROFS", "EFBIG"]);

/** What the disk refuses is a value; anything else is our bug. */
export function attempt(work: () => void): Result<void, StoreFailure> {
  try {
    work();
    return ok(undefined);
  } catch (error) {
    if (isDiskFault(error)) return err("full");
    throw error;
  }
}

function isDiskFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("errcode" in error && typeof error.errcode === "number")
    return SQLITE_FULL_CODES.has(error.errcode & 0xff);
  return "code" in error && typeof error.code === "string" && FILE_FULL_CODES.has(error.code);
}
