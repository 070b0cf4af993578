import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BACKUP_BYTES, encode, entryCodec, RUNG_MS, toHex } from "@sotto/protocol";
import {
  bytesToChannel,
  CHANNEL_ENTRIES_MAX,
  channelToBytes,
  type ChannelStore,
  type Operation,
} from "@sotto/relay";
import { createMemoryChannelStore } from "@sotto/relay-adapters/memory";
import { nativeRandom, nativeSha256 as sha256 } from "@sotto/relay-adapters/node";
import { createSqliteChannelStore, openDatabase, SETTLE_MS, TRUNCATE_MS } from "@sotto/relay-adapters/sqlite";
import {
  appendOperation,
  commitOperation,
  createChannel,
  entriesOf,
  epochPublicKeys,
  one,
  STORE_START,
  tokenHashes,
} from "@sotto/testkit/channel-store-contract";
import { createRng } from "@sotto/testkit/rng";
import { seedsToRun } from "../../testkit/src/seeds.ts";
import { journalToBytes } from "../src/sqlite/journal-row.ts";

const relayId = new Uint8Array(32).fill(7);

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sotto-sqlite-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
function open(folder: string, prepare: (db: DatabaseSync) => void = () => undefined): ChannelStore {
  const opened = openDatabase(join(folder, "relay.sqlite"));
  assert.ok(opened.ok);
  prepare(opened.value);
  const created = createSqliteChannelStore({ db: opened.value, relayId, sha256 });
  assert.ok(created.ok);
  return created.value;
}

const holds = (folder: string, bytes: Uint8Array): boolean =>
  readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(bytes));

test("[ST1] everything is there after a restart: channels, entries, cursors, inboxes, codes, old answers", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const cid = await createChannel(store);
  const waiting = appendOperation(cid, 0);
  const over = appendOperation(cid, 0);
  await store.apply([over, waiting], STORE_START);
  const acks = [
    { kind: "ack", cid, epoch: 0, reader: 0, through: 2 },
    { kind: "ack", cid, epoch: 0, reader: 1, through: 1 },
  ] as const;
  await store.apply(acks, STORE_START);
  await one(store, commitOperation(cid, 0));
  const before = await store.channel(cid);
  const entries = await entriesOf(store, cid);
  await store.close();

  const again = open(folder);
  const { bodyBytes, entries: count, ...after } = (await again.channel(cid)) ?? assert.fail("gone");
  assert.ok(before);
  const { epochs } = bytesToChannel(channelToBytes(before));
  assert.deepEqual(after, { ...after, lastSeq: before.lastSeq, epochs, head: after.head });
  assert.equal(toHex(after.head), toHex(before.head));
  assert.deepEqual([count, before.bodyBytes - bodyBytes], [2, over.body.length]);
  assert.deepEqual(await entriesOf(again, cid), entries);
  for (const op of [over, waiting]) {
    const repeated = await one(again, op);
    assert.ok(repeated.kind === "accepted" && repeated.entry === undefined);
  }
  await again.close();
});

test("[ST2] what was accepted when the process was killed is there, in order and once", async (t) => {
  for (const round of [1, 2, 3]) {
    const folder = folderFor(t);
    const child = fork(join(import.meta.dirname, "crash-child.ts"), [folder], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const accepted = new Map<string, string[]>();
    child.on("message", (message: { cid: string; body: string }) => {
      accepted.set(message.cid, [...(accepted.get(message.cid) ?? []), message.body]);
    });
    while (accepted.size === 0) await sleep(20);
    await sleep(200 * round);
    child.kill("SIGKILL");
    await once(child, "close");
    const store = open(folder);
    for (const [cid, bodies] of accepted) {
      const kept = await entriesOf(store, cid);
      const keptBodies = kept.map((entry) => (entry.kind === "message" ? toHex(entry.body) : entry.kind));
      assert.ok(bodies.every((body, at) => body === keptBodies[at]));
      assert.deepEqual(
        kept.map(({ seq }) => seq),
        kept.map((_, at) => at + 1),
      );
    }
    await store.close();
  }
});

test("[ST3] a full disk refuses, keeps what it has, and goes on when there is room again", async (t) => {
  const folder = folderFor(t);
  let db: DatabaseSync | undefined;
  const store = open(folder, (opened) => (db = opened));
  assert.ok(db);
  const cid = await createChannel(store);
  db.exec("PRAGMA max_page_count = 80");
  const accepted: string[] = [];
  let refusals = 0;
  for (let count = 0; count < 40; count++) {
    const op = appendOperation(cid, 0, nativeRandom(30_000));
    const outcome = await one(store, op);
    if (outcome.kind === "accepted") accepted.push(toHex(op.body));
    else {
      assert.deepEqual(outcome, { kind: "refused", code: "storageFull", detail: 0 });
      refusals += 1;
    }
  }
  assert.ok(accepted.length > 5 && refusals > 5);
  const bodies = async (): Promise<string[]> =>
    (await entriesOf(store, cid)).map((entry) => (entry.kind === "message" ? toHex(entry.body) : ""));
  assert.deepEqual(await bodies(), accepted);
  db.exec("PRAGMA max_page_count = 100000");
  assert.equal((await one(store, appendOperation(cid, 0))).kind, "accepted");
  await store.close();
  const again = open(folder);
  assert.equal((await again.channel(cid))?.lastSeq, accepted.length + 1);
  await again.close();
});

test("[ST3] a channel that found no room leaves nothing for the one that gets its row", async (t) => {
  const folder = folderFor(t);
  let db: DatabaseSync | undefined;
  const store = open(folder, (opened) => (db = opened));
  const create = (tokenHash: string) => {
    const spend = { kind: "registered", tokenHash } as const;
    return { kind: "create", cid: toHex(nativeRandom(32)), keys: epochPublicKeys(), spend } as const;
  };
  const [first, second] = (await tokenHashes(store, 2)).map(create);
  assert.ok(db && first && second);
  db.exec("PRAGMA max_page_count = 1"); // that is, no more than there are
  const outcomes = await store.apply(
    [first, appendOperation(first.cid, 0, nativeRandom(60_000))],
    STORE_START,
  );
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ["refused", "refused"],
  );
  db.exec("PRAGMA max_page_count = 100000");
  const created = await one(store, second);
  assert.ok(created.kind === "created");
  await sleep(2 * SETTLE_MS);
  await store.close();
  const again = open(folder);
  assert.equal(await again.channel(first.cid), undefined);
  assert.deepEqual((await again.channel(second.cid))?.firstHead.toHex(), toHex(created.head));
  await again.close();
});

test("[ST10 CH40] a body that everybody acknowledged is nowhere in the files soon after", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const cid = await createChannel(store);
  const [small, large, kept] = [100, 60_000, 100].map((length) => nativeRandom(length));
  assert.ok(small && large && kept);
  await store.apply(
    [small, large, kept].map((body) => appendOperation(cid, 0, body)),
    STORE_START,
  );
  assert.ok(holds(folder, small) && holds(folder, large.subarray(2_000, 2_100)));
  await sleep(SETTLE_MS * 2); // moved to its table by now
  await store.apply(
    [0, 1].map((reader) => ({ kind: "ack", cid, epoch: 0, reader, through: 2 }) as const),
    STORE_START,
  );
  await sleep(3 * SETTLE_MS + TRUNCATE_MS + 500);
  assert.ok(!holds(folder, small));
  for (let at = 0; at + 40 <= large.length; at += 40)
    assert.ok(!holds(folder, large.subarray(at, at + 40)), `bytes from ${at} are still there`);
  assert.ok(holds(folder, kept));
  await store.close();
});

test("[ST10 CH41] a burnt body, an acknowledged post and a claimed KeyPackage are nowhere in the files", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const cid = await createChannel(store);
  const burnt = nativeRandom(500);
  await one(store, appendOperation(cid, 0, burnt));
  const [tokenHash = ""] = await tokenHashes(store, 1);
  const inboxId = toHex(nativeRandom(32));
  const post = nativeRandom(500);
  const item = nativeRandom(500);
  const hash = nativeRandom(32);
  const spend = { kind: "registered", tokenHash } as const;
  const owner = nativeRandom(32);
  const ops: Operation[] = [
    { kind: "inboxCreate", inboxId, owner, readers: [nativeRandom(32)], tokenHashes: [hash], spend },
    { kind: "post", inboxId, tokenHash: hash, postId: nativeRandom(16), body: post },
    { kind: "shelve", inboxId, reader: 0, items: [item], lastResort: undefined },
  ];
  await store.apply(ops, STORE_START);
  assert.ok(holds(folder, burnt) && holds(folder, post) && holds(folder, item));
  await one(store, { kind: "ackInbox", inboxId, reader: 0, through: 1 });
  await one(store, { kind: "claim", inboxId, tokenHash: hash });
  await store.sweep(STORE_START + 86_400_000);
  await sleep(3 * SETTLE_MS + TRUNCATE_MS + 500);
  assert.ok(!holds(folder, burnt) && !holds(folder, post) && !holds(folder, item));
  await store.close();
});

test("[ST10] an acknowledged post is nowhere in the files soon after, though nothing else happens", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const [tokenHash = ""] = await tokenHashes(store, 1);
  const inboxId = toHex(nativeRandom(32));
  const [post, hash, owner, reader] = [500, 32, 32, 32].map((length) => nativeRandom(length));
  assert.ok(post && hash && owner && reader);
  const spend = { kind: "registered", tokenHash } as const;
  await one(store, { kind: "inboxCreate", inboxId, owner, readers: [reader], tokenHashes: [hash], spend });
  await one(store, { kind: "post", inboxId, tokenHash: hash, postId: nativeRandom(16), body: post });
  await sleep(TRUNCATE_MS + 500);
  await one(store, { kind: "ackInbox", inboxId, reader: 0, through: 1 });
  await sleep(TRUNCATE_MS + 500);
  assert.ok(!holds(folder, post));
  await store.close();
});

test("[BK5] a backup outlives a restart, and the one it replaced is nowhere in the files soon after", async (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  const [tokenHash = ""] = await tokenHashes(store, 1);
  const name = toHex(nativeRandom(32));
  const [first, second] = [nativeRandom(BACKUP_BYTES), nativeRandom(BACKUP_BYTES)];
  const spend = { kind: "registered", tokenHash } as const;
  await one(store, { kind: "backupPut", name, number: 1, sealed: first, spend });
  await one(store, { kind: "backupPut", name, number: 2, sealed: second, spend: undefined });
  await sleep(TRUNCATE_MS + 500);
  // Longer ones lie on pages of their own, in pieces.
  const pieceOf = (sealed: Uint8Array): Uint8Array => sealed.subarray(BACKUP_BYTES - 500);
  assert.ok(!holds(folder, pieceOf(first)) && holds(folder, pieceOf(second)));
  await store.close();
  const again = open(folder);
  assert.deepEqual(await again.backup(name), { number: 2, sealed: second });
  await again.close();
});

test("[ST3] while another process keeps the file to itself nothing is accepted, and nothing breaks", async (t) => {
  const folder = folderFor(t);
  const store = open(folder, (db) => db.exec("PRAGMA busy_timeout = 0"));
  const cid = await createChannel(store);
  assert.equal((await one(store, appendOperation(cid, 0))).kind, "accepted");
  const other = new DatabaseSync(join(folder, "relay.sqlite"));
  other.exec("BEGIN IMMEDIATE");
  await sleep(2 * SETTLE_MS);
  const refused = await one(store, appendOperation(cid, 0));
  assert.deepEqual(refused, { kind: "refused", code: "storageFull", detail: 0 });
  other.exec("COMMIT");
  other.close();
  await sleep(2 * SETTLE_MS);
  const accepted = await one(store, appendOperation(cid, 0));
  assert.ok(accepted.kind === "accepted" && accepted.seq === 2);
  await store.close();
});

test("[ST20] a database of a newer version, and one that is not ours, are refused and left as they are", (t) => {
  const folder = folderFor(t);
  const path = join(folder, "relay.sqlite");
  const opened = openDatabase(path);
  assert.ok(opened.ok);
  opened.value.exec("PRAGMA user_version = 99");
  opened.value.close();
  const before = readFileSync(path);
  assert.deepEqual(openDatabase(path), { ok: false, error: { kind: "newer", version: 99 } });
  assert.deepEqual(readFileSync(path), before);
  const foreign = join(folder, "foreign.sqlite");
  const db = new DatabaseSync(foreign);
  db.exec("CREATE TABLE theirs (x)");
  db.close();
  assert.deepEqual(openDatabase(foreign), { ok: false, error: { kind: "foreign" } });
});

test("[ST24] a journal row of a newer version, and one that is damaged, are refused and left as they are", async (t) => {
  for (const { entries, problem } of [
    { entries: Uint8Array.of(2, 0), problem: { kind: "newer", version: 2 } },
    { entries: Uint8Array.of(1, 0, 0), problem: { kind: "damaged" } },
    { entries: rowOfOne(2, 1), problem: { kind: "damaged" } }, // of a channel that is not there
    { entries: rowOfOne(1, 2), problem: { kind: "damaged" } }, // without the one before it
  ]) {
    const folder = folderFor(t);
    const store = open(folder);
    await createChannel(store);
    await store.close();
    const opened = openDatabase(join(folder, "relay.sqlite"));
    assert.ok(opened.ok);
    const db = opened.value;
    db.prepare("INSERT INTO journal VALUES (1, ?)").run(entries);
    assert.deepEqual(createSqliteChannelStore({ db, relayId, sha256 }), { ok: false, error: problem });
    await sleep(2 * SETTLE_MS);
    const [row] = db.prepare("SELECT entries FROM journal").all();
    assert.deepEqual(row?.["entries"], entries);
    db.close();
  }
});

/** A row of the journal with one message. */
function rowOfOne(row: number, seq: number): Uint8Array {
  const { messageId, body, commitment } = appendOperation("", 0);
  const place = { kind: "message", seq, epoch: 0, time: STORE_START } as const;
  const wire = encode(entryCodec, { ...place, rung: "1day", messageId, commitment, body });
  const until = STORE_START + RUNG_MS["1day"];
  const head = new Uint8Array(32);
  const entry = { seq, time: STORE_START, until, id: messageId, head, bodyBytes: body.length, wire };
  return new Uint8Array(journalToBytes([{ row, entry }]));
}

/** What an observer can tell of an outcome. */
function seen(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(seen);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, seen(part)]));
}

test("[ST7] under any operations, restarts included, it does what the store in memory does", async (t) => {
  for (const seed of seedsToRun(12)) {
    const rng = createRng(seed);
    const folder = folderFor(t);
    let store = open(folder);
    const model = createMemoryChannelStore({ relayId, sha256 });
    let now = STORE_START;
    const codeHash = toHex(rng.bytes(32));
    const hashes = Array.from({ length: 8 }, () => toHex(rng.bytes(32)));
    const cids = hashes.slice(0, 3).map(() => toHex(rng.bytes(32)));
    const epochs = new Map(cids.map((cid) => [cid, 0]));
    const old: Operation[] = [];
    const randomOperation = (): Operation => {
      const cid = rng.pick(cids);
      const epoch = Math.max(0, (epochs.get(cid) ?? 0) - (rng.chance(0.15) ? 1 : 0));
      const turn = rng.below(20);
      if (turn < 9)
        return {
          ...appendOperation(cid, epoch, rng.bytes(rng.below(3_000))),
          rung: rng.pick(["5min", "1day", "30days"]),
        };
      if (turn < 16) return { kind: "ack", cid, epoch, reader: rng.below(3), through: rng.below(60) };
      if (turn < 17 || old.length === 0) return commitOperation(cid, epoch);
      return rng.pick(old);
    };
    const both = async (batch: readonly Operation[]): Promise<void> => {
      const expected = await model.apply(batch, now);
      const given = await store.apply(batch, now);
      // An acknowledgement has no answer, and when an epoch that is over is dropped is the store's business.
      const isAnswered = (_: unknown, at: number): boolean => batch[at]?.kind !== "ack";
      assert.deepEqual(seen(given.filter(isAnswered)), seen(expected.filter(isAnswered)), `seed ${seed}`);
    };
    await both([{ kind: "mint", codeHash, until: now + 1e12 }]);
    await both([{ kind: "activate", codeHash, tokenHashes: hashes }]);
    for (const [at, cid] of cids.entries()) {
      const spend = { kind: "registered", tokenHash: hashes[at] ?? "" } as const;
      await both([{ kind: "create", cid, keys: epochPublicKeys(), spend }]);
    }
    for (let step = 0; step < 60; step++) {
      const batch = Array.from({ length: 1 + rng.below(8) }, randomOperation);
      await both(batch);
      old.push(...batch.filter(({ kind }) => kind !== "ack"));
      now += rng.pick([1, 1_000, 61_000, 300_000, 86_400_000]);
      for (const cid of cids) epochs.set(cid, (await model.channel(cid))?.epochs.at(-1)?.epoch ?? 0);
      if (rng.chance(0.3)) {
        await model.sweep(now);
        while ((await store.sweep(now)).isMore);
      }
      if (rng.chance(0.15)) {
        await store.close();
        store = open(folder);
      }
      for (const cid of cids)
        assert.deepEqual(
          seen(await entriesOf(store, cid)),
          seen(await entriesOf(model, cid)),
          `seed ${seed}, step ${step}`,
        );
    }
    await store.close();
  }
});

test("[CH13] a channel holds so many entries; one more is refused", async (t) => {
  const store = open(folderFor(t));
  const cid = await createChannel(store);
  const body = new Uint8Array(1);
  for (let count = 0; count < CHANNEL_ENTRIES_MAX; count += 2_000) {
    const batch = Array.from({ length: 2_000 }, () => appendOperation(cid, 0, body));
    const outcomes = await store.apply(batch, STORE_START);
    assert.ok(outcomes.every(({ kind }) => kind === "accepted"));
  }
  const over = await one(store, appendOperation(cid, 0, body));
  assert.deepEqual(over, { kind: "refused", code: "quotaFull", detail: 0 });
  await store.close();
});
