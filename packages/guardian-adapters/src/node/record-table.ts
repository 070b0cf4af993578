/** Sealed records by name, and the kids that they listen to; what is not said to be durable, the caller makes so. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { bytesToRecord, type GuardianRecord } from "@sotto/guardian";
import type { KeyFile } from "./key-file.ts";

const TAG_BYTES = 16;
/** A key seals one record once. */
const NONCE = Buffer.alloc(12);

type Row = { readonly place: number; readonly half: 0 | 1; readonly sealed: Uint8Array };

export class RecordTable {
  readonly #db: DatabaseSync;
  readonly #keys: KeyFile;
  readonly #find;
  readonly #add;
  readonly #replace;
  readonly #drop;
  readonly #count;
  readonly #lastPlace;
  readonly #addKid;
  readonly #dropKids;
  readonly #ridOfKid;
  readonly #ridOfToken;

  constructor(db: DatabaseSync, keys: KeyFile) {
    this.#db = db;
    this.#keys = keys;
    this.#find = db.prepare("SELECT place, half, sealed FROM record WHERE rid = ?");
    this.#add = db.prepare("INSERT INTO record (rid, place, half, sealed) VALUES (?, ?, ?, ?)");
    this.#replace = db.prepare("UPDATE record SET half = ?, sealed = ? WHERE rid = ?");
    this.#drop = db.prepare("DELETE FROM record WHERE rid = ?");
    this.#count = db.prepare("SELECT count(*) AS count FROM record");
    this.#lastPlace = db.prepare("SELECT coalesce(max(place), -1) AS place FROM record");
    this.#addKid = db.prepare("INSERT OR IGNORE INTO kid (kid, rid, tokenHash) VALUES (?, ?, ?)");
    this.#dropKids = db.prepare("DELETE FROM kid WHERE rid = ?");
    this.#ridOfKid = db.prepare("SELECT rid FROM kid WHERE kid = ?");
    this.#ridOfToken = db.prepare("SELECT rid FROM kid WHERE tokenHash = ?");
  }

  read(rid: Uint8Array): Uint8Array | undefined {
    const row = this.#rowOf(rid);
    return row && unseal(this.#keys.read(keyPlace(row.place, row.half)), rid, row.sealed);
  }

  recordOf(rid: Uint8Array): GuardianRecord | undefined {
    const bytes = this.read(rid);
    const record = bytes && bytesToRecord(bytes);
    bytes?.fill(0);
    return record?.ok === true ? record.value : undefined;
  }

  /** Under a new key, which is not synced. The place of the key that is of no use afterwards. */
  put(rid: Uint8Array, bytes: Uint8Array): number {
    const row = this.#rowOf(rid);
    const place = row?.place ?? Number(this.#lastPlace.get()?.["place"]) + 1;
    const half = row ? 1 - row.half : 0;
    const sealed = seal(this.#keys.renew(keyPlace(place, half)), rid, bytes);
    if (row) this.#replace.run(half, sealed, rid);
    else {
      this.#add.run(rid, place, half, sealed);
      const made = bytesToRecord(bytes);
      for (const { kid, tokenHash } of made.ok ? made.value.registration.killIn : [])
        this.#addKid.run(kid, rid, tokenHash);
    }
    return keyPlace(place, 1 - half);
  }

  /** The places of its keys, which are of no use afterwards. */
  drop(rid: Uint8Array): readonly number[] {
    const row = this.#rowOf(rid);
    this.#drop.run(rid);
    this.#dropKids.run(rid);
    return row ? [keyPlace(row.place, 0), keyPlace(row.place, 1)] : [];
  }

  ridOfKid(kid: Uint8Array): Uint8Array | undefined {
    return this.#ridOfKid.get(kid)?.["rid"] as Uint8Array | undefined;
  }

  ridOfToken(hash: Uint8Array): Uint8Array | undefined {
    return this.#ridOfToken.get(hash)?.["rid"] as Uint8Array | undefined;
  }

  count(): number {
    return Number(this.#count.get()?.["count"]);
  }

  rids(): readonly Uint8Array[] {
    return this.#db
      .prepare("SELECT rid FROM record")
      .all()
      .map((row) => row["rid"] as Uint8Array);
  }

  /** Places of the key file that no record uses. */
  unusedKeys(): readonly number[] {
    const rows = this.#db.prepare("SELECT place, half FROM record").all() as Pick<Row, "place" | "half">[];
    const used = new Set(rows.map(({ place, half }) => keyPlace(place, half)));
    return Array.from({ length: this.#keys.places }, (_, place) => place).filter((one) => !used.has(one));
  }

  #rowOf(rid: Uint8Array): Row | undefined {
    return this.#find.get(rid) as Row | undefined;
  }
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
