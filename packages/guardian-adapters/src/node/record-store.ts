/**
 * A guardian's records in SQLite, each sealed under a key that stands in another file and is new with every write.
 * What a write replaced, and what was wiped, is in no byte of either file afterwards. Writes that come together are
 * made durable together. Spec: spec/guardian.md, "Storage".
 */
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { err, ok, type Result } from "@sotto/protocol";
import { farewellsOf, tokenFor, type Message, type RecordStore, type StoreFailure } from "@sotto/guardian";
import { attempt, prepare, transact } from "./database.ts";
import { KeyFile } from "./key-file.ts";
import { MessageQueue, type WaitingMessage } from "./message-queue.ts";
import { RecordTable } from "./record-table.ts";
import { Tombstones } from "./tombstones.ts";
import { WriteBatch } from "./write-batch.ts";

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
  const records = new RecordTable(db, keys);
  const queue = new MessageQueue(db);
  const batch = new WriteBatch((writes: readonly Write[]) => attempt(() => writeAll(writes)));

  /** Each of another record: the key that a write replaces is overwritten only once all are durable. */
  function writeAll(writes: readonly Write[]): void {
    const replaced: number[] = [];
    transact(db, () => {
      for (const { rid, record, messages } of writes) {
        replaced.push(records.put(rid, record));
        queue.add(rid, messages);
      }
      keys.sync();
    });
    keys.forget(replaced);
  }

  function wipe(rid: Uint8Array): void {
    tombstones.add(rid);
    const record = records.recordOf(rid);
    let left: readonly number[] = [];
    transact(db, () => {
      left = records.drop(rid);
      if (record) queue.bidFarewell(rid, farewellsOf(record));
    });
    keys.forget(left);
  }

  function toSend({ farewell, rid, passedOn, ...to }: WaitingMessage): QueuedMessage {
    if (farewell) return { ...to, kind: "wiped", token: farewell };
    const record = records.recordOf(rid);
    const token = record ? tokenFor(record, to.kid, randomBytes) : randomBytes(32);
    return { ...to, kind: "kill", token, passedOn: passedOn === 1 };
  }

  // Of a write that was cut short one of the two keys is of no use; of a wipe, the record may still be there.
  keys.forget(records.unusedKeys());
  for (const rid of records.rids()) if (tombstones.has(rid)) wipe(rid);
  return {
    read: (rid) => Promise.resolve(tombstones.has(rid) ? undefined : records.read(rid)),
    write: (rid, record, messages) => batch.add(rid, { rid, record, messages }),
    wipe: async (rid) => attempt(() => wipe(rid)),
    isWiped: (rid) => Promise.resolve(tombstones.has(rid)),
    ridOfKill: (kid) => Promise.resolve(records.ridOfKid(kid)),
    ridOfToken: (hash) => Promise.resolve(records.ridOfToken(hash)),
    count: () => Promise.resolve(records.count() + queue.countFarewells()),
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
