import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { once } from "node:events";
import { fork } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { deal } from "@sotto/crypto";
import {
  bytesToRecord,
  recordOf,
  recordToBytes,
  type GuardianRecord,
  type RecordStore,
} from "@sotto/guardian";
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

type Peer = { readonly gid: Uint8Array; readonly kid: Uint8Array; readonly token: Uint8Array };

/** A store with one record, and those that it may tell. */
async function storeThatTells(t: TestContext) {
  const store = open(folderFor(t));
  t.after(() => store.close());
  const [record] = newRecords();
  assert.ok(record);
  const [first] = record.registration.killOut;
  assert.ok(first);
  const others = [0, 1].map(() => ({ ...first, gid: random(32), kid: random(16), token: random(32) }));
  const killOut = [first, ...others];
  const whole = { ...record, registration: { ...record.registration, killOut } };
  const write = async (changes: Partial<GuardianRecord>, to: readonly Peer[], passedOn = false) => {
    const bytes = recordToBytes({ ...whole, ...changes });
    const messages = to.map(({ gid, kid }) => ({ gid, kid, passedOn }));
    assert.ok((await store.write(record.registration.rid, bytes, messages)).ok);
  };
  return { store, rid: record.registration.rid, killOut, write };
}

test("[GD20 GD22] what waits for a guardian keeps its order, and nothing back that waits for another", async (t) => {
  const { store, killOut, write } = await storeThatTells(t);
  const [one, other] = killOut;
  assert.ok(one && other);
  await write({}, [one, other]);
  const waitingAt = (now: number): readonly number[] =>
    store.queuedMessages(now, 9).map(({ gid }) => killOut.findIndex((to) => to.gid.toHex() === gid.toHex()));
  assert.deepEqual(waitingAt(0), [0, 1]);
  const [first] = store.queuedMessages(0, 1);
  assert.ok(first);
  assert.ok(store.putOffMessage(first, 5_000).ok);
  assert.deepEqual(waitingAt(4_999), [1]);
  assert.deepEqual(waitingAt(5_000), [1, 0]);
  assert.equal(store.queuedMessages(5_000, 9)[1]?.tries, 1);
  assert.deepEqual(waitingAt(-1_000_000), [1, 0], "a clock that was set back");
  assert.ok(store.dropMessage(first).ok);
  assert.deepEqual(waitingAt(5_000), [1]);
});

test("[GD20] of one direction one message waits; it says what the record says when it leaves, and a late acknowledgement takes no newer one", async (t) => {
  const { store, killOut, write } = await storeThatTells(t);
  const [one] = killOut;
  assert.ok(one);
  await write({}, [one]);
  const [cover] = store.queuedMessages(0, 9);
  assert.ok(cover?.kind === "kill");
  assert.notDeepEqual(cover.token, one.token);
  await write({ isKilled: true }, [one]);
  for (let time = 0; time < 100; time++) await write({ isKilled: true }, [one], true);
  assert.ok(store.dropMessage(cover).ok);
  const waiting = store.queuedMessages(0, 9);
  assert.equal(waiting.length, 1);
  assert.ok(waiting[0]?.kind === "kill" && waiting[0].passedOn === false);
  assert.deepEqual(new Uint8Array(waiting[0].token), new Uint8Array(one.token));
  assert.ok(store.dropMessage(waiting[0]).ok);
  assert.deepEqual(store.queuedMessages(0, 9), []);
});

test("[GD20 GD30] no token of a message that waits is in the files: real and cover are one row", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const [record] = newRecords();
  const [to] = record?.registration.killOut ?? [];
  assert.ok(record && to);
  const { gid, kid, token } = to;
  const bytes = recordToBytes({ ...record, isKilled: true });
  await store.write(record.registration.rid, bytes, [{ gid, kid, passedOn: false }]);
  assert.deepEqual(new Uint8Array(store.queuedMessages(0, 1)[0]?.token ?? []), new Uint8Array(token));
  assert.ok(!holds(folder, token));
  store.close();
});

test("[GD23] a wipe leaves word for every other guardian, whatever waited before", async (t) => {
  const { store, rid, killOut, write } = await storeThatTells(t);
  await write({}, killOut);
  assert.ok((await store.wipe(rid)).ok);
  const words = store.queuedMessages(0, 9);
  assert.deepEqual(
    words.map(({ kind, token }) => [kind, token.toHex()]),
    killOut.map(({ token }) => ["wiped", token.toHex()]),
  );
  assert.equal(await store.count(), 3);
  for (const word of words) store.dropMessage(word);
  assert.equal(await store.count(), 0);
});

test("[GD31] writes that come together are durable together, and twice the same record in its order", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const records = newRecords();
  const [one] = records;
  assert.ok(one);
  const all = [...records, { ...one, counter: 1 }, { ...one, counter: 2 }];
  await Promise.all(all.map((each) => store.write(each.registration.rid, recordToBytes(each), [])));
  store.close();
  const again = open(folder);
  assert.deepEqual(await again.read(one.registration.rid), recordToBytes({ ...one, counter: 2 }));
  assert.ok(records[1]);
  assert.deepEqual(await again.read(records[1].registration.rid), recordToBytes(records[1]));
  again.close();
});

test("[GD31] killed while it writes, a guardian has each record whole, and none of what it said is lost", async (t) => {
  const folder = folderFor(t);
  const records = newRecords();
  const store = open(folder);
  for (const one of records) await store.write(one.registration.rid, recordToBytes(one), []);
  store.close();
  const rids = records.map(({ registration }) => registration.rid.toHex());
  const counters = new Map(rids.map((rid) => [rid, 0]));
  for (let round = 0; round < 5; round++) {
    const child = fork(join(import.meta.dirname, "crash-child.ts"), [folder, ...rids]);
    let heard = 0;
    child.on("message", ({ rid, counter }: { rid: string; counter: number }) => {
      counters.set(rid, counter);
      if (++heard === 20 + 7 * round) child.kill("SIGKILL");
    });
    await once(child, "exit");
    const again = open(folder);
    for (const { registration } of records) {
      const bytes = await again.read(registration.rid);
      const record = bytes && bytesToRecord(bytes);
      assert.ok(record?.ok);
      const told = counters.get(registration.rid.toHex()) ?? 0;
      assert.ok(record.value.counter >= told);
    }
    again.close();
  }
});
