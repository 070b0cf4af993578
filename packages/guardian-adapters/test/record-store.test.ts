import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { deal } from "@sotto/crypto";
import { recordOf, recordToBytes, type GuardianRecord, type RecordStore } from "@sotto/guardian";
import { createMemoryRecordStore } from "@sotto/guardian-adapters/memory";
import { openRecordStore, type NodeRecordStore } from "@sotto/guardian-adapters/node";
import { sha256 } from "@sotto/verify";

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

function newRecords(): readonly GuardianRecord[] {
  const guardians = [0, 1].map((at) => ({ gid: random(32), gx: random(32), url: `https://${at}.example` }));
  const pins = { real: random(32), decoy: random(32), duress: undefined };
  return deal(guardians, 2, pins, [], { random, sha256 }).registrations.map(recordOf);
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sotto-guardian-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function open(folder: string): NodeRecordStore {
  const store = openRecordStore(folder);
  assert.ok(store.ok);
  return store.value;
}

const holds = (folder: string, bytes: Uint8Array): boolean =>
  readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(bytes));

const STORES: Readonly<Record<string, (t: TestContext) => RecordStore>> = {
  memory: () => createMemoryRecordStore(),
  node: (t) => {
    const store = open(folderFor(t));
    t.after(() => store.close());
    return store;
  },
};

for (const [name, create] of Object.entries(STORES))
  test(`[GD1 GD15] ${name}: a record is read as it was written last, found by its kid, and gone once wiped`, async (t) => {
    const store = create(t);
    const [record, other] = newRecords();
    assert.ok(record && other);
    const { rid, killIn } = record.registration;
    assert.equal(await store.read(rid), undefined);
    for (const one of [record, other, { ...record, counter: 7 }]) {
      const written = await store.write(one.registration.rid, recordToBytes(one), []);
      assert.ok(written.ok);
    }
    assert.deepEqual(await store.read(rid), recordToBytes({ ...record, counter: 7 }));
    assert.deepEqual(await store.read(other.registration.rid), recordToBytes(other));
    assert.ok(killIn[0]);
    assert.deepEqual(await store.ridOfKill(killIn[0].kid), rid);
    assert.equal(await store.ridOfKill(random(16)), undefined);
    assert.equal(await store.isWiped(rid), false);
    assert.ok((await store.wipe(rid)).ok);
    assert.ok((await store.wipe(rid)).ok);
    assert.equal(await store.isWiped(rid), true);
    assert.equal(await store.read(rid), undefined);
    assert.equal(await store.ridOfKill(killIn[0].kid), undefined);
    assert.deepEqual(await store.read(other.registration.rid), recordToBytes(other));
  });

test("[GD30] nothing of a record is in the files, nor is its key or its sealed form after the next write or a wipe", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const [record] = newRecords();
  assert.ok(record);
  const { rid, share, slots } = record.registration;
  await store.write(rid, recordToBytes(record), []);
  for (const secret of [share, ...slots.map(({ sealedShare }) => sealedShare)])
    assert.ok(!holds(folder, secret));
  const keysBefore = readFileSync(join(folder, "guardian.keys"));
  const sealedBefore = readFileSync(join(folder, "guardian.sqlite")).subarray(-4_000);
  await store.write(rid, recordToBytes({ ...record, counter: 1 }), []);
  const key = keysBefore.subarray(0, 32);
  assert.ok(!holds(folder, key));
  assert.ok(!holds(folder, sealedBefore.subarray(1_000, 1_064)));
  const keysNow = readFileSync(join(folder, "guardian.keys"));
  await store.wipe(rid);
  for (let at = 0; at < keysNow.length; at += 32) assert.ok(!holds(folder, keysNow.subarray(at, at + 32)));
  store.close();
});

test("[GD30] a backup of the database that is put back holds nothing that was replaced or wiped", async (t) => {
  const folder = folderFor(t);
  const [record] = newRecords();
  assert.ok(record);
  const { rid } = record.registration;
  const first = open(folder);
  await first.write(rid, recordToBytes(record), []);
  first.close();
  const backup = join(folderFor(t), "backup");
  copyFileSync(join(folder, "guardian.sqlite"), backup);
  const second = open(folder);
  await second.write(rid, recordToBytes({ ...record, counter: 1 }), []);
  second.close();
  copyFileSync(backup, join(folder, "guardian.sqlite"));
  const third = open(folder);
  assert.equal(await third.read(rid), undefined);
  assert.ok((await third.wipe(rid)).ok);
  third.close();
  copyFileSync(backup, join(folder, "guardian.sqlite"));
  const fourth = open(folder);
  assert.equal(await fourth.isWiped(rid), true);
  assert.equal(await fourth.read(rid), undefined);
  fourth.close();
});

test("[GD31] a last tombstone that was cut short harms none before or after it", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const [one, torn, later] = [random(16), random(16), random(16)];
  assert.ok(one && torn && later);
  for (const rid of [one, torn]) await store.wipe(rid);
  store.close();
  truncateSync(join(folder, "guardian.tombstones"), 40);
  const again = open(folder);
  assert.deepEqual(await Promise.all([one, torn].map((rid) => again.isWiped(rid))), [true, false]);
  await again.wipe(later);
  again.close();
  const last = open(folder);
  assert.deepEqual(await Promise.all([one, later].map((rid) => last.isWiped(rid))), [true, true]);
  last.close();
});

test("[GD20 GD22] what waits for a guardian keeps its order, and nothing back that waits for another", async (t) => {
  const store = open(folderFor(t));
  const [record] = newRecords();
  assert.ok(record);
  const [one, other] = [0, 1].map((at) => ({
    url: `https://${at}.example`,
    gid: random(32),
    gx: random(32),
  }));
  assert.ok(one && other);
  const kills = [one, one, other].map((to) => ({ ...to, kid: random(16), token: random(32) }));
  await store.write(record.registration.rid, recordToBytes(record), kills);
  const placesAt = (now: number): readonly number[] => store.queuedKills(now, 9).map(({ place }) => place);
  assert.deepEqual(placesAt(0), [1, 3]);
  const [first] = store.queuedKills(0, 1);
  assert.ok(first);
  assert.deepEqual({ ...first }, { ...kills[0], place: 1, tries: 0 });
  await store.putOffKill(first, 5_000);
  assert.deepEqual(placesAt(4_999), [3]);
  assert.deepEqual(placesAt(5_000), [3, 1]);
  assert.equal(store.queuedKills(5_000, 9)[1]?.tries, 1);
  assert.deepEqual(placesAt(-1_000_000), [3, 1], "a clock that was set back");
  await store.dropKill(first);
  assert.deepEqual(placesAt(5_000), [3, 2]);
  store.close();
});
