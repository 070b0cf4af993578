import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { recordToBytes, type RecordStore } from "@sotto/guardian";
import { createMemoryRecordStore } from "@sotto/guardian-adapters/memory";
import { sha256 } from "@sotto/verify";
import { folderFor, holds, newRecords, open, random } from "./stores.ts";

const STORES: Readonly<Record<string, (t: TestContext) => RecordStore>> = {
  memory: () => createMemoryRecordStore(random),
  node: (t) => {
    const store = open(folderFor(t));
    t.after(() => store.close());
    return store;
  },
};

for (const [name, create] of Object.entries(STORES))
  test(`[GD1 GD15 GD24] ${name}: a record is read as it was written last, found by its kid, and gone once wiped`, async (t) => {
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
    assert.deepEqual(await store.ridOfToken(killIn[0].tokenHash), rid);
    assert.equal(await store.ridOfToken(random(32)), undefined);
    assert.equal(await store.count(), 2);
    assert.equal(await store.isWiped(rid), false);
    assert.ok((await store.wipe(rid)).ok);
    assert.ok((await store.wipe(rid)).ok);
    assert.equal(await store.isWiped(rid), true);
    assert.equal(await store.read(rid), undefined);
    assert.equal(await store.ridOfKill(killIn[0].kid), undefined);
    assert.equal(await store.ridOfToken(killIn[0].tokenHash), undefined);
    assert.equal(await store.count(), 2, "another guardian is still to hear of it");
    const [to] = record.registration.killOut;
    assert.ok(to);
    assert.deepEqual(await store.tombstonesFor(to.gid, 0, 9), [sha256(to.token)]);
    assert.deepEqual(await store.tombstonesFor(to.gid, 1, 9), []);
    assert.deepEqual(await store.tombstonesFor(random(32), 0, 9), []);
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
