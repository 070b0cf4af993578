import assert from "node:assert/strict";
import { test } from "node:test";
import {
  inboxCreateBytes,
  inboxOpenBytes,
  Secret,
  SHELVED_BYTES_MAX,
  textToBytes,
  WELCOME_BYTES_MAX,
  type RandomBytes,
  type ShelfItem,
} from "@sotto/protocol";
import { isSignedBy } from "@sotto/verify";
import {
  inboxPublicKey,
  openPost,
  openShelfItem,
  POST_BYTES_MAX,
  sealPost,
  sealShelfItem,
  signInboxCreate,
  signInboxOpen,
} from "../src/inbox/inbox.ts";
import { signingKey } from "../src/keys.ts";

const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));
const secret = (fill: number): Secret => new Secret(new Uint8Array(32).fill(fill));
const place = { relayId: new Uint8Array(32).fill(1), inboxId: new Uint8Array(32).fill(2) };
const keys = { hpkeSeed: secret(3), shelfKey: secret(4) };
const endpoint = { url: "https://relay.example", relayId: place.relayId };
const card = { endpoint, inboxId: place.inboxId, hpkeKey: await inboxPublicKey(keys.hpkeSeed) };
const HELLO = textToBytes("hello from alice");

async function post(plaintext: Uint8Array): Promise<Uint8Array> {
  const sealed = await sealPost(card, keys.shelfKey, plaintext);
  assert.ok(sealed.ok);
  return sealed.value;
}

test("[CK13] a post opens with the inbox's key and the link's, and for nobody else", async () => {
  const body = await post(HELLO);
  assert.deepEqual(await openPost(place, keys, body), HELLO);
  assert.equal(await openPost(place, { ...keys, hpkeSeed: secret(9) }, body), undefined);
  assert.equal(await openPost(place, { ...keys, shelfKey: secret(9) }, body), undefined);
  assert.equal(await openPost({ ...place, inboxId: place.relayId }, keys, body), undefined);
  assert.equal(await openPost({ ...place, relayId: place.inboxId }, keys, body), undefined);
});

test("[CK13] a changed, cut or invented post is nobody's", async () => {
  const body = await post(HELLO);
  for (let index = 0; index < body.length; index += 9) {
    assert.equal(await openPost(place, keys, body.with(index, (body[index] ?? 0) ^ 1)), undefined);
  }
  for (const length of [0, 31, 32, 47, 48, 255]) {
    assert.equal(await openPost(place, keys, body.subarray(0, length)), undefined);
  }
  assert.equal(await openPost(place, keys, randomBytes(512)), undefined);
});

test("[CK6] a post is as long as its bucket, up to the largest", async () => {
  assert.equal((await post(new Uint8Array(0))).length, 256);
  assert.equal((await post(new Uint8Array(256 - 52))).length, 256);
  assert.equal((await post(new Uint8Array(256 - 51))).length, 512);
  const largest = new Uint8Array(POST_BYTES_MAX).fill(7);
  const body = await post(largest);
  assert.equal(body.length, WELCOME_BYTES_MAX);
  assert.deepEqual(await openPost(place, keys, body), largest);
});

test("[CK13] two posts of the same words have nothing in common", async () => {
  const [one, other] = await Promise.all([post(HELLO), post(HELLO)]);
  assert.notDeepEqual(one.subarray(0, 32), other.subarray(0, 32));
  assert.notDeepEqual(one.subarray(32), other.subarray(32));
});

test("[CK13] a card whose HPKE key is none is an answer", async () => {
  const none = { ...card, hpkeKey: new Uint8Array(5) };
  assert.deepEqual(await sealPost(none, keys.shelfKey, HELLO), { ok: false, error: "badCard" });
});

const item: ShelfItem = { version: 1, keyPackage: randomBytes(2700), chain: [] };

test("[CK14] a shelf item opens with the link and shows nothing of itself without", () => {
  const sealed = sealShelfItem(place, keys.shelfKey, item, randomBytes);
  assert.equal(sealed.length, 4096);
  assert.ok(sealed.length <= SHELVED_BYTES_MAX);
  assert.deepEqual(openShelfItem(place, keys.shelfKey, sealed), item);
  assert.equal(openShelfItem(place, secret(9), sealed), undefined);
  assert.equal(openShelfItem({ ...place, inboxId: place.relayId }, keys.shelfKey, sealed), undefined);
  assert.equal(openShelfItem(place, keys.shelfKey, sealed.with(50, (sealed[50] ?? 0) ^ 1)), undefined);
  assert.equal(openShelfItem(place, keys.shelfKey, new Uint8Array()), undefined);
});

test("[CK15] an inbox is made by its owner key and opened by a reader key, for this relay", () => {
  const owner = signingKey(secret(5));
  const made = { readers: [owner.publicKey], postTokenHashes: [randomBytes(32)] };
  const created = signInboxCreate(owner, place, made);
  const { relayId, inboxId } = place;
  assert.ok(isSignedBy(owner.publicKey, inboxCreateBytes(relayId, { inboxId, ...made }), created));
  const nonce = randomBytes(32);
  const opened = signInboxOpen(owner, place, nonce);
  assert.ok(isSignedBy(owner.publicKey, inboxOpenBytes(relayId, inboxId, nonce), opened));
  assert.ok(!isSignedBy(owner.publicKey, inboxOpenBytes(inboxId, relayId, nonce), opened));
});
