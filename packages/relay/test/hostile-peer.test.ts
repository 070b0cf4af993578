/** What somebody tries who holds the keys of a channel, or only a connection. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  commitId,
  COMMIT_INTERVAL_MS,
  decideCommit,
  EPOCH_READERS_KEPT_MAX,
  REQUESTS_BURST_MAX,
  REQUESTS_PER_SECOND_MAX,
  SWEEP_MS,
  type ChannelStore,
} from "@sotto/relay";
import { createMemoryChannelStore } from "@sotto/relay-adapters/memory";
import { createKeyRing } from "@sotto/relay-adapters/node";
import {
  appendRequest,
  createEpoch,
  createRig,
  isSigned,
  publicKeys,
  random,
  sha256,
  type Rig,
} from "./rig.ts";
import { READERS_MAX, receiptBytes, toHex } from "@sotto/protocol";

/** A client with the channel open for writing and reading at epoch 0. */
async function opened(rig: Rig) {
  const { cid, pairs } = await rig.channel();
  const [reader] = pairs.readers;
  assert.ok(reader);
  const client = await rig.connect();
  const request = client.openRequest(cid, 0, { write: pairs.write, reader });
  const { handle } = await client.expect("opened", request);
  return { cid, pairs, reader, client, handle };
}

/** A rig on a store in memory, some of whose methods are others. */
function rigOn(change: (store: ChannelStore) => Partial<ChannelStore>): Promise<Rig> {
  const keyRing = createKeyRing(random(32));
  const store = createMemoryChannelStore({ relayId: keyRing.relayId, sha256 });
  return createRig({ keyRing, store: { ...store, ...change(store) } });
}

test("[CH26] a message that took a COMMIT's id beforehand is not that COMMIT, and gets no receipt of one", async () => {
  const rig = await createRig();
  const { cid, pairs, client, handle } = await opened(rig);
  const request = rig.commitRequest(cid, 0, pairs, publicKeys(createEpoch(2)));
  const id = commitId(sha256, { ...request, cid: toHex(cid) });
  const message = await client.expect("accepted", appendRequest(handle, random(100), id));
  const committed = await client.expect("committed", request);
  assert.deepEqual([message.seq, committed.seq], [1, 2]);
  const receipt = receiptBytes(rig.relayId, cid, 2, 1, committed.head);
  assert.ok(isSigned({ key: rig.relayId, message: receipt, signature: committed.receipt }));
  assert.deepEqual(await client.expect("committed", request), committed);
});

test("[CH9] whoever was removed learns nothing newer than the Commit that did it", async () => {
  const rig = await createRig();
  const { cid, pairs, reader, client, handle } = await opened(rig);
  const second = createEpoch(2);
  const request = rig.commitRequest(cid, 0, pairs, publicKeys(second));
  const { seq, head } = await client.expect("committed", request);
  const other = await rig.connect();
  const writing = await other.expect("opened", other.openRequest(cid, 1, { write: second.write }));
  for (let count = 0; count < 3; count++) await other.expect("accepted", appendRequest(writing.handle));
  const again = await client.expect("opened", client.openRequest(cid, 0, { reader }));
  assert.deepEqual([again.lastSeq, again.epoch, again.head], [seq, 1, head]);
  const attested = await client.expect("attested", { kind: "attest", handle });
  assert.deepEqual([attested.seq, attested.epoch, attested.head], [seq, 1, head]);
  const current = await other.expect("attested", { kind: "attest", handle: writing.handle });
  assert.deepEqual([current.seq, current.epoch], [seq + 3, 1]);
});

test("[CH13] a COMMIT takes its keys' room of the quota too", async () => {
  const rig = await createRig();
  const { cid, pairs, client } = await opened(rig);
  const next = publicKeys(createEpoch(2));
  const readers = Array.from({ length: READERS_MAX }, () => random(32));
  await client.expect("committed", rig.commitRequest(cid, 0, pairs, { ...next, readers }, random(1)));
  const channel = await rig.store.channel(toHex(cid));
  assert.ok(channel && channel.bodyBytes > READERS_MAX * 32);
});

test("[CH40] a channel keeps so many reader keys of epochs that are over; the oldest epochs go first", async () => {
  const rig = await createRig();
  const { cid, pairs } = await opened(rig);
  const channel = await rig.store.channel(toHex(cid));
  const [first] = channel?.epochs ?? [];
  assert.ok(channel && first);
  const count = EPOCH_READERS_KEPT_MAX / READERS_MAX + 1;
  const epochs = Array.from({ length: count }, (_, epoch) => {
    const readers = Array.from({ length: READERS_MAX }, () => random(32));
    const cursors = readers.map(() => epoch);
    const through = epoch + 1 < count ? epoch + 1 : undefined;
    return { epoch, after: epoch, through, endHead: undefined, keys: { ...first.keys, readers }, cursors };
  });
  const last = epochs.at(-1);
  assert.ok(last);
  const many = { ...channel, lastSeq: last.after, epochs };
  const request = rig.commitRequest(cid, last.epoch, pairs, publicKeys(createEpoch(2)));
  const decision = decideCommit(
    { channel: many, repeated: undefined, remembered: 0, isKeyReused: false, now: rig.time.now, sha256 },
    { ...request, cid: toHex(cid) },
  );
  const kept = decision.channel?.epochs.map(({ epoch }) => epoch) ?? [];
  assert.deepEqual([kept[0], kept.at(-1)], [2, last.epoch + 1]);
});

test("[CH23] a clock that was set back does not hold up COMMITs", async () => {
  const rig = await createRig();
  const { cid, pairs, client } = await opened(rig);
  const second = createEpoch(2);
  await client.expect("committed", rig.commitRequest(cid, 0, pairs, publicKeys(second)));
  const next = rig.commitRequest(cid, 1, second, publicKeys(createEpoch(2)));
  assert.equal((await client.refusal(next)).code, "rateLimited");
  rig.time.now -= 24 * COMMIT_INTERVAL_MS;
  await client.expect("committed", next);
});

test("[CH62] whoever sends many small frames at once rests until the limit allows for them all", async () => {
  const rig = await createRig();
  const client = await rig.connect();
  for (let count = 0; count < REQUESTS_BURST_MAX + 3 * REQUESTS_PER_SECOND_MAX - 1; count++)
    client.tell({ kind: "close", handle: 1 });
  for (let seconds = 0; seconds < 2; seconds++) {
    await rig.pass(1_000);
    assert.ok(client.link.isPaused);
  }
  await rig.pass(1_000);
  assert.ok(!client.link.isPaused);
});

test("[CH65] a client that acknowledges without end does not keep a relay from stopping", async () => {
  let acknowledge = (): unknown => undefined;
  const rig = await rigOn((store) => ({
    apply(batch, now) {
      acknowledge();
      return store.apply(batch, now);
    },
  }));
  const { client, handle } = await opened(rig);
  const asked = client.tell(appendRequest(handle));
  acknowledge = () => client.tell({ kind: "ack", handle, through: 1 });
  let isStopped = false;
  void rig.relay.stop().then(() => (isStopped = true));
  for (let count = 0; count < 10; count++) await rig.pass(1);
  acknowledge = () => undefined;
  assert.equal((await client.answerTo(asked)).kind, "accepted");
  assert.ok(isStopped);
});

test("[CH41] a round of burning that fails is reported, and the next one comes", async () => {
  let rounds = 0;
  const rig = await rigOn((store) => ({
    sweep: (now) => (++rounds === 1 ? Promise.reject(new Error("busy")) : store.sweep(now)),
  }));
  await rig.pass(SWEEP_MS);
  await rig.pass(SWEEP_MS);
  assert.equal(rounds, 2);
  assert.equal(rig.events.filter(({ kind }) => kind === "bug").length, 1);
});

test("[CH8] a READ whose handle closes meanwhile is answered, and starts no pushes", async () => {
  const rig = await createRig();
  const { cid, pairs, client, handle } = await opened(rig);
  const asked = [0, 0].map((after) => client.tell({ kind: "read", handle, after }));
  await client.expect("done", { kind: "close", handle });
  for (const number of asked) assert.equal((await client.answerTo(number)).kind, "page");
  const other = await rig.connect();
  const writing = await other.expect("opened", other.openRequest(cid, 0, { write: pairs.write }));
  await other.expect("accepted", appendRequest(writing.handle));
  assert.deepEqual(client.takePushes(), []);
});
