/** What the SQLite store writes into its rows beside the formats of @sotto/relay. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import fc from "fast-check";
import { encode, entryCodec, RUNG_MS, RUNGS } from "@sotto/protocol";
import { openDatabase } from "@sotto/relay-adapters/sqlite";
import { valueToJson } from "../../protocol/test/value-json.ts";
import vectors from "../../../vectors/relay-stored.json" with { type: "json" };
import { answersToBytes, bytesToAnswers, type Answered } from "../src/sqlite/answers-row.ts";
import { bytesToJournal, journalToBytes, type Journaled } from "../src/sqlite/journal-row.ts";

for (const { name, bytes, value } of vectors.journal)
  test(`[${name}] a row of the journal is read, and written back byte for byte`, () => {
    const read = bytesToJournal(Uint8Array.fromHex(bytes));
    assert.ok(read.ok);
    assert.deepEqual(valueToJson(read.value), value);
    assert.equal(Buffer.from(journalToBytes(read.value)).toHex(), bytes);
  });

for (const { name, bytes, problem } of vectors.journalRefused)
  test(`[${name}] a row of the journal is refused`, () => {
    assert.deepEqual(bytesToJournal(Uint8Array.fromHex(bytes)), { ok: false, error: problem });
  });

for (const { name, bytes, value } of vectors.answers)
  test(`[${name}] a row of answers is read, and written back byte for byte`, () => {
    const read = [...bytesToAnswers(Uint8Array.fromHex(bytes))];
    assert.deepEqual(valueToJson(read), value);
    assert.equal(Buffer.from(answersToBytes(read)).toHex(), bytes);
  });

const b16 = fc.uint8Array({ minLength: 16, maxLength: 16 });
const b32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const journaled: fc.Arbitrary<Journaled> = fc
  .record({
    row: fc.maxSafeNat(),
    seq: fc.maxSafeNat(),
    time: fc.nat({ max: 2 ** 42 }),
    rung: fc.constantFrom(...RUNGS),
    id: b16,
    head: b32,
    body: fc.uint8Array({ maxLength: 100 }),
  })
  .map(({ row, seq, time, rung, id, head, body }) => {
    const message = {
      kind: "message",
      seq,
      epoch: 3,
      time,
      rung,
      messageId: id,
      commitment: undefined,
      body,
    } as const;
    const wire = encode(entryCodec, message);
    return { row, entry: { seq, time, until: time + RUNG_MS[rung], id, head, bodyBytes: body.length, wire } };
  });
const rows = fc.array(journaled, { maxLength: 3 });

test("[ST25] a journal row: what is stored is read back unchanged", () =>
  fc.assert(
    fc.property(rows, (records) => {
      const read = bytesToJournal(journalToBytes(records));
      assert.ok(read.ok);
      assert.deepEqual(valueToJson(read.value), valueToJson(records));
    }),
  ));

test("[ST26] a journal row: reading never throws, and what is read is written back byte for byte", () => {
  const damaged = fc
    .tuple(rows, fc.nat(), fc.nat({ max: 2 }), fc.uint8Array({ maxLength: 2 }))
    .map(([records, at, cut, added]) => {
      const bytes = [...journalToBytes(records)];
      return Uint8Array.from(bytes.toSpliced(at % (bytes.length + 1), cut, ...added));
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
      const read = bytesToJournal(bytes);
      if (read.ok) assert.deepEqual(new Uint8Array(journalToBytes(read.value)), bytes);
    }),
  );
});

test("[ST25 ST26] a row of answers is read back unchanged, and any bytes are read without throwing", () => {
  const answered = fc.record<Answered>({ id: b16, seq: fc.maxSafeNat(), time: fc.maxSafeNat(), head: b32 });
  fc.assert(
    fc.property(fc.array(answered, { maxLength: 4 }), fc.uint8Array({ maxLength: 63 }), (all, more) => {
      const bytes = answersToBytes(all);
      assert.deepEqual(valueToJson([...bytesToAnswers(bytes)]), valueToJson(all));
      assert.equal([...bytesToAnswers(Uint8Array.from([...bytes, ...more]))].length, all.length);
    }),
  );
});

test("[ST20] a database of version 1 is brought forward, with all that is in it", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-version-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "relay.sqlite");
  const { sql, before, after } = vectors.version1;
  const older = new DatabaseSync(path);
  older.exec(sql);
  const insert = (table: string, ...values: (number | Uint8Array)[]): void =>
    void older.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?").join()})`).run(...values);
  insert("channel (id, cid, state)", 4, new Uint8Array(32).fill(1), Uint8Array.fromHex(before.channel));
  insert("journal", 9, Uint8Array.fromHex(before.journal));
  for (const key of before.usedKeys) insert("used_key", 4, Uint8Array.fromHex(key));
  older.close();

  const opened = openDatabase(path);
  assert.ok(opened.ok);
  const all = (query: string): unknown[] =>
    opened.value
      .prepare(query)
      .all()
      .map((row) => Object.values(row).map((value) => (value instanceof Uint8Array ? value.toHex() : value)));
  assert.deepEqual(all("SELECT id, state FROM channel"), [[4, after.channel]]);
  assert.deepEqual(all("SELECT place, entries FROM journal"), [[9, after.journal]]);
  assert.deepEqual(
    all("SELECT channel, through, keys FROM used_key ORDER BY through"),
    before.usedKeys.map((key, at) => [4, at + 1, key]),
  );
  opened.value.close();
});
