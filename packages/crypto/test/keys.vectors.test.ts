import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { concat, encode, fromHex, Secret, shelfItem, toHex, textToBytes, decode } from "@sotto/protocol";
import { openBody, openCommit, sealBody, sealCommit } from "../src/channel/bodies.ts";
import { deriveEpochKeys, epochPublicKeys, signCreate, type EpochKeys } from "../src/channel/epoch-keys.ts";
import { readerKey, signAsReader } from "../src/channel/reader-key.ts";
import { inboxPublicKey, openPost, openShelfItem, sealShelfItem } from "../src/inbox/inbox.ts";
import { signingKey } from "../src/keys.ts";
import vectors from "../../../vectors/keys.json" with { type: "json" };

const secret = (hex: string): Secret => new Secret(fromHex(hex));
const fixed =
  (hex: string) =>
  (length: number): Uint8Array<ArrayBuffer> => {
    assert.equal(length, hex.length / 2);
    return fromHex(hex);
  };
const keysOf = (one: { exported: string; relayId: string; cid: string; epoch: number }): EpochKeys =>
  deriveEpochKeys(secret(one.exported), { relayId: fromHex(one.relayId), cid: fromHex(one.cid) }, one.epoch);

for (const one of vectors.reader) {
  test(`[CK2] vector: ${one.name}`, () => {
    const made = readerKey(secret(one.seed));
    assert.equal(toHex(made.publicKey), one.publicKey);
    assert.equal(made.scalar.expose(toHex), one.scalar);
  });
}

const readersOf = (readers: readonly { leaf: number; readerKey: string }[]) =>
  readers.map((reader) => ({ leaf: reader.leaf, readerKey: fromHex(reader.readerKey) }));

for (const one of vectors.epoch) {
  test(`[CK1] vector: ${one.name}`, () => {
    const keys = keysOf(one);
    const told = epochPublicKeys(keys, readersOf(one.readers));
    assert.equal(toHex(told.write), one.write);
    assert.equal(toHex(told.commit), one.commit);
    assert.equal(keys.wrap.expose(toHex), one.wrap);
    assert.deepEqual(told.readers.map(toHex), one.blinded);
    assert.equal(toHex(signCreate(keys, told)), one.signCreate);
  });

  test(`[CK1] vector: ${one.name}, derived by other code`, () => {
    // HKDF-Expand alone is one HMAC while the output is one block: RFC 5869 section 2.3.
    const expand = (info: Uint8Array): string =>
      createHmac("sha256", fromHex(one.exported))
        .update(concat(info, Uint8Array.of(1)))
        .digest("hex");
    assert.equal(expand(textToBytes("sotto/channel/v1 wrap")), one.wrap);
    const write = signingKey(secret(expand(textToBytes("sotto/channel/v1 write"))));
    assert.equal(toHex(write.publicKey), one.write);
    const commit = signingKey(secret(expand(textToBytes("sotto/channel/v1 commit"))));
    assert.equal(toHex(commit.publicKey), one.commit);
  });
}

for (const one of vectors.readerSignature) {
  test(`[CK4] vector: ${one.name}`, () => {
    const signed = signAsReader(
      secret(one.exported),
      one.leaf,
      readerKey(secret(one.seed)),
      fromHex(one.message),
      fixed(one.random),
    );
    assert.equal(toHex(signed.reader), one.reader);
    assert.equal(toHex(signed.signature), one.signature);
  });
}

for (const one of vectors.body) {
  test(`[CK6] vector: ${one.name}`, () => {
    const keys = keysOf(one);
    assert.equal(toHex(sealBody(keys, fromHex(one.plaintext), fixed(one.nonce))), one.body);
    assert.deepEqual(openBody(keys, fromHex(one.body)), fromHex(one.plaintext));
  });
}

for (const one of vectors.commit) {
  test(`[CK8] vector: ${one.name}`, () => {
    const keys = keysOf(one);
    const readers = readersOf(vectors.epoch[0]?.readers ?? []);
    const next = epochPublicKeys(keysOf({ ...one, exported: one.nextExported, epoch: 5 }), readers);
    const parts = { mlsCommit: fromHex(one.mlsCommit), welcome: fromHex(one.welcome), next };
    const sealed = sealCommit(keys, parts, signingKey(secret(one.leafSeed)), fixed(one.nonce));
    assert.equal(toHex(sealed.body), one.body);
    assert.equal(toHex(sealed.signature), one.signature);
    const entry = { kind: "commit", seq: 1, epoch: 4, time: 1, next, adminSignature: undefined } as const;
    const opened = openCommit(keys, next, { ...entry, ...sealed });
    assert.ok(opened.ok);
    assert.equal(toHex(opened.value.mlsCommit), one.mlsCommit);
  });
}

for (const one of vectors.shelf) {
  test(`[CK14] vector: ${one.name}`, () => {
    const place = { relayId: fromHex(one.relayId), inboxId: fromHex(one.inboxId) };
    const opened = openShelfItem(place, secret(one.shelfKey), fromHex(one.sealed));
    assert.ok(opened);
    assert.equal(toHex(encode(shelfItem, opened)), one.item);
    const item = decode(shelfItem, fromHex(one.item));
    assert.ok(item.ok);
    const sealed = sealShelfItem(place, secret(one.shelfKey), item.value, fixed(one.nonce));
    assert.equal(toHex(sealed), one.sealed);
  });
}

for (const one of vectors.post) {
  test(`[CK13] vector: ${one.name}`, async () => {
    const place = { relayId: fromHex(one.relayId), inboxId: fromHex(one.inboxId) };
    const keys = { hpkeSeed: secret(one.hpkeSeed), shelfKey: secret(one.shelfKey) };
    assert.equal(toHex(await inboxPublicKey(keys.hpkeSeed)), one.hpkeKey);
    const opened = await openPost(place, keys, fromHex(one.body));
    assert.ok(opened);
    assert.equal(toHex(opened), one.plaintext);
  });
}
