import assert from "node:assert/strict";
import { test } from "node:test";
import { BACKUP_BYTES, backupPutBytes } from "@sotto/protocol";
import { createPair, createRig, random, sha256, type Rig } from "./rig.ts";

const DENIED = { code: "denied", detail: 0 };

function putRequest(rig: Rig, pair: ReturnType<typeof createPair>, number: number, token?: Uint8Array) {
  const sealed = random(BACKUP_BYTES);
  const fields = { name: pair.key, number, sealed };
  const signature = pair.sign(backupPutBytes(sha256, { relayId: rig.relayId, ...fields }));
  return { kind: "backupPut", ...fields, token, signature } as const;
}

test("[BK1] a backup is put by the key that names it alone", async () => {
  const rig = await createRig();
  const [token] = await rig.tokens(1);
  const client = await rig.connect();
  const owner = createPair();
  const request = putRequest(rig, owner, 1, token);
  const { signature } = putRequest(rig, createPair(), 1);
  assert.deepEqual(await client.refusal({ ...request, signature }), DENIED);
  assert.deepEqual(await client.refusal({ ...request, number: 2 }), DENIED);
  assert.deepEqual(await client.refusal({ ...request, sealed: random(BACKUP_BYTES) }), DENIED);
  assert.deepEqual(await client.refusal({ kind: "backupGet", name: owner.key }), DENIED);
  await client.expect("done", request);
  await client.expect("done", putRequest(rig, owner, 2));
});

test("[BK4] whoever knows the name is given the newest; any other name is denied", async () => {
  const rig = await createRig();
  const [token] = await rig.tokens(1);
  const owner = createPair();
  const client = await rig.connect();
  await client.expect("done", putRequest(rig, owner, 1, token));
  const newest = putRequest(rig, owner, 9);
  await client.expect("done", newest);
  const stranger = await rig.connect();
  const given = await stranger.expect("backup", { kind: "backupGet", name: owner.key });
  assert.equal(given.number, 9);
  assert.deepEqual(given.sealed, newest.sealed);
  assert.deepEqual(await stranger.refusal({ kind: "backupGet", name: random(32) }), DENIED);
});

test("[BK3] without a token no name is kept, and the relay says so", async () => {
  const rig = await createRig();
  const client = await rig.connect();
  const owner = createPair();
  for (const token of [undefined, random(32)])
    assert.equal((await client.refusal(putRequest(rig, owner, 1, token))).code, "tokenRefused");
  assert.deepEqual(await client.refusal({ kind: "backupGet", name: owner.key }), DENIED);
});
