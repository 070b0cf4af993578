import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { recordToBytes, type GuardianRecord } from "@sotto/guardian";
import { folderFor, holds, newRecords, open, random } from "./stores.ts";

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
