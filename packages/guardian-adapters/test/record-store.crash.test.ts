import assert from "node:assert/strict";
import { truncateSync } from "node:fs";
import { once } from "node:events";
import { fork } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { bytesToRecord, recordToBytes } from "@sotto/guardian";
import { err, ok } from "@sotto/protocol";
import { folderFor, newRecords, open, random } from "./stores.ts";

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

test("[GD31] writes that cannot be finished leave every record as it was, and say so", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const records = newRecords();
  for (const one of records) await store.write(one.registration.rid, recordToBytes(one), []);
  const reader = new DatabaseSync(join(folder, "guardian.sqlite"));
  reader.exec("BEGIN; SELECT * FROM record"); // nobody commits while somebody reads
  const later = records.map((one) => ({ ...one, counter: 1 }));
  const write = () =>
    Promise.all(later.map((one) => store.write(one.registration.rid, recordToBytes(one), [])));
  assert.deepEqual(await write(), [err("full"), err("full")]);
  for (const one of records) assert.deepEqual(await store.read(one.registration.rid), recordToBytes(one));
  reader.close();
  assert.deepEqual(await write(), [ok(undefined), ok(undefined)]);
  for (const one of later) assert.deepEqual(await store.read(one.registration.rid), recordToBytes(one));
  store.close();
});

test("[GD15 GD31] a wipe that cannot be finished is finished when it is asked for again, or at the next start", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const records = newRecords();
  for (const one of records) await store.write(one.registration.rid, recordToBytes(one), []);
  const [first, second] = records.map(({ registration }) => registration.rid);
  assert.ok(first && second);
  const reader = new DatabaseSync(join(folder, "guardian.sqlite"));
  reader.exec("BEGIN; SELECT * FROM record");
  assert.deepEqual(await Promise.all([store.wipe(first), store.wipe(second)]), [err("full"), err("full")]);
  assert.deepEqual(await Promise.all([store.read(first), store.read(second)]), [undefined, undefined]);
  reader.close();
  assert.ok((await store.wipe(first)).ok);
  assert.equal(store.queuedMessages(0, 9).length, 1);
  store.close();
  const again = open(folder);
  assert.equal(again.queuedMessages(0, 9).length, 2);
  again.close();
});
