/** Blobs without HTTP, over a store in memory and a clock that stands still. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { RUNG_MS, toHex, type Rung } from "@sotto/protocol";
import {
  BLOB_BYTES_BURST_MAX,
  BLOB_GRANT_MS,
  BLOB_PIECE_BYTES,
  BLOB_SYNC_BYTES,
  createBlobs,
  type BlobStore,
  type RelayEvent,
} from "@sotto/relay";
import { createMemoryBlobStore } from "@sotto/relay-adapters/memory";
import { createKeyRing } from "@sotto/relay-adapters/node";
import { inPieces } from "../src/blob-pieces.ts";
import { createRig, random, sha256 } from "./rig.ts";

const CID = "c1".repeat(32);

function createWorld(
  given: { isFull?: () => boolean; bytesMax?: number; store?: (of: BlobStore) => BlobStore } = {},
) {
  const time = { now: 1_800_000_000_000 };
  const events: RelayEvent[] = [];
  const memory = createMemoryBlobStore(given.isFull);
  const store = given.store?.(memory) ?? memory;
  const keyRing = createKeyRing(random(32));
  const blobs = createBlobs({
    store,
    keyRing,
    clock: () => time.now,
    sha256,
    observe: (event) => void events.push(event),
    ...(given.bytesMax !== undefined && { bytesMax: given.bytesMax }),
  });
  function grant(bytes: number, rung: Rung = "1h", blobId = random(32), cid = CID) {
    const reply = blobs.grant(cid, { blobId, bytes, rung });
    assert.ok(reply.kind === "blobGranted");
    return { blobId, token: reply.token };
  }
  type Granted = ReturnType<typeof grant>;
  const put = ({ blobId, token }: Granted, offset: number, bytes: Uint8Array, body = inChunks(bytes)) =>
    blobs.put(blobId, token, { offset, length: bytes.length }, body);
  async function read(blobId: Uint8Array, from = 0, to?: number): Promise<string | undefined> {
    const bytes = await blobs.bytesOf(blobId);
    if (bytes === undefined) return undefined;
    const pieces: Uint8Array[] = [];
    for await (const piece of blobs.read(blobId, from, to ?? bytes)) pieces.push(piece);
    return Buffer.concat(pieces).toString("hex");
  }
  return { time, events, store, keyRing, blobs, grant, put, read };
}

async function* inChunks(bytes: Uint8Array, length = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) {
    await setImmediate();
    yield bytes.subarray(at, at + length);
  }
}
async function* breakingOff(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* inChunks(bytes);
  throw new Error("the connection is gone");
}

test("[BL3] a small blob counts for 64 KiB, and a refusal costs nothing", () => {
  const world = createWorld();
  const small = { bytes: 1, rung: "1h" } as const;
  for (let count = 0; count < BLOB_BYTES_BURST_MAX / 65_536; count++) world.grant(1);
  for (let tries = 0; tries < 3; tries++)
    assert.deepEqual(world.blobs.grant(CID, { blobId: random(32), ...small }), {
      kind: "refused",
      code: "rateLimited",
      detail: 500,
    });
  world.time.now += 500;
  world.grant(1);
});

test("[BL10 BL12] parts are appended each where the last ended, and HEAD says where that is", async () => {
  const world = createWorld();
  const bytes = random(400_000);
  const granted = world.grant(bytes.length);
  const received = () => world.blobs.received(granted.blobId, granted.token);
  assert.equal(await received(), 0);
  assert.deepEqual(await world.put(granted, 0, bytes.subarray(0, 300_000)), {
    kind: "kept",
    received: 300_000,
  });
  for (const offset of [0, 299_999, 300_001, 400_000])
    assert.deepEqual(await world.put(granted, offset, random(1)), { kind: "elsewhere", received: 300_000 });
  assert.equal(await received(), 300_000);
  assert.deepEqual(await world.put(granted, 300_000, bytes.subarray(300_000)), {
    kind: "kept",
    received: 400_000,
  });
  assert.deepEqual(await world.put(granted, 0, random(400_000)), { kind: "elsewhere", received: 400_000 });
  assert.deepEqual(await world.put(granted, 400_000, random(0)), { kind: "kept", received: 400_000 });
  assert.equal(await world.read(granted.blobId), toHex(bytes));
});

test("[BL11] what would end beyond the granted length is refused whole, also when its length lies", async () => {
  const world = createWorld();
  const granted = world.grant(10);
  assert.deepEqual(await world.put(granted, 0, random(11)), { kind: "tooLong" });
  assert.equal(await world.store.find(toHex(sha256(granted.blobId))), undefined);
  await world.put(granted, 0, random(9));
  assert.deepEqual(await world.put(granted, 9, random(2)), { kind: "tooLong" });
  assert.deepEqual(await world.put(granted, 9, random(1), inChunks(random(3))), { kind: "tooLong" });
  assert.equal(await world.blobs.received(granted.blobId, granted.token), 9);
});

test("[BL2] a token that is altered, cut, foreign, of another id or over opens nothing", async () => {
  const world = createWorld();
  const other = createWorld();
  const granted = world.grant(3);
  const { blobId, token } = granted;
  const altered = token.map((byte, at) => (at === token.length - 1 ? byte ^ 1 : byte));
  const { token: foreign } = other.grant(3, "1h", blobId);
  for (const wrong of [altered, token.subarray(1), token.subarray(0, 32), new Uint8Array(), foreign]) {
    assert.deepEqual(await world.put({ blobId, token: wrong }, 0, random(3)), { kind: "unknown" });
    assert.equal(await world.blobs.received(blobId, wrong), undefined);
    assert.equal(await world.blobs.erase(blobId, wrong), "unknown");
  }
  assert.deepEqual(await world.put({ blobId: random(32), token }, 0, random(3)), { kind: "unknown" });
  world.time.now += BLOB_GRANT_MS - 1;
  assert.equal(await world.blobs.received(blobId, token), 0);
  world.time.now += 1;
  assert.deepEqual(await world.put(granted, 0, random(3)), { kind: "unknown" });
  assert.equal(await world.blobs.received(blobId, token), undefined);
});

test("[BL4] many grants do not fill a relay beyond its limit, nor does a race for the last of it", async () => {
  const world = createWorld({ bytesMax: 200_000 });
  const [first, second, third] = [world.grant(100_000), world.grant(100_000), world.grant(100_000)];
  const puts = await Promise.all([first, second, third].map((one) => world.put(one, 0, random(1))));
  assert.deepEqual(puts.map(({ kind }) => kind).toSorted(), ["kept", "kept", "quotaFull"]);
  assert.equal(world.blobs.countedBytes(), 200_000);
  await world.blobs.erase(first.blobId, first.token);
  await world.blobs.erase(third.blobId, third.token);
  assert.equal((await world.put(world.grant(100_000), 0, random(1))).kind, "kept");
});

test("[BL13] what came of a part that broke off stays, and is said", async () => {
  const world = createWorld();
  const bytes = random(500_000);
  const granted = world.grant(bytes.length);
  const cut = await world.put(granted, 0, bytes, breakingOff(bytes.subarray(0, 170_001)));
  assert.deepEqual(cut, { kind: "cut" });
  assert.equal(await world.blobs.received(granted.blobId, granted.token), 170_001);
  await world.put(granted, 170_001, bytes.subarray(170_001));
  assert.equal(await world.read(granted.blobId), toHex(bytes));
});

test("[BL13] a long part is made durable on its way, not only at its end", async () => {
  const kept: number[] = [];
  const world = createWorld({
    store: (of) => ({ ...of, keep: (name, blob) => (kept.push(blob.received), of.keep(name, blob)) }),
  });
  const bytes = random(BLOB_SYNC_BYTES + 2 * BLOB_PIECE_BYTES);
  await world.put(world.grant(bytes.length), 0, bytes);
  assert.deepEqual(kept, [BLOB_SYNC_BYTES, bytes.length]);
});

test("[BL14] two PUTs to one blob do not write over each other", async () => {
  const world = createWorld();
  const bytes = random(300_000);
  const granted = world.grant(bytes.length);
  const both = await Promise.all([world.put(granted, 0, bytes), world.put(granted, 0, random(300_000))]);
  assert.deepEqual(both, [{ kind: "kept", received: 300_000 }, { kind: "busy" }]);
  assert.equal(await world.read(granted.blobId), toHex(bytes));
});

test("[BL15] a byte at a time costs no write for each", async () => {
  let writes = 0;
  const world = createWorld({
    store: (of) => ({ ...of, write: (...args) => ((writes += 1), of.write(...args)) }),
  });
  const bytes = random(1_000);
  await world.put(world.grant(1_000), 0, bytes, inChunks(bytes, 1));
  assert.equal(writes, 1);
});

test("[BL15] pieces have their length whatever the chunks have, and leave nothing out", async () => {
  for (const [total, chunk, length] of [
    [0, 1, 4],
    [9, 9, 4],
    [8, 3, 4],
    [100, 7, 16],
    [5, 2, 100],
  ] as const) {
    const bytes = random(total);
    const pieces: Uint8Array[] = [];
    for await (const piece of inPieces(inChunks(bytes, chunk), length)) pieces.push(piece);
    assert.equal(Buffer.concat(pieces).toString("hex"), toHex(bytes));
    assert.ok(pieces.slice(0, -1).every((piece) => piece.length === length));
    assert.equal(pieces.length, Math.ceil(total / length));
  }
});

test("[BL16] whoever gets a grant for another's id can neither continue that blob nor erase it", async () => {
  const world = createWorld();
  const bytes = random(20);
  const owner = world.grant(20);
  await world.put(owner, 0, bytes.subarray(0, 10));
  world.time.now += 1;
  const thief = world.grant(20, "1h", owner.blobId, "ee".repeat(32));
  assert.deepEqual(await world.put(thief, 10, random(10)), { kind: "unknown" });
  assert.equal(await world.blobs.received(thief.blobId, thief.token), undefined);
  assert.equal(await world.blobs.erase(thief.blobId, thief.token), "unknown");
  await world.put(owner, 10, bytes.subarray(10));
  assert.equal(await world.blobs.erase(thief.blobId, thief.token), "unknown");
  assert.equal(await world.read(owner.blobId), toHex(bytes));
});

test("[BL20 BL21] nothing is served before all is there; then any range of it is", async () => {
  const world = createWorld();
  const bytes = random(BLOB_PIECE_BYTES * 2 + 5);
  const granted = world.grant(bytes.length);
  await world.put(granted, 0, bytes.subarray(0, -1));
  assert.equal(await world.blobs.bytesOf(granted.blobId), undefined);
  for await (const _ of world.blobs.read(granted.blobId, 0, 1)) assert.fail("served");
  await world.put(granted, bytes.length - 1, bytes.subarray(-1));
  for (const [from, to] of [
    [0, bytes.length],
    [BLOB_PIECE_BYTES - 1, BLOB_PIECE_BYTES + 1],
    [bytes.length - 1, bytes.length],
  ] as const)
    assert.equal(await world.read(granted.blobId, from, to), toHex(bytes.subarray(from, to)));
  assert.equal(await world.blobs.bytesOf(random(32)), undefined);
});

test("[BL30] the rung runs from when it was whole, and ends for those who are reading, too", async () => {
  const world = createWorld();
  const bytes = random(BLOB_PIECE_BYTES * 3);
  const granted = world.grant(bytes.length, "5min");
  await world.put(granted, 0, bytes.subarray(0, 9));
  world.time.now += 2 * RUNG_MS["5min"];
  await world.put(granted, 9, bytes.subarray(9));
  world.time.now += RUNG_MS["5min"] - 1;
  assert.equal(await world.read(granted.blobId), toHex(bytes));
  const reading = world.blobs.read(granted.blobId, 0, bytes.length)[Symbol.asyncIterator]();
  assert.equal((await reading.next()).value?.length, BLOB_PIECE_BYTES);
  world.time.now += 1;
  assert.equal((await reading.next()).done, true);
  assert.equal(await world.blobs.bytesOf(granted.blobId), undefined);
  await world.blobs.sweep();
  assert.equal(await world.store.read(toHex(sha256(granted.blobId)), 0, 1), undefined);
});

test("[BL30 BL31] what burned while its token is good does not come back; its grave goes with the token", async () => {
  const world = createWorld();
  const granted = world.grant(3, "5min");
  await world.put(granted, 0, random(3));
  world.time.now += RUNG_MS["5min"];
  await world.blobs.sweep();
  assert.deepEqual(await world.put(granted, 0, random(3)), { kind: "unknown" });
  assert.equal(await world.blobs.received(granted.blobId, granted.token), undefined);
  assert.equal(world.blobs.countedBytes(), 0);
  world.time.now += BLOB_GRANT_MS;
  while (await world.blobs.sweep());
  assert.equal(await world.store.find(toHex(sha256(granted.blobId))), undefined);
});

test("[BL30] a blob that cannot be erased keeps no other from it, and is tried again", async () => {
  let stuck = "";
  const world = createWorld({
    store: (of) => ({
      ...of,
      erase: (name, left) => (name === stuck ? Promise.resolve("storageFull") : of.erase(name, left)),
    }),
  });
  const [first, second] = [world.grant(3, "5min"), world.grant(3, "5min")];
  for (const one of [first, second]) await world.put(one, 0, random(3));
  const isErased = async ({ blobId }: typeof first) =>
    (await world.store.read(toHex(sha256(blobId)), 0, 1)) === undefined;
  stuck = toHex(sha256(first.blobId));
  world.time.now += RUNG_MS["5min"];
  while (await world.blobs.sweep());
  assert.deepEqual(await Promise.all([first, second].map(isErased)), [false, true]);
  assert.equal(await world.blobs.bytesOf(first.blobId), undefined);
  stuck = "";
  await world.blobs.sweep();
  assert.ok(await isErased(first));
});

test("[BL30] the relay's own sweep erases what burned", async () => {
  const rig = await createRig();
  const blobId = random(32);
  const reply = rig.blobs.grant(CID, { blobId, bytes: 3, rung: "5min" });
  assert.ok(reply.kind === "blobGranted");
  await rig.blobs.put(blobId, reply.token, { offset: 0, length: 3 }, inChunks(random(3)));
  await rig.pass(RUNG_MS["5min"] + 15_000);
  assert.equal(await rig.blobStore.read(toHex(sha256(blobId)), 0, 1), undefined);
  assert.ok(rig.events.some((event) => event.kind === "blob" && event.what === "erased"));
});

test("[BL31] DELETE is final, whether it comes before, during or after the PUT, and long after the grant", async () => {
  const world = createWorld();
  const bytes = random(400_000);
  const before = world.grant(bytes.length);
  assert.equal(await world.blobs.erase(before.blobId, before.token), "done");
  assert.deepEqual(await world.put(before, 0, bytes), { kind: "unknown" });

  const during = world.grant(bytes.length);
  const putting = world.put(during, 0, bytes);
  for (let turn = 0; turn < 4; turn++) await setImmediate();
  assert.equal(await world.blobs.erase(during.blobId, during.token), "done");
  assert.deepEqual(await putting, { kind: "unknown" });
  assert.equal(await world.blobs.bytesOf(during.blobId), undefined);

  const after = world.grant(bytes.length, "30days");
  await world.put(after, 0, bytes);
  world.time.now += 3 * BLOB_GRANT_MS;
  assert.equal(await world.blobs.erase(after.blobId, after.token), "done");
  assert.equal(await world.blobs.bytesOf(after.blobId), undefined);
  assert.equal(await world.blobs.erase(after.blobId, after.token), "unknown"); // nothing is left that knows it
  assert.equal(await world.blobs.erase(before.blobId, before.token), "done"); // its grave waits for a sweep
});

test("[BL32] what is not whole when its grant ends goes", async () => {
  const world = createWorld();
  const granted = world.grant(100_000);
  await world.put(granted, 0, random(9));
  world.time.now += BLOB_GRANT_MS - 1;
  await world.blobs.sweep();
  assert.equal(await world.blobs.received(granted.blobId, granted.token), 9);
  world.time.now += 1;
  await world.blobs.sweep();
  assert.equal(await world.store.find(toHex(sha256(granted.blobId))), undefined);
  assert.equal(world.blobs.countedBytes(), 0);
});

test("[BL4] a full disk refuses, says so to the operator, and loses nothing of what is there", async () => {
  let isFull = false;
  const world = createWorld({ isFull: () => isFull });
  const bytes = random(20);
  const granted = world.grant(20);
  await world.put(granted, 0, bytes.subarray(0, 5));
  isFull = true;
  assert.deepEqual(await world.put(granted, 5, bytes.subarray(5)), { kind: "storageFull" });
  assert.deepEqual(await world.put(world.grant(9), 0, random(9)), { kind: "storageFull" });
  assert.equal(await world.blobs.erase(granted.blobId, granted.token), "storageFull");
  assert.ok(world.events.some(({ kind }) => kind === "storageFull"));
  isFull = false;
  assert.equal((await world.put(granted, 5, bytes.subarray(5))).kind, "kept");
  assert.equal(await world.read(granted.blobId), toHex(bytes));
});

test("[BL13] a stop waits for what is under way and takes no more", async () => {
  const world = createWorld();
  const bytes = random(300_000);
  const granted = world.grant(bytes.length);
  const putting = world.put(granted, 0, bytes);
  await world.blobs.stop();
  assert.deepEqual(await putting, { kind: "kept", received: 300_000 });
  assert.deepEqual(await world.put(world.grant(3), 0, random(3)), { kind: "busy" });
  assert.equal(await world.blobs.sweep(), false);
});
