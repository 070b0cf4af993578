import assert from "node:assert/strict";
import { test } from "node:test";
import {
  inboxCreateBytes,
  POST_TOKENS_MAX,
  SHELF_ITEMS_MAX,
  toHex,
  WELCOME_BYTES_MAX,
} from "@sotto/protocol";
import {
  ACTIVATION_TRIES_MAX,
  CLAIMS_PER_WINDOW_MAX,
  decideInbox,
  INBOX_BYTES_MAX,
  INBOX_POSTS_MAX,
  INBOX_REMEMBERED_MAX,
  POSTS_PER_WINDOW_MAX,
  TOKEN_WINDOW_MS,
} from "@sotto/relay";
import { createPair, createRig, random, sha256, type Rig } from "./rig.ts";

const DENIED = { code: "denied", detail: 0 };

async function owned(rig: Rig, devices = 1) {
  const inbox = await rig.inbox(devices);
  const client = await rig.connect();
  const [reader] = inbox.readers;
  assert.ok(reader);
  const opened = await client.expect("inboxOpened", client.inboxOpenRequest(inbox.inboxId, reader));
  return { ...inbox, client, handle: opened.handle, opened };
}
const postRequest = (inboxId: Uint8Array, postToken: Uint8Array, body = random(400)) =>
  ({ kind: "post", inboxId, postToken, postId: random(16), body }) as const;

test("[IN1 IN4] a code is worth so many tries, and the next must wait", async () => {
  const rig = await createRig();
  const client = await rig.connect();
  const activate = () => client.refusal({ kind: "activate", code: random(16), tokenHashes: [random(32)] });
  for (let count = 0; count < ACTIVATION_TRIES_MAX; count++)
    assert.deepEqual(await activate(), { code: "codeRefused", detail: 0 });
  assert.equal((await activate()).code, "rateLimited");
});

test("[IN10] an inbox is made by its owner's signature and a token, once", async () => {
  const rig = await createRig();
  const [token, other] = await rig.tokens(2);
  assert.ok(token && other);
  const owner = createPair();
  const fields = { inboxId: random(32), readers: [random(32)], postTokenHashes: [] };
  const signature = owner.sign(inboxCreateBytes(rig.relayId, fields));
  const request = { kind: "inboxCreate", ...fields, owner: owner.key, token, signature } as const;
  const client = await rig.connect();
  assert.deepEqual(await client.refusal({ ...request, readers: [random(32)] }), DENIED);
  await client.expect("done", request);
  await client.expect("done", request);
  const readers = [random(32)];
  const different = {
    ...request,
    readers,
    token: other,
    signature: owner.sign(inboxCreateBytes(rig.relayId, { ...fields, readers })),
  };
  assert.deepEqual(await client.refusal(different), { code: "exists", detail: 0 });
});

test("[IN11] an inbox opens for a reader key over this connection's nonce; all else looks alike", async () => {
  const rig = await createRig();
  const { inboxId, readers } = await rig.inbox();
  const [reader] = readers;
  assert.ok(reader);
  const client = await rig.connect();
  const other = await rig.connect();
  assert.deepEqual(await other.refusal(client.inboxOpenRequest(inboxId, reader)), DENIED);
  assert.deepEqual(await client.refusal(client.inboxOpenRequest(inboxId, createPair())), DENIED);
  assert.deepEqual(await client.refusal(client.inboxOpenRequest(random(32), reader)), DENIED);
  await client.expect("inboxOpened", client.inboxOpenRequest(inboxId, reader));
});

test("[IN20 IN25 IN40] whoever holds a post token posts without an account, and learns nothing of the inbox", async () => {
  const rig = await createRig();
  const { client, handle, inboxId, postToken } = await owned(rig);
  await client.expect("page", { kind: "read", handle, after: 0 });
  const stranger = await rig.connect();
  const request = postRequest(inboxId, postToken, random(WELCOME_BYTES_MAX));
  assert.deepEqual(await stranger.ask(request), { kind: "done" });
  assert.deepEqual(await stranger.ask(request), { kind: "done" });
  const pushes = client.takePushes();
  const [pushed] = pushes;
  assert.equal(pushes.length, 1);
  assert.ok(pushed?.kind === "pushed" && pushed.entry.kind === "post");
  assert.deepEqual(pushed.entry.body, request.body);
  client.tell({ kind: "ack", handle, through: 1 });
  await rig.pass(5);
  assert.deepEqual((await client.expect("page", { kind: "read", handle, after: 0 })).entries, []);
});

test("[IN22 IN23] a token allows and is revoked by itself; a wrong one and an unknown inbox look alike", async () => {
  const rig = await createRig();
  const { client, handle, inboxId, postToken } = await owned(rig);
  const stranger = await rig.connect();
  const second = random(32);
  assert.deepEqual(await stranger.refusal(postRequest(inboxId, second)), DENIED);
  assert.deepEqual(await stranger.refusal(postRequest(random(32), postToken)), DENIED);
  await client.expect("done", { kind: "allow", handle, postTokenHash: sha256(second) });
  await stranger.expect("done", postRequest(inboxId, second));
  await client.expect("done", { kind: "revoke", handle, postTokenHash: sha256(postToken) });
  assert.deepEqual(await stranger.refusal(postRequest(inboxId, postToken)), DENIED);
  await stranger.expect("done", postRequest(inboxId, second));
  const channelHandle = { kind: "allow", handle: 99, postTokenHash: random(32) } as const;
  assert.deepEqual(await client.refusal(channelHandle), DENIED);
});

test("[IN24] an inbox has so many tokens; one more is refused", async () => {
  const rig = await createRig();
  const { client, handle } = await owned(rig);
  for (let count = 1; count < POST_TOKENS_MAX; count++)
    await client.expect("done", { kind: "allow", handle, postTokenHash: random(32) });
  const over = await client.refusal({ kind: "allow", handle, postTokenHash: random(32) });
  assert.equal(over.code, "quotaFull");
});

test("[IN24] an inbox holds so many posts; one more is refused", async () => {
  const rig = await createRig();
  const { inboxId, postToken } = await owned(rig);
  const stranger = await rig.connect();
  for (let count = 0; count < INBOX_POSTS_MAX; count++) {
    stranger.tell(postRequest(inboxId, postToken, random(1)));
    if (count % POSTS_PER_WINDOW_MAX === POSTS_PER_WINDOW_MAX - 1) await rig.pass(TOKEN_WINDOW_MS);
  }
  await rig.pass(TOKEN_WINDOW_MS);
  assert.equal((await stranger.refusal(postRequest(inboxId, postToken))).code, "quotaFull");
});

test("[IN24] an inbox holds so many bytes; more are refused", async () => {
  const rig = await createRig();
  const { inboxId, postToken } = await owned(rig);
  for (let count = 0; count < INBOX_BYTES_MAX / WELCOME_BYTES_MAX; count++) {
    const stranger = await rig.connect();
    await stranger.expect("done", postRequest(inboxId, postToken, new Uint8Array(WELCOME_BYTES_MAX)));
  }
  const stranger = await rig.connect();
  assert.equal((await stranger.refusal(postRequest(inboxId, postToken, random(1)))).code, "quotaFull");
});

test("[IN24] a token posts so often in an hour, and is told when it may again; other tokens do not notice", async () => {
  const rig = await createRig();
  const { client, handle, inboxId, postToken } = await owned(rig);
  const other = random(32);
  await client.expect("done", { kind: "allow", handle, postTokenHash: sha256(other) });
  const stranger = await rig.connect();
  for (let count = 0; count < POSTS_PER_WINDOW_MAX; count++)
    await stranger.expect("done", postRequest(inboxId, postToken));
  const { code, detail } = await stranger.refusal(postRequest(inboxId, postToken));
  assert.equal(code, "rateLimited");
  assert.ok(detail > 0 && detail <= TOKEN_WINDOW_MS);
  await stranger.expect("done", postRequest(inboxId, other));
  await rig.pass(detail);
  await stranger.expect("done", postRequest(inboxId, postToken));
});

test("[IN24] posts that were read never fill an inbox: the oldest postId is forgotten for a new one", async () => {
  const rig = await createRig();
  const { inboxId, postToken } = await owned(rig);
  const inbox = await rig.store.inbox(toHex(inboxId));
  assert.ok(inbox);
  const gone = Array.from({ length: INBOX_REMEMBERED_MAX }, (_, at) => ({
    seq: at + 1,
    time: rig.time.now,
    postId: random(16),
    bodyBytes: 0,
    isGone: true,
  }));
  const full = { ...inbox, lastSeq: INBOX_REMEMBERED_MAX, posts: gone };
  const fields = {
    inboxId: toHex(inboxId),
    tokenHash: sha256(postToken),
    postId: random(16),
    body: random(9),
  };
  const decision = decideInbox(
    { inbox: full, now: rig.time.now, sha256 },
    {
      kind: "post",
      ...fields,
    },
  );
  assert.equal(decision.outcome.kind, "posted");
  assert.deepEqual([decision.inbox?.posts.length, decision.inbox?.posts[0]?.seq], [INBOX_REMEMBERED_MAX, 2]);
});

test("[IN30 IN33] KeyPackages lie on a device's shelf and are claimed with a post token", async () => {
  const rig = await createRig();
  const { client, handle, inboxId, postToken, readers } = await owned(rig);
  const [single, last] = [random(200), random(200)];
  await client.expect("done", { kind: "shelve", handle, items: [single], lastResort: last });
  const [reader] = readers;
  assert.ok(reader);
  const again = await client.expect("inboxOpened", client.inboxOpenRequest(inboxId, reader));
  assert.equal(again.shelved, 1);
  const stranger = await rig.connect();
  const claim = { kind: "claim", inboxId, postToken } as const;
  assert.deepEqual((await stranger.expect("claimed", claim)).items, [single]);
  assert.deepEqual((await stranger.expect("claimed", claim)).items, [last]);
  assert.deepEqual(await stranger.refusal({ ...claim, postToken: random(32) }), DENIED);
});

test("[IN32] a shelf holds so many single-use KeyPackages; one more is refused", async () => {
  const rig = await createRig();
  const { client, handle } = await owned(rig);
  const items = Array.from({ length: SHELF_ITEMS_MAX }, () => random(10));
  await client.expect("done", { kind: "shelve", handle, items, lastResort: undefined });
  const over = await client.refusal({ kind: "shelve", handle, items: [random(10)], lastResort: undefined });
  assert.equal(over.code, "quotaFull");
});

test("[IN35] a token claims so often in an hour, and is told when it may again", async () => {
  const rig = await createRig();
  const { client, handle, inboxId, postToken } = await owned(rig);
  const stranger = await rig.connect();
  const claim = { kind: "claim", inboxId, postToken } as const;
  for (let count = 0; count <= CLAIMS_PER_WINDOW_MAX; count++)
    assert.deepEqual((await stranger.expect("claimed", claim)).items, []);
  await client.expect("done", { kind: "shelve", handle, items: [], lastResort: random(10) });
  for (let count = 0; count < CLAIMS_PER_WINDOW_MAX; count++) await stranger.expect("claimed", claim);
  const { code, detail } = await stranger.refusal(claim);
  assert.equal(code, "rateLimited");
  assert.ok(detail > 0 && detail <= TOKEN_WINDOW_MS);
  await rig.pass(detail);
  await stranger.expect("claimed", claim);
});
