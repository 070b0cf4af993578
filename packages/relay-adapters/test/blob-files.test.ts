/** What the folder of blobs promises beyond its contract: crashes, erasing, modes and room on the disk. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BLOBS_FREE_BYTES_MIN } from "@sotto/relay";
import { openBlobStore, openDatabase, TRUNCATE_MS } from "@sotto/relay-adapters/sqlite";
import { blobBytes, blobName, blobRow, putWhole } from "@sotto/testkit/blob-store-contract";
import { folderFor, openBlobs } from "./blob-folder.ts";

const filesOf = (folder: string): string[] => readdirSync(join(folder, "blobs")).toSorted();

test("[BL34] after a restart blobs, parts, graves and what they count for are as they were", async (t) => {
  const folder = folderFor(t);
  const before = openBlobs(folder);
  const [whole, part, grave] = [blobName(), blobName(), blobName()];
  const bytes = blobBytes(200_003);
  await putWhole(before.store, whole, bytes);
  await before.store.begin(part, blobRow(100_000));
  await before.store.write(part, 0, bytes.subarray(0, 70_000));
  await before.store.keep(part, blobRow(100_000, { received: 70_000 }));
  await before.store.erase(grave, blobRow(9, { isGone: true }));
  const rows = await Promise.all([whole, part, grave].map((name) => before.store.find(name)));
  const counted = before.store.countedBytes();
  await before.close();

  const after = openBlobs(folder);
  t.after(after.close);
  assert.deepEqual(await Promise.all([whole, part, grave].map((name) => after.store.find(name))), rows);
  assert.equal(after.store.countedBytes(), counted);
  assert.deepEqual(new Uint8Array((await after.store.read(whole, 0, bytes.length)) ?? []), bytes);
  await after.store.write(part, 70_000, bytes.subarray(70_000, 100_000));
  assert.deepEqual(
    new Uint8Array((await after.store.read(part, 0, 100_000)) ?? []),
    bytes.subarray(0, 100_000),
  );
});

test("[BL13] what was said to be kept before the process was killed is there", async (t) => {
  const folder = folderFor(t);
  for (let round = 0; round < 3; round++) {
    const child = fork(join(import.meta.dirname, "blob-crash-child.ts"), [folder]);
    const receivedByName = new Map<string, number>();
    child.on("message", (told: { name: string; received: number }) =>
      receivedByName.set(told.name, told.received),
    );
    while (receivedByName.size < 3) await once(child, "message");
    await sleep(round * 7);
    child.kill("SIGKILL");
    await once(child, "exit");
    const { store, close } = openBlobs(folder);
    for (const [name, received] of receivedByName) {
      const kept = (await store.find(name))?.received ?? 0;
      assert.ok(kept >= received);
      for (let part = 0; part * 70_001 < kept; part++) {
        const digest = createHash("sha256").update(`${name} ${part}`).digest();
        const read = await store.read(name, part * 70_001, 70_001);
        assert.ok(read && Buffer.alloc(70_001, digest).equals(read));
      }
    }
    await close();
  }
});

test("[BL34] a file that no row speaks for goes, one that is not ours stays, and a blob without its file is gone", async (t) => {
  const folder = folderFor(t);
  const before = openBlobs(folder);
  const [lost, kept, stray] = [blobName(), blobName(), blobName()];
  await putWhole(before.store, lost, blobBytes(9));
  await putWhole(before.store, kept, blobBytes(9));
  await before.close();
  rmSync(join(folder, "blobs", lost));
  writeFileSync(join(folder, "blobs", stray), "left by a crash");
  writeFileSync(join(folder, "blobs", "README"), "not ours");
  const after = openBlobs(folder);
  t.after(after.close);
  assert.deepEqual(filesOf(folder), [kept, "README"].toSorted());
  assert.equal(await after.store.find(lost), undefined);
  assert.equal(after.store.countedBytes(), 65_536);
});

test("[BL33] what is erased leaves neither file nor key, in the database or its log", async (t) => {
  const folder = folderFor(t);
  const { db, store, close } = openBlobs(folder);
  t.after(close);
  const name = blobName();
  const bytes = blobBytes(50_000);
  const whole = await putWhole(store, name, bytes);
  const inFile = readFileSync(join(folder, "blobs", name));
  assert.equal(inFile.length, bytes.length);
  assert.ok(!inFile.includes(bytes.subarray(0, 16)) && !inFile.includes(bytes.subarray(32_000, 32_016)));
  const { key } = db.prepare("SELECT key FROM blob").get() as { key: Uint8Array };
  const holdsKey = (): boolean =>
    readdirSync(folder)
      .filter((file) => file.startsWith("relay.sqlite"))
      .some((file) => readFileSync(join(folder, file)).includes(key));
  assert.ok(holdsKey());
  await store.erase(name, { ...whole, isGone: true });
  assert.deepEqual(filesOf(folder), []);
  await sleep(TRUNCATE_MS + 500);
  assert.ok(!holdsKey());
});

test("[BL33] no two blobs share a key: equal bytes are different files", async (t) => {
  const folder = folderFor(t);
  const { store, close } = openBlobs(folder);
  t.after(close);
  const bytes = blobBytes(64);
  await putWhole(store, blobName(), bytes);
  await putWhole(store, blobName(), bytes);
  const [one, other] = filesOf(folder).map((name) => readFileSync(join(folder, "blobs", name)));
  assert.ok(one && other && !one.equals(other));
});

test("[ST21] folder and files are their owner's alone, whatever the folder's mode was", async (t) => {
  const folder = folderFor(t);
  mkdirSync(join(folder, "blobs"));
  chmodSync(join(folder, "blobs"), 0o777);
  const { store, close } = openBlobs(folder);
  t.after(close);
  await putWhole(store, blobName(), blobBytes(3));
  assert.equal(statSync(join(folder, "blobs")).mode & 0o777, 0o700);
  for (const name of filesOf(folder)) assert.equal(statSync(join(folder, "blobs", name)).mode & 0o777, 0o600);
});

test("[BL4] a disk that is nearly full takes no bytes, and what is there may be erased", async (t) => {
  let free = BLOBS_FREE_BYTES_MIN;
  const folder = folderFor(t);
  const { store, close } = openBlobs(folder, () => Promise.resolve(free));
  t.after(close);
  const name = blobName();
  await store.begin(name, blobRow(100));
  assert.equal(await store.write(name, 0, blobBytes(50)), "done");
  free -= 1;
  assert.equal(await store.write(name, 50, blobBytes(50)), "storageFull");
  assert.equal(await store.keep(name, blobRow(100, { received: 50 })), "done");
  assert.equal(await store.erase(name, undefined), "done");
});

test("[BL4] a folder that is no folder is a problem with a kind", (t) => {
  const folder = folderFor(t);
  writeFileSync(join(folder, "blobs"), "a file");
  const db = openDatabase(join(folder, "relay.sqlite"));
  assert.ok(db.ok);
  t.after(() => db.value.close());
  const opened = openBlobStore({ db: db.value, path: join(folder, "blobs") });
  assert.ok(!opened.ok && opened.error.kind === "notWritable");
});
