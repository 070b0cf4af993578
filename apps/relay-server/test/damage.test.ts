/** What a relay does with a data folder that somebody copied, restored in part or damaged. */
import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
  closeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { CODE_KEPT_MS, mintCode, openDataFolder } from "../src/data-folder.ts";
import { createEvents } from "../src/events.ts";
import { start } from "../src/start.ts";

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sotto-relay-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const silent = createEvents(() => undefined);
const startIn = (path: string) => start({ host: "127.0.0.1", port: 0, path, tls: undefined }, silent);

test("[ST21 LI23] in a folder that others may look into, no file is theirs to read", async (t) => {
  const path = join(folderFor(t), "relay");
  mkdirSync(path);
  chmodSync(path, 0o755);
  const running = await startIn(path);
  assert.ok(running.ok);
  const names = readdirSync(path);
  assert.ok(names.includes("relay.sqlite-wal") && names.includes("relay.key") && names.includes("codes"));
  for (const name of names) assert.equal(statSync(join(path, name)).mode & 0o077, 0, name);
  await running.value.stop();
});

test("[ST22] a database without its key is refused, and no new key is made", async (t) => {
  const path = folderFor(t);
  const first = await startIn(path);
  assert.ok(first.ok);
  await first.value.stop();
  rmSync(join(path, "relay.key"));
  const again = await startIn(path);
  assert.ok(!again.ok && again.error.includes("relay.key") && again.error.includes("Restore"));
  assert.ok(!readdirSync(path).includes("relay.key"));
});

test("[ST23] a database that is damaged inside is said to be, and the folder is free again", async (t) => {
  const path = folderFor(t);
  const first = await startIn(path);
  assert.ok(first.ok);
  await first.value.stop();
  const file = join(path, "relay.sqlite");
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, new Uint8Array(statSync(file).size - 4_096).fill(0xa5), 0, undefined, 4_096);
  closeSync(descriptor);
  const again = await startIn(path);
  assert.ok(!again.ok && again.error.includes("cannot be opened"));
  const opened = openDataFolder(path);
  assert.ok(opened.ok || opened.error.kind !== "inUse");
  if (opened.ok) {
    opened.value.db.close();
    opened.value.release();
  }
});

test("[ST24 LI22] a journal that cannot be read is one plain sentence, and no bug of ours", async (t) => {
  const path = folderFor(t);
  const first = await startIn(path);
  assert.ok(first.ok);
  await first.value.stop();
  for (const [entries, words] of [
    [Uint8Array.of(2), "newer version"],
    [Uint8Array.of(1, 0), "is damaged"],
  ] as const) {
    const db = new DatabaseSync(join(path, "relay.sqlite"));
    db.prepare("INSERT OR REPLACE INTO journal VALUES (1, ?)").run(entries);
    db.close();
    const lines: string[] = [];
    const again = await start(
      { host: "127.0.0.1", port: 0, path, tls: undefined },
      createEvents((_level, event) => void lines.push(event)),
    );
    assert.ok(!again.ok && again.error.includes(words));
    assert.deepEqual(lines, []);
  }
});

test("[IN6] codes of different days end together, and last a year", (t) => {
  const path = folderFor(t);
  const opened = openDataFolder(path);
  assert.ok(opened.ok);
  const { db, release } = opened.value;
  const now = Date.UTC(2030, 0, 1);
  for (const later of [0, 1, 86_400_000]) mintCode(path, db, now + later);
  const terms = db.prepare("SELECT DISTINCT until FROM code").all();
  assert.equal(terms.length, 1);
  assert.ok(Number(terms[0]?.["until"]) >= now + 86_400_000 + CODE_KEPT_MS);
  db.close();
  release();
});
