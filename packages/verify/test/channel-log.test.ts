import assert from "node:assert/strict";
import { test } from "node:test";
import { ed25519 } from "@noble/curves/ed25519.js";
import {
  commitBytes,
  commitContentBytes,
  createBytes,
  DEFAULT_POLICY,
  helloBytes,
  receiptBytes,
  type EpochPublicKeys,
  type Reply,
} from "@sotto/protocol";
import {
  advance,
  advanceAll,
  checkHello,
  firstPosition,
  isCommitSigned,
  isCreateSigned,
  isReceiptGenuine,
  sha256,
  type ChannelEntry,
  type LogPosition,
} from "@sotto/verify";

const filled = (fill: number, length = 32): Uint8Array => new Uint8Array(length).fill(fill);
const pair = (fill: number) => ({ seed: filled(fill), key: ed25519.getPublicKey(filled(fill)) });
const write = pair(1);
const commitKey = pair(2);
const admin = pair(3);
const relay = pair(4);
const keys: EpochPublicKeys = {
  write: write.key,
  commit: commitKey.key,
  admin: undefined,
  readers: [filled(7)],
};
const relayId = relay.key;
const cid = filled(8);
const start = firstPosition(sha256, { relayId, cid, keys });

const message = (seq: number, epoch = 0): ChannelEntry => ({
  kind: "message",
  seq,
  epoch,
  time: 1000 + seq,
  rung: "7days",
  messageId: filled(seq, 16),
  commitment: undefined,
  body: filled(seq, 256),
});
type CommitEntry = Extract<ChannelEntry, { kind: "commit" }>;
const commit = (seq: number, epoch = 0): CommitEntry => ({
  kind: "commit",
  seq,
  epoch,
  time: 1000 + seq,
  body: filled(9, 512),
  next: keys,
  signature: filled(5, 64),
  adminSignature: undefined,
});

/** What a relay keeps of an entry once its body is gone. */
function erased(entry: ChannelEntry): ChannelEntry {
  const { seq, epoch, time } = entry;
  switch (entry.kind) {
    case "message": {
      const { rung, messageId, commitment } = entry;
      const contentHash = sha256(entry.body);
      return { kind: "erased", seq, epoch, time, was: "message", rung, messageId, commitment, contentHash };
    }
    case "commit": {
      const contentHash = sha256(commitContentBytes(entry));
      const none = { rung: undefined, messageId: undefined, commitment: undefined };
      return { kind: "erased", seq, epoch, time, was: "commit", ...none, contentHash };
    }
    case "erased":
      return entry;
    default:
      return assert.fail("an entry of a channel");
  }
}

const log = [message(1), message(2), commit(3), message(4, 1)];
function through(entries: readonly ChannelEntry[], from: LogPosition = start): LogPosition {
  const result = advanceAll(sha256, from, entries);
  assert.ok(result.ok);
  return result.value;
}

test("[ID11] a head tells every entry before it, erased or not", () => {
  const end = through(log);
  assert.deepEqual([end.seq, end.epoch], [4, 1]);
  assert.deepEqual(through(log.map(erased)), end);
  assert.deepEqual(through([message(1), erased(message(2)), commit(3), message(4, 1)]), end);
  assert.deepEqual(through(log.slice(2), through(log.slice(0, 2))), end);
});

test("[ID11] no field of an entry can be changed under the same head", () => {
  const one = message(1);
  const changes = [
    { time: 5 },
    { rung: "1h" as const },
    { messageId: filled(6, 16) },
    { commitment: filled(6) },
    { body: filled(6, 256) },
  ];
  const heads = [one, ...changes.map((change) => ({ ...one, ...change }) as ChannelEntry)].map((entry) =>
    through([entry]).head.toHex(),
  );
  assert.equal(new Set(heads).size, heads.length);
  const commits = [
    commit(1),
    { ...commit(1), body: filled(6, 512) },
    { ...commit(1), signature: filled(6, 64) },
    { ...commit(1), adminSignature: filled(5, 64) },
    { ...commit(1), adminSignature: filled(6, 64) },
    { ...commit(1), next: { ...keys, readers: [] } },
  ].map((entry) => through([entry]).head.toHex());
  assert.equal(new Set(commits).size, commits.length);
});

test("[ID11] the first head names relay, channel and keys", () => {
  const others = [
    { relayId: cid, cid, keys },
    { relayId, cid: relayId, keys },
    { relayId, cid, keys: { ...keys, readers: [] } },
  ].map((channel) => firstPosition(sha256, channel).head.toHex());
  assert.equal(new Set([start.head.toHex(), ...others]).size, 4);
});

test("[ID12] an entry that is left out, repeated or of another epoch is found, and nothing advances", () => {
  const failure = (entry: ChannelEntry, from = start): string => {
    const result = advance(sha256, from, entry);
    return result.ok ? "ok" : `${result.error.kind} ${result.error.seq}`;
  };
  assert.equal(failure(message(2)), "gap 2");
  assert.equal(failure(message(1), through([message(1)])), "gap 1");
  assert.equal(failure(message(1, 1)), "otherEpoch 1");
  assert.equal(failure(message(2), through([commit(1)])), "otherEpoch 2");
  assert.deepEqual(advanceAll(sha256, start, [message(1), message(3)]), {
    ok: false,
    error: { kind: "gap", seq: 3 },
  });
});

type Welcome = Extract<Reply, { kind: "welcome" }>;
const clientNonce = filled(11);
const hello = { relayId, clientNonce, relayNonce: filled(12), time: 77, policy: DEFAULT_POLICY };
const welcome: Welcome = {
  kind: "welcome",
  relayId,
  nonce: hello.relayNonce,
  time: 77,
  policy: DEFAULT_POLICY,
  signature: ed25519.sign(helloBytes(hello), relay.seed),
};

test("[ID13] a relay's hello is its own, fresh, and covers its time and policy", () => {
  const check = (change: Partial<Welcome>, expected = { relayId, clientNonce }): string => {
    const result = checkHello(expected, { ...welcome, ...change });
    return result.ok ? "ok" : result.error;
  };
  assert.equal(check({}), "ok");
  assert.ok(checkHello({ relayId: undefined, clientNonce }, welcome).ok);
  assert.equal(check({}, { relayId: write.key, clientNonce }), "otherRelay");
  assert.equal(check({}, { relayId, clientNonce: filled(1) }), "forged");
  assert.equal(check({ time: 78 }), "forged");
  assert.equal(check({ nonce: filled(1) }), "forged");
  assert.equal(check({ policy: { ...DEFAULT_POLICY, burnOffAllowed: true } }), "forged");
  assert.equal(check({ signature: filled(0, 64) }), "forged");
});

test("[ID14] a receipt names relay, channel, place, epoch and head", () => {
  const head = filled(21);
  const receipt = ed25519.sign(receiptBytes(relayId, cid, 5, 2, head), relay.seed);
  assert.ok(isReceiptGenuine(relayId, cid, { seq: 5, epoch: 2, head, receipt }));
  assert.ok(!isReceiptGenuine(relayId, cid, { seq: 6, epoch: 2, head, receipt }));
  assert.ok(!isReceiptGenuine(relayId, cid, { seq: 5, epoch: 3, head, receipt }));
  assert.ok(!isReceiptGenuine(relayId, cid, { seq: 5, epoch: 2, head: cid, receipt }));
  assert.ok(!isReceiptGenuine(relayId, relayId, { seq: 5, epoch: 2, head, receipt }));
  assert.ok(!isReceiptGenuine(write.key, cid, { seq: 5, epoch: 2, head, receipt }));
});

test("[ID15] CREATE and COMMIT are signed by the commit key, and by the admin key where one is claimed", () => {
  const created = ed25519.sign(createBytes(relayId, cid, keys), commitKey.seed);
  assert.ok(isCreateSigned(relayId, cid, keys, created));
  assert.ok(!isCreateSigned(relayId, cid, { ...keys, readers: [] }, created));
  const bare = commit(1);
  const bytes = commitBytes(sha256, { relayId, cid, epoch: 0, body: bare.body, next: bare.next });
  const signed = { ...bare, signature: ed25519.sign(bytes, commitKey.seed) };
  const channel = { relayId, cid, keys };
  assert.ok(isCommitSigned(sha256, channel, signed));
  assert.ok(!isCommitSigned(sha256, channel, bare));
  assert.ok(!isCommitSigned(sha256, channel, { ...signed, epoch: 1 }));
  const byAdmin = { ...signed, adminSignature: ed25519.sign(bytes, admin.seed) };
  assert.ok(!isCommitSigned(sha256, channel, byAdmin));
  const withAdmin = { ...channel, keys: { ...keys, admin: admin.key } };
  assert.ok(isCommitSigned(sha256, withAdmin, byAdmin));
  assert.ok(!isCommitSigned(sha256, withAdmin, { ...byAdmin, adminSignature: signed.signature }));
});
