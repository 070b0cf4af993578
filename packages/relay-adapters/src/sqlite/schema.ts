/**
 * The relay's database file: its tables, its version and how it is opened. Spec: spec/storage.md.
 * WAL with FULL sync: what COMMIT returned from survives a power cut. secure_delete: what is deleted is overwritten.
 */
import { DatabaseSync } from "node:sqlite";
import { err, ok, type Result } from "@sotto/protocol";

/** "Soto" in ASCII: tells our file from any other SQLite database. */
const APPLICATION_ID = 0x536f746f;
const BUSY_TIMEOUT_MS = 5_000;
const PAGE_CACHE_KIB = 65_536;
/** Journal rows are long: larger pages than SQLite's own cost a fifth less. */
const PAGE_BYTES = 8_192;
/**
 * The WAL is carried into the database a megabyte at a time: all at once, when it is emptied, would hold up every batch
 * for tens of milliseconds.
 */
const WAL_PAGES_MAX = 128;

const TABLES = `
CREATE TABLE channel (
  id INTEGER PRIMARY KEY,
  cid BLOB NOT NULL UNIQUE,
  state BLOB NOT NULL,
  due INTEGER) STRICT;
CREATE INDEX channel_due ON channel (due) WHERE due IS NOT NULL;

CREATE TABLE entry (
  channel INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  time INTEGER NOT NULL,
  until INTEGER NOT NULL,
  id BLOB NOT NULL,
  head BLOB NOT NULL,
  body_bytes INTEGER NOT NULL,
  wire BLOB NOT NULL,
  PRIMARY KEY (channel, seq)) WITHOUT ROWID, STRICT;

-- Accepted, and not yet settled into the tables above: one row for each batch.
CREATE TABLE journal (place INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;

-- What repeated requests are answered with once their entries are forgotten. Rows are in the order of time.
CREATE TABLE answer (
  place INTEGER PRIMARY KEY,
  channel INTEGER NOT NULL,
  through INTEGER NOT NULL,
  until INTEGER NOT NULL,
  answers BLOB NOT NULL) STRICT;
CREATE INDEX answer_channel ON answer (channel, through);

CREATE TABLE used_key (
  channel INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (channel, key)) WITHOUT ROWID, STRICT;

CREATE TABLE inbox (
  inbox_id BLOB PRIMARY KEY, state BLOB NOT NULL, due INTEGER) STRICT;
CREATE INDEX inbox_due ON inbox (due) WHERE due IS NOT NULL;
CREATE TABLE body (
  inbox_id BLOB NOT NULL, name TEXT NOT NULL, bytes BLOB NOT NULL, UNIQUE (inbox_id, name)) STRICT;

CREATE TABLE code (
  hash BLOB PRIMARY KEY, until INTEGER NOT NULL, used_for BLOB, granted INTEGER NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE token (hash BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID, STRICT;
CREATE INDEX token_until ON token (until);
`;

/** Journal rows and channels get what version 2 of each has; the keys a channel has known get an order. */
const LIMITS_OF_CHANNELS = `
UPDATE journal SET entries = CAST(x'01' || entries AS BLOB);
UPDATE channel SET state = CAST(x'02' || substr(state, 2) || x'0000000000000000' AS BLOB);

ALTER TABLE used_key RENAME TO unordered_key;
-- A row's keys came one after the other; the last of them was the channel's key number "through".
CREATE TABLE used_key (
  place INTEGER PRIMARY KEY, channel INTEGER NOT NULL, through INTEGER NOT NULL, keys BLOB NOT NULL) STRICT;
CREATE INDEX used_key_channel ON used_key (channel, through);
INSERT INTO used_key (channel, through, keys)
  SELECT channel, row_number() OVER (PARTITION BY channel ORDER BY key), key FROM unordered_key;
DROP TABLE unordered_key;
`;

/** Sealed backups of recovery kits. */
const BACKUPS = `
CREATE TABLE backup (name BLOB PRIMARY KEY, number INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
`;

/** What lies in the folder of blobs. Without its key a file is noise; one that is gone has none. */
const BLOBS = `
CREATE TABLE blob (
  name BLOB PRIMARY KEY,
  grant_hash BLOB NOT NULL,
  bytes INTEGER NOT NULL,
  received INTEGER NOT NULL,
  until INTEGER NOT NULL,
  writable_until INTEGER NOT NULL,
  key BLOB) STRICT;
CREATE INDEX blob_until ON blob (until);
`;

/** From version n (its place) to n + 1. Append only. */
const MIGRATIONS: readonly string[] = [TABLES, LIMITS_OF_CHANNELS, BACKUPS, BLOBS];
const SCHEMA_VERSION = MIGRATIONS.length;

export type OpenProblem =
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "foreign" }
  | { readonly kind: "unreadable"; readonly cause: unknown };

/** Opens or makes the file, and brings an older one forward. Refuses a newer one, and one that is not ours. */
export function openDatabase(path: string): Result<DatabaseSync, OpenProblem> {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    const problem = prepare(db);
    if (!problem) return ok(db);
    db.close();
    return err(problem);
  } catch (cause) {
    if (db?.isOpen) db.close();
    return err({ kind: "unreadable", cause });
  }
}

function prepare(db: DatabaseSync): OpenProblem | undefined {
  const version = pragma(db, "user_version");
  const applicationId = pragma(db, "application_id");
  const isNew = version === 0 && applicationId === 0 && pragma(db, "schema_version") === 0;
  if (!isNew && applicationId !== APPLICATION_ID) return { kind: "foreign" };
  if (version > SCHEMA_VERSION) return { kind: "newer", version };
  db.exec(`
    PRAGMA page_size = ${PAGE_BYTES};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -${PAGE_CACHE_KIB};
    PRAGMA wal_autocheckpoint = ${WAL_PAGES_MAX};
  `);
  migrate(db);
  return undefined;
}

function migrate(db: DatabaseSync): void {
  db.exec("BEGIN IMMEDIATE"); // another process may be migrating: look again inside
  for (const [version, migration] of MIGRATIONS.entries())
    if (version >= pragma(db, "user_version")) db.exec(`${migration}; PRAGMA user_version = ${version + 1};`);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; COMMIT`);
}

const pragma = (db: DatabaseSync, name: string): number =>
  Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const UNWRITABLE: ReadonlySet<number> = new Set([SQLITE_BUSY, SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL]);

/**
 * Whether SQLite could not write: the disk is full, failing or read-only, or another process kept the file to itself for
 * too long. Anything else is our bug.
 */
export function isStorageFull(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return false;
  const primary = error.errcode & 0xff;
  return UNWRITABLE.has(primary);
}
