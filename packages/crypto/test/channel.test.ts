import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import {
  BODY_BYTES_MAX,
  commitBytes,
  COMMIT_BYTES_MAX,
  concat,
  createBytes,
  openReadBytes,
  openWriteBytes,
  Secret,
  textToBytes,
  type Entry,
  type EpochPublicKeys,
  type RandomBytes,
} from "@sotto/protocol";
import { isReaderKey, isSignedBy, sha256 } from "@sotto/verify";
import fc from "fast-check";
import {
  areKeysOf,
  checkNextKeys,
  COMMIT_CONTENT_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  openBody,
  openCommit,
  sealBody,
  sealCommit,
  type CommitParts,
} from "../src/channel/bodies.ts";
import {
  deriveEpochKeys,
  epochPublicKeys,
  signCreate,
  signOpenRead,
  signOpenWrite,
  wipeEpochKeys,
  type EpochKeys,
} from "../src/channel/epoch-keys.ts";
import { blindedReader, readerKey, signAsReader, type ReaderKey } from "../src/channel/reader-key.ts";
import { signingKey } from "../src/keys.ts";

const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));
const secret = (fill: number): Secret => new Secret(new Uint8Array(32).fill(fill));
const place = { relayId: new Uint8Array(32).fill(0xa1), cid: new Uint8Array(32).fill(0xb2) };
const nonce = new Uint8Array(32).fill(0xc3);

const keysOf = (fill: number, epoch: number): EpochKeys => deriveEpochKeys(secret(fill), place, epoch);
const alice = { leaf: 0, reader: readerKey(secret(1)) };
const bob = { leaf: 3, reader: readerKey(secret(2)) };
const asReader = (one: { leaf: number; reader: ReaderKey }) => ({
  leaf: one.leaf,
  readerKey: one.reader.publicKey,
});
const publicKeysOf = (keys: EpochKeys): EpochPublicKeys =>
  epochPublicKeys(keys, [asReader(bob), asReader(alice)]);

/** Any Ed25519 verifier will do; this is the one that a relay uses. */
function isSignedNatively(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return verify(null, message, key, signature);
}

test("[CK1] every key of an epoch depends on the exporter's value, and no two are equal", () => {
  const all = [keysOf(7, 4), keysOf(8, 4)].flatMap((keys) => {
    const told = publicKeysOf(keys);
    return [told.write, told.commit, ...told.readers, keys.wrap.expose((bytes) => bytes.slice())];
  });
  assert.equal(new Set(all.map((key) => key.toHex())).size, all.length);
});

test("[CK1] write and commit keys sign CREATE and OPEN for this relay, channel and epoch only", () => {
  const keys = keysOf(7, 4);
  const told = publicKeysOf(keys);
  const { relayId, cid } = place;
  assert.ok(isSignedNatively(told.commit, createBytes(relayId, cid, told), signCreate(keys, told)));
  const open = signOpenWrite(keys, nonce);
  assert.ok(isSignedNatively(told.write, openWriteBytes(relayId, cid, 4, nonce), open));
  assert.ok(!isSignedNatively(told.write, openWriteBytes(relayId, cid, 5, nonce), open));
  assert.ok(!isSignedNatively(told.write, openWriteBytes(cid, relayId, 4, nonce), open));
});

test("[CK2] a reader signs as ordinary Ed25519 under its blinded key", () => {
  const keys = keysOf(7, 4);
  const { reader, signature } = signOpenRead(keys, bob, nonce, randomBytes);
  const bytes = openReadBytes(place.relayId, place.cid, 4, nonce);
  assert.ok(isSignedNatively(reader, bytes, signature));
  assert.ok(isSignedBy(reader, bytes, signature));
  assert.deepEqual(reader, publicKeysOf(keys).readers[1]);
});

test("[CK2] for any seed, leaf and message the blinded signature verifies, and for no other message", () => {
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(
      bytes32,
      bytes32,
      fc.nat(511),
      fc.uint8Array({ maxLength: 200 }),
      (seed, exported, leaf, message) => {
        const reader = readerKey(new Secret(seed));
        const signed = signAsReader(new Secret(exported), leaf, reader, message, randomBytes);
        assert.ok(isReaderKey(reader.publicKey));
        assert.deepEqual(signed.reader, blindedReader(new Secret(exported), leaf, reader.publicKey));
        assert.ok(isSignedNatively(signed.reader, message, signed.signature));
        assert.ok(!isSignedNatively(signed.reader, concat(message, Uint8Array.of(0)), signed.signature));
        assert.ok(!isSignedNatively(reader.publicKey, message, signed.signature));
      },
    ),
    { numRuns: 25 },
  );
});

test("[CK3] a reader's key is another in every epoch and at every leaf", () => {
  const keys = [secret(7), secret(8)].flatMap((exported) =>
    [0, 1, 2].map((leaf) => blindedReader(exported, leaf, alice.reader.publicKey).toHex()),
  );
  assert.equal(new Set([...keys, alice.reader.publicKey.toHex()]).size, 7);
});

test("[CK4] the nonce of a reader's signature is never the same, even when randomness is", () => {
  const exported = secret(7);
  const stuck: RandomBytes = (length) => new Uint8Array(length);
  const sign = (message: string, random: RandomBytes): string =>
    signAsReader(exported, 0, alice.reader, textToBytes(message), random).signature.subarray(0, 32).toHex();
  const commitments = [sign("a", stuck), sign("b", stuck), sign("a", randomBytes), sign("a", randomBytes)];
  assert.equal(new Set(commitments).size, commitments.length);
  assert.equal(sign("a", stuck), sign("a", stuck));
});

test("[CK5] readers stand in the order of their leaves, whatever order they are given in", () => {
  const keys = keysOf(7, 4);
  const readers = [asReader(alice), asReader(bob)];
  assert.deepEqual(epochPublicKeys(keys, readers), epochPublicKeys(keys, readers.toReversed()));
});

test("[CK6] a body opens as it was, and its length is a bucket up to the largest", () => {
  const keys = keysOf(7, 4);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (message) => {
      const body = sealBody(keys, message, randomBytes);
      assert.ok(Number.isInteger(Math.log2(body.length / 256)));
      assert.ok(body.length < 2 * Math.max(256, message.length + 33));
      assert.deepEqual(openBody(keys, body), message);
    }),
    { numRuns: 60 },
  );
  const largest = new Uint8Array(MESSAGE_BYTES_MAX);
  assert.equal(sealBody(keys, largest, randomBytes).length, BODY_BYTES_MAX);
  assert.throws(() => sealBody(keys, new Uint8Array(MESSAGE_BYTES_MAX + 1), randomBytes), {
    name: "InvariantError",
  });
});

test("[CK7] a body opens only as what it is: this channel, epoch and kind, unchanged", () => {
  const keys = keysOf(7, 4);
  const body = sealBody(keys, textToBytes("at six"), randomBytes);
  const elsewhere = deriveEpochKeys(secret(7), { ...place, cid: new Uint8Array(32).fill(9) }, 4);
  for (const other of [keysOf(8, 4), keysOf(7, 5), elsewhere]) assert.equal(openBody(other, body), undefined);
  for (let index = 0; index < body.length; index += 5) {
    const changed = body.with(index, (body[index] ?? 0) ^ 1);
    assert.equal(openBody(keys, changed), undefined);
  }
  for (const length of [0, 11, 27, 28, 255])
    assert.equal(openBody(keys, body.subarray(0, length)), undefined);
  const { body: commit } = sealCommit(keys, parts(), leafKey, randomBytes);
  assert.equal(openBody(keys, commit), undefined);
});

const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(40, (bytes[40] ?? 0) ^ 1);

const leafKey = signingKey(secret(5));
const ended = keysOf(7, 4);
const begun = keysOf(8, 5);
const told = publicKeysOf(begun);
const parts = (change: Partial<CommitParts> = {}): CommitParts => ({
  mlsCommit: textToBytes("an MLS Commit"),
  welcome: textToBytes("a Welcome"),
  next: told,
  ...change,
});

type CommitEntry = Extract<Entry, { kind: "commit" }>;
const entryOf = (sealed: { body: Uint8Array; signature: Uint8Array }, next = told): CommitEntry => ({
  kind: "commit",
  seq: 9,
  epoch: 4,
  time: 1,
  ...sealed,
  next,
  adminSignature: undefined,
});
const noAdmin = { admin: undefined };

function opened(change: Partial<CommitParts> = {}) {
  const result = openCommit(
    ended,
    noAdmin,
    entryOf(sealCommit(ended, parts(change), leafKey, randomBytes), change.next),
  );
  assert.ok(result.ok);
  return result.value;
}

const step = (change: object = {}) => ({
  ended,
  opened: opened(),
  next: told,
  committerKey: leafKey.publicKey,
  begun,
  leaves: [3, 0],
  own: asReader(bob),
  ...change,
});

test("[CK8] a Commit opens with its Welcome, and its next keys are found to be the epoch's", () => {
  for (const welcome of [undefined, textToBytes("a Welcome")]) {
    const commit = opened({ welcome });
    assert.deepEqual(commit.mlsCommit, parts().mlsCommit);
    assert.deepEqual(commit.welcome, welcome);
    assert.ok(checkNextKeys(step({ opened: commit })).ok);
    assert.ok(checkNextKeys(step({ opened: commit, own: asReader(alice) })).ok);
  }
});

test("[CK8] a Commit of one MiB fits, and says so beforehand", () => {
  const welcome = new Uint8Array(COMMIT_CONTENT_BYTES_MAX - 100);
  const sealed = sealCommit(ended, parts({ mlsCommit: new Uint8Array(100), welcome }), leafKey, randomBytes);
  assert.equal(sealed.body.length, COMMIT_BYTES_MAX);
});

test("[CK9] a Commit that no member signed is forged, one that no member sealed is unreadable", () => {
  const sealed = sealCommit(ended, parts(), leafKey, randomBytes);
  const failure = (entry: CommitEntry): string => {
    const result = openCommit(ended, noAdmin, entry);
    return result.ok ? "opened" : result.error;
  };
  assert.equal(failure(entryOf(sealed)), "opened");
  assert.equal(failure({ ...entryOf(sealed), epoch: 5 }), "forged");
  assert.equal(failure(entryOf({ ...sealed, signature: flipped(sealed.signature) })), "forged");
  assert.equal(failure(entryOf({ ...sealed, body: flipped(sealed.body) })), "forged");
  assert.equal(failure(entryOf(sealed, { ...told, readers: told.readers.toReversed() })), "forged");
  assert.equal(failure({ ...entryOf(sealed), adminSignature: sealed.signature }), "forged");
  const wrongKeys = keysOf(9, 4);
  const foreign = sealCommit({ ...wrongKeys, commit: ended.commit }, parts(), leafKey, randomBytes);
  assert.equal(failure(entryOf(foreign)), "unreadable");
});

test("[CK10] keys that the committer did not sign for are unbound", () => {
  const failure = (change: object): string => {
    const result = checkNextKeys(step(change));
    return result.ok ? "ok" : result.error;
  };
  assert.equal(failure({}), "ok");
  assert.equal(failure({ committerKey: signingKey(secret(6)).publicKey }), "unbound");
  assert.equal(failure({ next: { ...told, write: told.commit } }), "unbound");
  assert.equal(failure({ next: { ...told, readers: told.readers.slice(1) } }), "unbound");
  assert.equal(failure({ opened: { ...opened(), mlsCommit: textToBytes("another") } }), "unbound");
  assert.equal(failure({ opened: { ...opened(), welcome: undefined } }), "unbound");
  assert.equal(failure({ ended: keysOf(7, 3) }), "unbound");
});

test("[CK11] next keys that are not the epoch's are found by whoever they concern", () => {
  const changes: EpochPublicKeys[] = [
    { ...told, write: told.commit },
    { ...told, commit: told.write },
    { ...told, readers: told.readers.slice(1) },
    { ...told, readers: told.readers.toReversed() },
    { ...told, readers: [...told.readers, told.write] },
    { ...told, admin: told.write },
  ];
  for (const next of changes) {
    const result = checkNextKeys(step({ next, opened: opened({ next }) }));
    assert.deepEqual(result, { ok: false, error: "otherKeys" });
  }
  assert.ok(areKeysOf(begun, told, [0, 3], asReader(alice)));
  assert.ok(!areKeysOf(begun, told, [0, 3], { ...asReader(alice), leaf: 7 }));
  assert.ok(!areKeysOf(ended, told, [0, 3], asReader(alice)));
});

test("[CK12] wiped keys are not used again, and the exporter's value is left", () => {
  const keys = keysOf(7, 4);
  wipeEpochKeys(keys);
  assert.throws(() => sealBody(keys, textToBytes("x"), randomBytes), { name: "InvariantError" });
  assert.throws(() => signOpenWrite(keys, nonce), { name: "InvariantError" });
  assert.deepEqual(publicKeysOf(deriveEpochKeys(keys.exported, place, 4)), publicKeysOf(keysOf(7, 4)));
});

test("[CK9] the signature of a Commit covers what commitBytes says", () => {
  const sealed = sealCommit(ended, parts(), leafKey, randomBytes);
  const bytes = commitBytes(sha256, { ...place, epoch: 4, body: sealed.body, next: told });
  assert.ok(isSignedNatively(ended.commit.publicKey, bytes, sealed.signature));
});
