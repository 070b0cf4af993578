/**
 * What other guardians are still to be told, and for ever the tombstones that go to them. A message is a note: the row of
 * a kid is the same whether duress or a wrong PIN made it. Spec: spec/guardian.md, GD20–GD24.
 */
import type { DatabaseSync } from "node:sqlite";
import type { Farewell, Message } from "@sotto/guardian";

/** No message to another guardian is put off for longer. */
export const MESSAGE_WAIT_MS_MAX = 600_000;

/** `tries`: how often it was put off. `farewell`: the token of a record that was wiped. */
export type WaitingMessage = {
  readonly place: number;
  readonly tries: number;
  readonly gid: Uint8Array;
  readonly kid: Uint8Array;
  readonly rid: Uint8Array;
  readonly passedOn: 0 | 1;
  readonly farewell: Uint8Array | null;
};

export class MessageQueue {
  readonly #add;
  readonly #bid;
  readonly #due;
  readonly #putOff;
  readonly #drop;
  readonly #countFarewells;
  readonly #addTombstone;
  readonly #tombstones;

  constructor(db: DatabaseSync) {
    // A new place, so that an acknowledgement of what was under way takes nothing away that is newer.
    this.#add = db.prepare(
      `INSERT OR REPLACE INTO message (gid, kid, rid, passedOn) VALUES ($gid, $kid, $rid,
         min($passedOn, coalesce((SELECT passedOn FROM message WHERE rid = $rid AND kid = $kid), 1)))`,
    );
    this.#bid = db.prepare(
      "INSERT OR REPLACE INTO message (gid, kid, rid, passedOn, farewell) VALUES ($gid, $kid, $rid, 0, $token)",
    );
    // Beside min(), SQLite gives the other columns of the row that has it. A clock that was set back keeps nothing waiting.
    this.#due = db.prepare(
      `SELECT min(place) AS place, tries, gid, kid, rid, passedOn, farewell FROM message
       WHERE due <= $now OR due > $now + ${MESSAGE_WAIT_MS_MAX} GROUP BY gid ORDER BY due, place LIMIT $limit`,
    );
    this.#putOff = db.prepare("UPDATE message SET due = ?, tries = tries + 1 WHERE gid = ?");
    this.#drop = db.prepare("DELETE FROM message WHERE place = ?");
    this.#countFarewells = db.prepare("SELECT count(*) AS count FROM message WHERE farewell IS NOT NULL");
    this.#addTombstone = db.prepare(
      `INSERT OR IGNORE INTO tombstone (gid, place, hash)
       VALUES ($gid, (SELECT coalesce(max(place) + 1, 0) FROM tombstone WHERE gid = $gid), $hash)`,
    );
    this.#tombstones = db.prepare(
      "SELECT hash FROM tombstone WHERE gid = ? AND place >= ? ORDER BY place LIMIT ?",
    );
  }

  add(rid: Uint8Array, messages: readonly Message[]): void {
    for (const { gid, kid, passedOn } of messages)
      this.#add.run({ gid, kid, rid, passedOn: Number(passedOn) });
  }

  bidFarewell(rid: Uint8Array, farewells: readonly Farewell[]): void {
    for (const { gid, kid, token, hash } of farewells) {
      this.#addTombstone.run({ gid, hash });
      this.#bid.run({ gid, kid, rid, token });
    }
  }

  /** For each guardian that something may be sent to by `now`, what waits longest for it. */
  due(now: number, limit: number): readonly WaitingMessage[] {
    return this.#due.all({ now, limit }) as WaitingMessage[];
  }

  /** Nothing goes to this guardian before `due`, but what is new. */
  putOff(gid: Uint8Array, due: number): void {
    this.#putOff.run(due, gid);
  }

  drop(place: number): void {
    this.#drop.run(place);
  }

  countFarewells(): number {
    return Number(this.#countFarewells.get()?.["count"]);
  }

  tombstonesFor(peer: Uint8Array, after: number, limit: number): readonly Uint8Array[] {
    return this.#tombstones.all(peer, after, limit).map((row) => row["hash"] as Uint8Array);
  }
}
