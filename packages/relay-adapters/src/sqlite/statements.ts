/** Every statement the store runs, prepared once, with the types of its rows. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { fromHex } from "@sotto/protocol";
import type { Code, Inbox, KeptBackup, Rows, StoredEntry } from "@sotto/relay";
import { bytesToInbox, inboxDueAt, inboxToBytes } from "@sotto/relay";

type Bytes = Uint8Array<ArrayBuffer>;
export type ChannelRow = {
  readonly id: number;
  readonly cid: Bytes;
  readonly state: Bytes;
  readonly due: number | null;
};
export type EntryRow = {
  readonly seq: number;
  readonly time: number;
  readonly until: number;
  readonly id: Bytes;
  readonly head: Bytes;
  readonly body_bytes: number;
  readonly wire: Bytes;
};
export const rowToEntry = (row: EntryRow): StoredEntry => ({
  seq: row.seq,
  time: row.time,
  until: row.until,
  id: row.id,
  head: row.head,
  bodyBytes: row.body_bytes,
  wire: row.wire,
});

/** A prepared statement whose rows have a known shape: the schema is ours, so the shape is stated, not checked. */
function typed<Row>(statement: StatementSync) {
  return {
    one: (...values: SQLInputValue[]) => statement.get(...values) as Row | undefined,
    all: (...values: SQLInputValue[]) => statement.all(...values) as Row[],
    each: (...values: SQLInputValue[]) => statement.iterate(...values) as Iterable<Row>,
  };
}

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(db: DatabaseSync) {
  const read = <Row>(sql: string) => typed<Row>(db.prepare(sql));
  const write = (sql: string) => {
    const statement = db.prepare(sql);
    return (...values: SQLInputValue[]): void => void statement.run(...values);
  };
  return {
    begin: write("BEGIN IMMEDIATE"),
    commit: write("COMMIT"),
    rollback: write("ROLLBACK"),

    channelByCid: read<ChannelRow>("SELECT id, cid, state, due FROM channel WHERE cid = ?"),
    channelById: read<ChannelRow>("SELECT id, cid, state, due FROM channel WHERE id = ?"),
    channelsDue: read<{ cid: Bytes }>("SELECT cid FROM channel WHERE due <= ? ORDER BY due LIMIT ?"),
    addChannel: read<{ id: number }>("INSERT INTO channel (cid, state) VALUES (?, ?) RETURNING id"),
    putChannel: write("UPDATE channel SET state = ?, due = ? WHERE id = ?"),

    addEntry: write(
      "INSERT INTO entry (channel, seq, time, until, id, head, body_bytes, wire) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    putTombstone: write("UPDATE entry SET until = ?, body_bytes = 0, wire = ? WHERE channel = ? AND seq = ?"),
    dropEntry: write("DELETE FROM entry WHERE channel = ? AND seq = ?"),
    takeEntries: read<Omit<EntryRow, "wire" | "until">>(
      "DELETE FROM entry WHERE channel = ? AND seq > ? AND seq <= ? RETURNING seq, time, id, head, body_bytes",
    ),
    entry: read<EntryRow>("SELECT * FROM entry WHERE channel = ? AND seq = ?"),
    entriesDue: read<EntryRow>("SELECT * FROM entry WHERE channel = ? AND until <= ? ORDER BY seq"),
    earliestUntil: read<{ due: number | null }>("SELECT min(until) AS due FROM entry WHERE channel = ?"),
    wiresBetween: read<{ seq: number; wire: Bytes }>(
      "SELECT seq, wire FROM entry WHERE channel = ? AND seq > ? AND seq <= ? ORDER BY seq",
    ),
    anyBetween: read<{ one: number }>(
      "SELECT 1 AS one FROM entry WHERE channel = ? AND seq > ? AND seq <= ? LIMIT 1",
    ),
    idsOf: read<{ id: Bytes; seq: number }>("SELECT id, seq FROM entry WHERE channel = ?"),

    addAnswers: write("INSERT INTO answer (channel, through, until, answers) VALUES (?, ?, ?, ?)"),
    answersOf: read<{ answers: Bytes }>("SELECT answers FROM answer WHERE channel = ? AND until > ?"),
    answersAt: read<{ answers: Bytes }>(
      "SELECT answers FROM answer WHERE channel = ? AND through >= ? ORDER BY through LIMIT 1",
    ),
    dropAnswers: write(`DELETE FROM answer WHERE place < coalesce(
      (SELECT place FROM answer WHERE until > ? ORDER BY place LIMIT 1), (SELECT max(place) + 1 FROM answer))`),

    usedKeys: read<{ through: number; keys: Bytes }>("SELECT through, keys FROM used_key WHERE channel = ?"),
    countUsedKeys: read<{ through: number | null }>(
      "SELECT max(through) AS through FROM used_key WHERE channel = ?",
    ),
    lastUsedKeys: read<{ place: number; through: number; keys: Bytes }>(
      "SELECT place, through, keys FROM used_key WHERE channel = ? ORDER BY through DESC LIMIT 1",
    ),
    addUsedKeys: write("INSERT INTO used_key (channel, through, keys) VALUES (?, ?, ?)"),
    growUsedKeys: write("UPDATE used_key SET through = ?, keys = ? WHERE place = ?"),
    dropUsedKeys: write("DELETE FROM used_key WHERE channel = ? AND through <= ?"),

    addJournal: write("INSERT INTO journal (place, entries) VALUES (?, ?)"),
    journal: read<{ place: number; entries: Bytes }>("SELECT place, entries FROM journal ORDER BY place"),
    dropJournal: write("DELETE FROM journal WHERE place < ?"),

    inbox: read<{ state: Bytes }>("SELECT state FROM inbox WHERE inbox_id = ?"),
    inboxesDue: read<{ inbox_id: Bytes; state: Bytes }>(
      "SELECT inbox_id, state FROM inbox WHERE due <= ? ORDER BY due LIMIT ?",
    ),
    putInbox: write("INSERT OR REPLACE INTO inbox (inbox_id, state, due) VALUES (?, ?, ?)"),
    body: read<{ bytes: Bytes }>("SELECT bytes FROM body WHERE inbox_id = ? AND name = ?"),
    putBody: write("INSERT OR REPLACE INTO body (inbox_id, name, bytes) VALUES (?, ?, ?)"),
    dropBody: write("DELETE FROM body WHERE inbox_id = ? AND name = ?"),

    backup: read<{ number: number; sealed: Bytes }>("SELECT number, sealed FROM backup WHERE name = ?"),
    putBackup: write("INSERT OR REPLACE INTO backup (name, number, sealed) VALUES (?, ?, ?)"),

    code: read<{ until: number; used_for: Bytes | null; granted: number }>(
      "SELECT until, used_for, granted FROM code WHERE hash = ?",
    ),
    putCode: write("INSERT OR REPLACE INTO code (hash, until, used_for, granted) VALUES (?, ?, ?, ?)"),
    dropCodes: write("DELETE FROM code WHERE until < ?"),
    token: read<{ until: number }>("SELECT until FROM token WHERE hash = ?"),
    putToken: write("INSERT OR REPLACE INTO token (hash, until) VALUES (?, ?)"),
    dropToken: write("DELETE FROM token WHERE hash = ?"),
    dropTokens: write("DELETE FROM token WHERE until < ?"),
  };
}

/** The rows that rare operations are decided over. `beforeWrite` makes sure that a transaction is open. */
export function createRows(sql: Statements, beforeWrite: () => void): Rows {
  const put = (run: () => void): void => {
    beforeWrite();
    run();
  };
  return {
    inbox(inboxId): Inbox | undefined {
      const row = sql.inbox.one(fromHex(inboxId));
      return row && bytesToInbox(row.state);
    },
    putInbox: (inboxId, inbox) =>
      put(() => sql.putInbox(fromHex(inboxId), inboxToBytes(inbox), inboxDueAt(inbox) ?? null)),
    body: (inboxId, name) => sql.body.one(fromHex(inboxId), name)?.bytes,
    putBody: (inboxId, name, bytes) => put(() => sql.putBody(fromHex(inboxId), name, bytes)),
    dropBody: (inboxId, name) => put(() => sql.dropBody(fromHex(inboxId), name)),
    code(codeHash): Code | undefined {
      const row = sql.code.one(fromHex(codeHash));
      return row && { until: row.until, usedFor: row.used_for?.toHex(), granted: row.granted };
    },
    putCode: (codeHash, { until, usedFor, granted }) =>
      put(() =>
        sql.putCode(fromHex(codeHash), until, usedFor === undefined ? null : fromHex(usedFor), granted),
      ),
    token: (tokenHash) => sql.token.one(fromHex(tokenHash)),
    putToken: (tokenHash, { until }) => put(() => sql.putToken(fromHex(tokenHash), until)),
    dropToken: (tokenHash) => put(() => sql.dropToken(fromHex(tokenHash))),
    backup(name): KeptBackup | undefined {
      const row = sql.backup.one(fromHex(name));
      return row && { number: row.number, sealed: row.sealed };
    },
    putBackup: (name, { number, sealed }) => put(() => sql.putBackup(fromHex(name), number, sealed)),
  };
}
