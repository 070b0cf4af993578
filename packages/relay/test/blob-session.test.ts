/** Grants over the wire. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOB_BYTES_MAX, toHex } from "@sotto/protocol";
import { BLOB_BYTES_BURST_MAX, BLOB_BYTES_PER_SECOND_MAX, BLOB_GRANT_MS } from "@sotto/relay";
import { createEpoch, createRig, publicKeys, random, sha256, type Rig } from "./rig.ts";

const DENIED = { code: "denied", detail: 0 };
const grantRequest = (handle: number, bytes = 1_000, blobId = random(32)) =>
  ({ kind: "grantBlob", handle, blobId, bytes, rung: "7days" }) as const;

async function openForWriting(rig: Rig) {
  const { cid, pairs } = await rig.channel();
  const client = await rig.connect();
  const { handle } = await client.expect("opened", client.openRequest(cid, 0, { write: pairs.write }));
  return { cid, pairs, client, handle };
}

test("[BL1] a grant is for a handle that proved writing at the current epoch", async () => {
  const rig = await createRig();
  const { cid, pairs, client, handle } = await openForWriting(rig);
  const { token, until } = await client.expect("blobGranted", grantRequest(handle));
  assert.equal(until, rig.time.now + BLOB_GRANT_MS);
  assert.ok(token.length > 32);
  const [reader] = pairs.readers;
  assert.ok(reader);
  const reading = await client.expect("opened", client.openRequest(cid, 0, { reader }));
  assert.deepEqual(await client.refusal(grantRequest(reading.handle)), DENIED);
  assert.deepEqual(await client.refusal(grantRequest(99)), DENIED);
  const { inboxId, readers } = await rig.inbox();
  assert.ok(readers[0]);
  const inbox = await client.expect("inboxOpened", client.inboxOpenRequest(inboxId, readers[0]));
  assert.deepEqual(await client.refusal(grantRequest(inbox.handle)), DENIED);
  await client.expect("committed", rig.commitRequest(cid, 0, pairs, publicKeys(createEpoch(1))));
  assert.deepEqual(await client.refusal(grantRequest(handle)), { code: "epochMoved", detail: 1 });
});

test("[BL1] a blob of nothing, and one of more than the limit, is malformed", async () => {
  const { client, handle } = await openForWriting(await createRig());
  for (const bytes of [0, BLOB_BYTES_MAX + 1, Number.MAX_SAFE_INTEGER])
    assert.equal((await client.refusal(grantRequest(handle, bytes))).code, "malformed");
  for (const bytes of [1, BLOB_BYTES_MAX]) await client.expect("blobGranted", grantRequest(handle, bytes));
});

test("[BL3] a channel's budget is its own, refills, and is not charged for what it refused", async () => {
  const rig = await createRig();
  const { client, handle } = await openForWriting(rig);
  const other = await openForWriting(rig);
  const grants = Math.floor(BLOB_BYTES_BURST_MAX / BLOB_BYTES_MAX);
  for (let count = 0; count < grants; count++)
    await client.expect("blobGranted", grantRequest(handle, BLOB_BYTES_MAX));
  const left = BLOB_BYTES_BURST_MAX - grants * BLOB_BYTES_MAX;
  const missing = BLOB_BYTES_MAX - left;
  const waitMs = Math.ceil((missing * 1_000) / BLOB_BYTES_PER_SECOND_MAX);
  for (let tries = 0; tries < 3; tries++) {
    const { code, detail } = await client.refusal(grantRequest(handle, BLOB_BYTES_MAX));
    assert.equal(code, "rateLimited");
    assert.ok(detail <= waitMs && detail > waitMs - 1_000); // the rig's clock moves a little with each answer
  }
  await other.client.expect("blobGranted", grantRequest(other.handle, BLOB_BYTES_MAX));
  await rig.pass(waitMs);
  await client.expect("blobGranted", grantRequest(handle, BLOB_BYTES_MAX));
});

test("[BL4] a relay that is full of blobs grants none", async () => {
  const rig = await createRig({ blobsBytesMax: 100_000 });
  const { client, handle } = await openForWriting(rig);
  await client.expect("blobGranted", grantRequest(handle, 100_000));
  assert.equal((await client.refusal(grantRequest(handle, 100_001))).code, "quotaFull");
});

test("[BL5] what is kept of a blob names neither its channel nor what finds it at the relay", async () => {
  const rig = await createRig();
  const { cid, client, handle } = await openForWriting(rig);
  const blobId = random(32);
  const { token } = await client.expect("blobGranted", grantRequest(handle, 3, blobId));
  async function* body() {
    yield await Promise.resolve(random(3));
  }
  const put = await rig.blobs.put(blobId, token, { offset: 0, length: 3 }, body());
  assert.equal(put.kind, "kept");
  const name = toHex(sha256(blobId));
  const kept = JSON.stringify([name, await rig.blobStore.find(name)]);
  assert.match(kept, /"received":3/);
  for (const secret of [cid, blobId, token]) assert.ok(!kept.includes(toHex(secret)));
});
