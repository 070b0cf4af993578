import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "@sotto/relay-adapters/sqlite";
import { createRng } from "@sotto/testkit/rng";
import { prepareStatements } from "../src/sqlite/statements.ts";
import { UsedKeys } from "../src/sqlite/used-keys.ts";

const KEYS_MAX = 1_500;
const CHANNELS = [1, 2] as const;

test("[CH28] of each channel exactly the newest keys are remembered, however many come at once", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-keys-"));
  const opened = openDatabase(join(folder, "relay.sqlite"));
  assert.ok(opened.ok);
  const db = opened.value;
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const usedKeys = new UsedKeys(prepareStatements(db), KEYS_MAX);
  const rng = createRng(7);
  const keysOf = { 1: [] as Uint8Array[], 2: [] as Uint8Array[] };
  db.exec("BEGIN");
  for (let round = 0; round < 60; round++) {
    const channel = rng.pick(CHANNELS);
    const [mine, others] = [keysOf[channel], keysOf[channel === 1 ? 2 : 1]];
    const added = Array.from({ length: rng.pick([1, 3, 200, 515]) }, () => rng.bytes(32));
    assert.equal(usedKeys.hasAny(channel, [...added, ...others.slice(-5)]), false);
    usedKeys.add(channel, added);
    mine.push(...added);
    for (const [at, isRemembered] of [
      [mine.length - 1, true],
      [Math.max(0, mine.length - KEYS_MAX), true],
      [mine.length - KEYS_MAX - 1, false],
    ] as const) {
      const key = mine[at];
      if (key) assert.equal(usedKeys.hasAny(channel, [rng.bytes(32), key]), isRemembered);
    }
  }
  db.exec("COMMIT");
  const [{ bytes } = {}] = db.prepare("SELECT sum(length(keys)) AS bytes FROM used_key").all();
  assert.ok(Number(bytes) <= CHANNELS.length * (KEYS_MAX + 1_024) * 32);
});
