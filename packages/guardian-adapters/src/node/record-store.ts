/**
 * A guardian's records in SQLite, each sealed under a key that stands in another file and is new with every write.
 * What a write replaced, and what was wiped, is in no byte of either file afterwards. Writes that come together are
 * made durable together. Spec: spec/guardian.md, "Storage".
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { err, ok, type Result } from "@sotto/protocol";
import {
  bytesToRecord,
  farewellsOf,
  tokenFor,
  type GuardianRecord,
  type Message,
  type RecordStore,
  type StoreFailure,
} from "@sotto/guardian";
import { KeyFile } from "./key-file.ts";
import { MessageQueue, type WaitingMessage } from "./message-queue.ts";
import { prepare } from "./schema.ts";
import { Tombstones } from "./tombstones.ts";
import { WriteBatch } from "./write-batch.ts";

const TAG_BYTES = 16;
/** A key seals one record once. */
const NONCE = Buffer.alloc(12);

/** What is to be sent now, and says so. `tries`: how often it was put off. */
export type QueuedMessage = Omit<Message, "passedOn"> & {
  readonly place: number;
  readonly tries: number;
  readonly token: Uint8Array;
} & ({ readonly kind: "kill"; readonly passedOn: boolean } | { readonly kind: "wiped" });

export type NodeRecordStore = RecordStore & {
  /** For each guardian that something may be sent to by `now`, what waits longest for it. */
  queuedMessages(now: number, limit: number): readonly QueuedMessage[];
  /** Nothing goes to its receiver before `due`, but what is new. */
  putOffMessage(message: QueuedMessage, due: number): Result<void, StoreFailure>;
  /** It was acknowledged. */
  dropMessage(message: QueuedMessage): Result<void, StoreFailure>;
  close(): void;
};

export type StoreProblem = { readonly kind: "newer" | "foreign" | "unreadable"; readonly cause?: unknown };

type Row = { readonly place: number; readonly half: 0 | 1; readonly sealed: Uint8Array };
type Write = {
  readonly rid: Uint8Array;
  readonly record: Uint8Array;
  readonly messages: readonly Message[];
};

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

function createStore(db: DatabaseSync, keys: KeyFile, tombstones: Tombstones): NodeRecordStore {
  const find = db.prepare("SELECT place, half, sealed FROM record WHERE rid = ?");
  const add = db.prepare("INSERT INTO record (rid, place, half, sealed) VALUES (?, ?, ?, ?)");
  const put = db.prepare("UPDATE record SET half = ?, sealed = ? WHERE rid = ?");
  const drop = db.prepare("DELETE FROM record WHERE rid = ?");
  const count = db.prepare("SELECT count(*) AS count FROM record");
  const lastPlace = db.prepare("SELECT coalesce(max(place), -1) AS place FROM record");
  const addKid = db.prepare("INSERT OR IGNORE INTO kid (kid, rid, tokenHash) VALUES (?, ?, ?)");
  const dropKids = db.prepare("DELETE FROM kid WHERE rid = ?");
  const ridOfKid = db.prepare("SELECT rid FROM kid WHERE kid = ?");
  const ridOfHash = db.prepare("SELECT rid FROM kid WHERE tokenHash = ?");
  const queue = new MessageQueue(db);
  const batch = new WriteBatch((writes: readonly Write[]) => attempt(() => writeAll(writes)));
  const rowOf = (rid: Uint8Array): Row | undefined => find.get(rid) as Row | undefined;

  function read(rid: Uint8Array): Uint8Array | undefined {
    const row = rowOf(rid);
    return row && unseal(keys.read(keyPlace(row.place, row.half)), rid, row.sealed);
  }

  function recordOf(rid: Uint8Array): GuardianRecord | undefined {
    const bytes = read(rid);
    const record = bytes && bytesToRecord(bytes);
    bytes?.fill(0);
    return record?.ok === true ? record.value : undefined;
  }

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
    const record = recordOf(rid);
    transact(() => {
      drop.run(rid);
      dropKids.run(rid);
      if (record) queue.bidFarewell(rid, farewellsOf(record));
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

  /** Each of another record: the key that a write replaces is overwritten only once all are durable. */
  function writeAll(writes: readonly Write[]): void {
    const replaced: number[] = [];
    transact(() => {
      for (const one of writes) replaced.push(write(one));
      keys.sync();
    });
    keys.forget(replaced);
  }

  /** The place of the key that is of no use afterwards. */
  function write({ rid, record, messages }: Write): number {
    const row = rowOf(rid);
    const place = row?.place ?? Number(lastPlace.get()?.["place"]) + 1;
    const half = row ? 1 - row.half : 0;
    const sealed = seal(keys.renew(keyPlace(place, half)), rid, record);
    if (row) put.run(half, sealed, rid);
    else {
      add.run(rid, place, half, sealed);
      const made = bytesToRecord(record);
      for (const { kid, tokenHash } of made.ok ? made.value.registration.killIn : [])
        addKid.run(kid, rid, tokenHash);
    }
    queue.add(rid, messages);
    return keyPlace(place, 1 - half);
  }

  function toSend({ farewell, rid, passedOn, ...to }: WaitingMessage): QueuedMessage {
    if (farewell) return { ...to, kind: "wiped", token: farewell };
    const record = recordOf(rid);
    const token = record ? tokenFor(record, to.kid, randomBytes) : randomBytes(32);
    return { ...to, kind: "kill", token, passedOn: passedOn === 1 };
  }

  repair();
  return {
    read: (rid) => Promise.resolve(read(rid)),
    write: (rid, record, messages) => batch.add(rid, { rid, record, messages }),
    wipe: async (rid) =>
      attempt(() => {
        tombstones.add(rid);
        remove(rid);
      }),
    isWiped: (rid) => Promise.resolve(tombstones.has(rid)),
    ridOfKill: (kid) => Promise.resolve(ridOfKid.get(kid)?.["rid"] as Uint8Array | undefined),
    ridOfToken: (hash) => Promise.resolve(ridOfHash.get(hash)?.["rid"] as Uint8Array | undefined),
    count: () => Promise.resolve(Number(count.get()?.["count"]) + queue.countFarewells()),
    tombstonesFor: (peer, after, limit) => Promise.resolve(queue.tombstonesFor(peer, after, limit)),
    queuedMessages: (now, limit) => queue.due(now, limit).map(toSend),
    putOffMessage: ({ gid }, due) => attempt(() => queue.putOff(gid, due)),
    dropMessage: ({ place }) => attempt(() => queue.drop(place)),
    close() {
      batch.flush();
      db.close();
      keys.close();
      tombstones.close();
    },
  };
}

const keyPlace = (place: number, half: number): number => 2 * place + half;

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
function attempt(work: () => void): Result<void, StoreFailure> {
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
