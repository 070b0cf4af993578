import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { StoredEntry } from "@sotto/relay";
import { nativeRandom } from "@sotto/relay-adapters/node";
import { openDatabase } from "@sotto/relay-adapters/sqlite";
import { createCache } from "../src/sqlite/cache.ts";
import { Repetitions } from "../src/sqlite/repetitions.ts";
import { prepareStatements } from "../src/sqlite/statements.ts";

const NOW = 1_800_000_000_000;
const DAY_MS = 86_400_000;

function storedEntry(seq: number): StoredEntry {
  const [id, head, wire] = [nativeRandom(16), nativeRandom(32), nativeRandom(1)];
  return { seq, time: NOW, until: NOW + DAY_MS, id, head, bodyBytes: 0, wire };
}
const channelOf = (row: number, entries: number) => ({
  row,
  unsettled: Array.from({ length: entries }, (_, at) => storedEntry(at + 1)),
});

/** With the channels that were read from the tables. */
function repetitionsIn(t: TestContext, idsMax: number) {
  const folder = mkdtempSync(join(tmpdir(), "sotto-repetitions-"));
  const opened = openDatabase(join(folder, "relay.sqlite"));
  assert.ok(opened.ok);
  t.after(() => {
    opened.value.close();
    rmSync(folder, { recursive: true });
  });
  const sql = prepareStatements(opened.value);
  const reads: unknown[] = [];
  const each: typeof sql.idsOf.each = (row, ...more) => {
    reads.push(row);
    return sql.idsOf.each(row, ...more);
  };
  return { repetitions: new Repetitions({ ...sql, idsOf: { ...sql.idsOf, each } }, idsMax), reads };
}

test("[ST27] channels that remember much do not make one that is used forget where to look", (t) => {
  const { repetitions, reads } = repetitionsIn(t, 40);
  const honest = channelOf(1, 3);
  const [said] = honest.unsettled;
  assert.ok(said);
  for (let row = 2; row <= 12; row++) {
    assert.equal(repetitions.answerTo(honest, said.id, NOW)?.seq, 1);
    assert.equal(repetitions.count(channelOf(row, 15), NOW), 15);
  }
  assert.equal(reads.filter((row) => row === 1).length, 1);
});

test("[ST27] what grows counts as what it has become", (t) => {
  const { repetitions, reads } = repetitionsIn(t, 40);
  const [idle, growing] = [channelOf(1, 1), channelOf(2, 0)];
  assert.equal(repetitions.count(idle, NOW), 1);
  for (let seq = 1; seq <= 60; seq++) repetitions.remember(growing, storedEntry(seq), NOW);
  assert.equal(repetitions.count(growing, NOW), 60);
  assert.equal(repetitions.count(idle, NOW), 1);
  assert.deepEqual(reads, [1, 2, 1]);
});

test("[CH12 CH13] ids whose time is over do not count for ever, also in a channel that is always in use", (t) => {
  const { repetitions } = repetitionsIn(t, 40);
  const channel = channelOf(1, 4);
  assert.equal(repetitions.count(channel, NOW), 4);
  channel.unsettled.length = 1; // the others were forgotten long ago
  assert.equal(repetitions.count(channel, NOW + DAY_MS - 1), 4);
  assert.equal(repetitions.count(channel, NOW + DAY_MS), 1);
});

test("[ST27] a cache keeps what is pinned, and of the rest what was used lately", () => {
  const cache = createCache<number, number>({ limit: 4, isPinned: (value) => value === 0 });
  for (const value of [0, 1, 2, 3, 4, 5, 6]) {
    cache.add(value, value);
    cache.get(1);
  }
  assert.deepEqual(
    [0, 1, 2, 3].map((value) => cache.get(value)),
    [0, 1, undefined, undefined],
  );
  cache.delete(1);
  assert.equal(cache.get(1), undefined);
});
