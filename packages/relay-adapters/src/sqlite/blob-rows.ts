/** The rows of blobs, and the key that each file is encrypted with. */
import type { DatabaseSync } from "node:sqlite";
import { fromHex, toHex } from "@sotto/protocol";
import type { KeptBlob } from "@sotto/relay";

type Row = {
  readonly name: Uint8Array;
  readonly grant_hash: Uint8Array;
  readonly bytes: number;
  readonly received: number;
  readonly until: number;
  readonly writable_until: number;
  readonly key: Uint8Array | null;
};

export function createBlobRows(db: DatabaseSync) {
  const select = db.prepare("SELECT * FROM blob WHERE name = ?");
  const selectDue = db.prepare("SELECT * FROM blob WHERE until <= ? ORDER BY until LIMIT ?");
  const selectLive = db.prepare("SELECT * FROM blob WHERE key IS NOT NULL");
  const insert = db.prepare(
    "INSERT INTO blob (name, grant_hash, bytes, received, until, writable_until, key) VALUES (?, ?, ?, ?, ?, ?, ?)" +
      " ON CONFLICT DO NOTHING",
  );
  const update = db.prepare("UPDATE blob SET received = ?, until = ? WHERE name = ? AND key IS NOT NULL");
  const remove = db.prepare("DELETE FROM blob WHERE name = ?");
  const rowOf = (name: string): Row | undefined => select.get(fromHex(name)) as Row | undefined;
  const valuesOf = (name: string, { grant, bytes, received, until, writableUntil }: KeptBlob) =>
    [fromHex(name), fromHex(grant), bytes, received, until, writableUntil] as const;

  return {
    find(name: string): KeptBlob | undefined {
      const row = rowOf(name);
      return row && blobOf(row);
    },
    /** Undefined where the blob is gone or was never there. */
    keyOf: (name: string): Uint8Array | undefined => rowOf(name)?.key ?? undefined,
    /** Whether there was no row before. */
    add: (name: string, blob: KeptBlob, key: Uint8Array): boolean =>
      insert.run(...valuesOf(name, blob), key).changes === 1,
    /** Whether it is still there. */
    advance: (name: string, { received, until }: KeptBlob): boolean =>
      update.run(received, until, fromHex(name)).changes === 1,
    /** All or nothing, so that no crash leaves a blob neither there nor gone. */
    replace(name: string, left: KeptBlob | undefined): void {
      db.exec("BEGIN IMMEDIATE");
      try {
        remove.run(fromHex(name));
        if (left) insert.run(...valuesOf(name, left), null);
        db.exec("COMMIT");
      } catch (error) {
        if (db.isTransaction) db.exec("ROLLBACK");
        throw error;
      }
    },
    due: (now: number, max: number): readonly (readonly [string, KeptBlob])[] =>
      (selectDue.all(now, max) as Row[]).map((row) => [toHex(row.name), blobOf(row)]),
    live: (): readonly (readonly [string, KeptBlob])[] =>
      (selectLive.all() as Row[]).map((row) => [toHex(row.name), blobOf(row)]),
  };
}

const blobOf = (row: Row): KeptBlob => ({
  grant: toHex(row.grant_hash),
  bytes: row.bytes,
  received: row.received,
  until: row.until,
  writableUntil: row.writable_until,
  isGone: row.key === null,
});
