import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BODY_BYTES_MAX,
  DEFAULT_POLICY,
  helloBytes,
  nextHeadBytes,
  receiptBytes,
  RUNG_MS,
  type Reply,
} from "@sotto/protocol";
import {
  COMMIT_INTERVAL_MS,
  HANDLES_MAX,
  HELLO_WAIT_MS,
  MALFORMED_FRAMES_MAX,
  PUSH_BYTES_MAX,
  RELAY_UNSENT_BYTES_MAX,
  REQUESTS_BURST_MAX,
  REQUESTS_IN_FLIGHT_MAX,
  TICKET_KEPT_MS,
  UNSENT_BYTES_MAX,
} from "@sotto/relay";
import { createMemoryWakeups } from "@sotto/relay-adapters/memory";
import {
  appendRequest,
  createEpoch,
  createPair,
  createRig,
  isSigned,
  publicKeys,
  random,
  sha256,
  type EpochPairs,
  type Rig,
  type TestClient,
} from "./rig.ts";

const DENIED = { code: "denied", detail: 0 };

const holds = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  isSigned({ key, message, signature });

const readerOf = (pairs: EpochPairs, at: number) => {
  const reader = pairs.readers[at];
  assert.ok(reader);
  return reader;
};

/** A client of its own connection with the channel open for writing and reading, and its pushes on. */
async function member(rig: Rig, cid: Uint8Array, epoch: number, pairs: EpochPairs, at: number) {
  const client = await rig.connect();
  const request = client.openRequest(cid, epoch, { write: pairs.write, reader: readerOf(pairs, at) });
  const opened = await client.expect("opened", request);
  const page = await client.expect("page", { kind: "read", handle: opened.handle, after: 0 });
  assert.ok(page.isLast);
  return { client, opened, handle: opened.handle, page };
}

const pushedSeqs = (pushes: readonly Reply[]): number[] =>
  pushes.flatMap((push) => (push.kind === "pushed" ? [push.entry.seq] : []));

const frameOf = (client: TestClient, bytes: Uint8Array): void => client.session.receive(bytes);

test("[CH3] the relay proves its key over the client's nonce, gives its own, and tells the policy", async () => {
  const rig = await createRig();
  const client = await rig.connect();
  const nonce = random(32);
  const other = await rig.connect();
  assert.notDeepEqual(other.welcome.nonce, client.welcome.nonce);
  const { relayId, time, policy, signature } = client.welcome;
  assert.deepEqual(relayId, rig.relayId);
  assert.deepEqual(policy, DEFAULT_POLICY);
  const bytes = helloBytes({
    relayId,
    clientNonce: client.helloNonce,
    relayNonce: client.welcome.nonce,
    time,
    policy,
  });
  assert.ok(holds(relayId, bytes, signature));
  assert.deepEqual(await client.refusal({ kind: "hello", nonce }), { code: "outOfOrder", detail: 0 });
});

test("[CH3] a request before hello is refused", async () => {
  const rig = await createRig();
  const client = await rig.connect({ greets: false });
  const answer = await client.refusal({ kind: "claim", inboxId: random(32), postToken: random(32) });
  assert.deepEqual(answer, { code: "outOfOrder", detail: 0 });
});

test("[CH10 CH34 CH35] an entry is accepted for its author and pushed to the other reader, in one chain", async () => {
  const rig = await createRig();
  const { cid, pairs, head } = await rig.channel(2);
  const alice = await member(rig, cid, 0, pairs, 0);
  const bob = await member(rig, cid, 0, pairs, 1);
  assert.deepEqual(alice.opened.head, head);
  const body = random(500);
  const messageId = random(16);
  const accepted = await alice.client.expect("accepted", appendRequest(alice.handle, body, messageId));
  const { seq, time } = accepted;
  const contentHash = sha256(body);
  const headed = {
    seq,
    epoch: 0,
    time,
    was: "message",
    rung: "7days",
    messageId,
    commitment: undefined,
    contentHash,
  } as const;
  assert.deepEqual(accepted.head, new Uint8Array(sha256(nextHeadBytes(head, headed))));
  const [pushed] = bob.client.takePushes();
  assert.ok(pushed?.kind === "pushed" && pushed.entry.kind === "message");
  assert.deepEqual(pushed.entry.body, body);
  assert.deepEqual(alice.client.takePushes(), []);
});

test("[CH35] what an author hears, answers and pushes together, follows the log", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel(2);
  const alice = await member(rig, cid, 0, pairs, 0);
  const bob = await member(rig, cid, 0, pairs, 1);
  const order: number[] = [];
  alice.client.onReply = (_number, body) => {
    if (body.kind === "accepted") order.push(body.seq);
    if (body.kind === "pushed") order.push(body.entry.seq);
  };
  let last = 0;
  for (let round = 0; round < 20; round++) {
    bob.client.tell(appendRequest(bob.handle));
    last = alice.client.tell(appendRequest(alice.handle));
    bob.client.tell(appendRequest(bob.handle));
  }
  await alice.client.answerTo(last);
  await rig.pass(5);
  assert.deepEqual(
    order,
    Array.from({ length: 60 }, (_, at) => at + 1),
  );
});

test("[CH4] a proof made for another connection, relay or epoch opens nothing", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const alice = await rig.connect();
  const eve = await rig.connect();
  const stolen = alice.openRequest(cid, 0, { write: pairs.write, reader: readerOf(pairs, 0) });
  assert.deepEqual(await eve.refusal(stolen), DENIED);
  assert.deepEqual(await alice.refusal({ ...stolen, epoch: 1 }), DENIED);
  assert.deepEqual(await alice.refusal({ ...stolen, write: stolen.read?.signature }), DENIED);
  await alice.expect("opened", stolen);
});

test("[CH4] an OPEN that proves nothing is malformed", async () => {
  const rig = await createRig();
  const client = await rig.connect();
  const answer = await client.refusal({
    kind: "open",
    cid: random(32),
    epoch: 0,
    write: undefined,
    read: undefined,
  });
  assert.equal(answer.code, "malformed");
});

test("[CH5] an unknown channel and a wrong key get one answer, after as many signature checks", async () => {
  const counts: number[] = [];
  const rig = await createRig({ onVerify: (checks) => void counts.push(checks) });
  const { cid, pairs } = await rig.channel();
  const client = await rig.connect();
  const stranger = createEpoch(1);
  counts.length = 0;
  const asStranger = { write: stranger.write, reader: readerOf(stranger, 0) };
  assert.deepEqual(await client.refusal(client.openRequest(cid, 0, asStranger)), DENIED);
  assert.deepEqual(await client.refusal(client.openRequest(random(32), 0, asStranger)), DENIED);
  assert.deepEqual(
    await client.refusal(rig.commitRequest(cid, 0, stranger, publicKeys(createEpoch(1)))),
    DENIED,
  );
  const nowhere = rig.commitRequest(random(32), 0, pairs, publicKeys(createEpoch(1)));
  assert.deepEqual(await client.refusal(nowhere), DENIED);
  assert.deepEqual(counts, [2, 2, 1, 1]);
});

test("[CH6] writing opens only the current epoch; reading any that is kept", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const alice = await member(rig, cid, 0, pairs, 0);
  const next = createEpoch(2);
  await alice.client.expect("accepted", appendRequest(alice.handle));
  await alice.client.expect("committed", rig.commitRequest(cid, 0, pairs, publicKeys(next)));
  const late = await rig.connect();
  const writing = late.openRequest(cid, 0, { write: pairs.write });
  assert.deepEqual(await late.refusal(writing), { code: "epochMoved", detail: 1 });
  const reading = late.openRequest(cid, 0, { write: pairs.write, reader: readerOf(pairs, 1) });
  const { handle, epoch } = await late.expect("opened", reading);
  assert.equal(epoch, 1);
  const page = await late.expect("page", { kind: "read", handle, after: 0 });
  assert.deepEqual(
    page.entries.map(({ kind }) => kind),
    ["message", "commit"],
  );
  assert.deepEqual(await late.refusal(appendRequest(handle)), { code: "epochMoved", detail: 1 });
});

test("[CH7] a ticket reopens what was proven, on another connection and after a restart, without a signature", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const first = await member(rig, cid, 0, pairs, 0);
  await first.client.expect("accepted", appendRequest(first.handle));
  const again = await createRig({
    store: rig.store,
    keyRing: rig.keyRing,
    time: rig.time,
    onVerify: () => assert.fail("no signature is checked"),
  });
  const client = await again.connect();
  const opened = await client.expect("opened", { kind: "resume", ticket: first.opened.ticket });
  assert.deepEqual([opened.lastSeq, opened.acked], [1, 0]);
  const { handle } = opened;
  await client.expect("accepted", appendRequest(handle));
  assert.equal((await client.expect("page", { kind: "read", handle, after: 0 })).entries.length, 2);
});

test("[CH7] a ticket that is altered, expired or another relay's is denied", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { opened } = await member(rig, cid, 0, pairs, 0);
  const { ticket } = opened;
  const client = await rig.connect();
  for (const at of [0, 31, 32, ticket.length - 1]) {
    const altered = ticket.with(at, (ticket[at] ?? 0) ^ 1);
    assert.deepEqual(await client.refusal({ kind: "resume", ticket: altered }), DENIED);
  }
  assert.deepEqual(await client.refusal({ kind: "resume", ticket: ticket.subarray(0, 40) }), DENIED);
  const foreign = await (await createRig({ store: rig.store, time: rig.time })).connect();
  assert.deepEqual(await foreign.refusal({ kind: "resume", ticket }), DENIED);
  await rig.pass(TICKET_KEPT_MS - 1_000);
  await client.expect("opened", { kind: "resume", ticket });
  await rig.pass(1_001);
  assert.deepEqual(await client.refusal({ kind: "resume", ticket }), DENIED);
});

test("[CH8] a closed or unknown handle does nothing", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { client, handle } = await member(rig, cid, 0, pairs, 0);
  await client.expect("done", { kind: "close", handle });
  for (const request of [
    appendRequest(handle),
    { kind: "read", handle, after: 0 },
    { kind: "close", handle },
    { kind: "attest", handle },
    appendRequest(77),
  ] as const)
    assert.deepEqual(await client.refusal(request), DENIED);
});

test("[CH13] the largest body is accepted", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { client, handle } = await member(rig, cid, 0, pairs, 0);
  await client.expect("accepted", appendRequest(handle, random(BODY_BYTES_MAX)));
});

test("[CH14] only a handle that proved writing appends, only one that proved a reader key reads", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const client = await rig.connect();
  const reading = await client.expect("opened", client.openRequest(cid, 0, { reader: readerOf(pairs, 0) }));
  assert.deepEqual(await client.refusal(appendRequest(reading.handle)), DENIED);
  const writing = await client.expect("opened", client.openRequest(cid, 0, { write: pairs.write }));
  assert.deepEqual(await client.refusal({ kind: "read", handle: writing.handle, after: 0 }), DENIED);
  client.tell({ kind: "ack", handle: writing.handle, through: 9 });
  await client.expect("accepted", appendRequest(writing.handle));
});

test("[CH20 CH25 CH36] a COMMIT ends writing in its epoch at once; its readers get it as their last push", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const alice = await member(rig, cid, 0, pairs, 0);
  const bob = await member(rig, cid, 0, pairs, 1);
  const next = createEpoch(2);
  await alice.client.expect("committed", rig.commitRequest(cid, 0, pairs, publicKeys(next)));
  const moved = { code: "epochMoved", detail: 1 };
  assert.deepEqual(await bob.client.refusal(appendRequest(bob.handle)), moved);
  assert.deepEqual(await alice.client.refusal(appendRequest(alice.handle)), moved);
  const carol = await member(rig, cid, 1, next, 0);
  await carol.client.expect("accepted", appendRequest(carol.handle));
  const [pushed, ...more] = bob.client.takePushes();
  assert.ok(pushed?.kind === "pushed" && pushed.entry.kind === "commit");
  assert.deepEqual(more, []);
  assert.deepEqual(alice.client.takePushes(), []);
  const page = await bob.client.expect("page", { kind: "read", handle: bob.handle, after: 0 });
  assert.deepEqual([page.entries.length, page.isLast], [1, true]);
});

test("[CH21] a COMMIT needs the signature of its epoch's commit key over all of it", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const client = await rig.connect();
  const next = publicKeys(createEpoch(2));
  const right = rig.commitRequest(cid, 0, pairs, next);
  const forged = { ...pairs, commit: pairs.write };
  assert.deepEqual(await client.refusal(rig.commitRequest(cid, 0, forged, next)), DENIED);
  assert.deepEqual(await client.refusal({ ...right, body: random(64) }), DENIED);
  assert.deepEqual(await client.refusal({ ...right, next: { ...next, write: random(32) } }), DENIED);
  await client.expect("committed", right);
});

test("[CH23 CH24] an admin's COMMIT does not wait, and only the admin key changes the admin key", async () => {
  const rig = await createRig();
  const admin = createPair();
  const newer = createPair();
  const { cid, pairs } = await rig.channel(1, admin);
  const client = await rig.connect();
  const second = createEpoch(1, admin);
  await client.expect("committed", rig.commitRequest(cid, 0, pairs, publicKeys(second)));
  const third = createEpoch(1, newer);
  const plain = await client.refusal(rig.commitRequest(cid, 1, second, publicKeys(third)));
  assert.deepEqual(plain, DENIED);
  const dropped = await client.refusal(rig.commitRequest(cid, 1, second, publicKeys(createEpoch(1))));
  assert.deepEqual(dropped, DENIED);
  const byOther = rig.commitRequest(cid, 1, second, publicKeys(third), random(64), newer);
  assert.deepEqual(await client.refusal(byOther), DENIED);
  await client.expect("committed", rig.commitRequest(cid, 1, second, publicKeys(third), random(64), admin));
  const fourth = createEpoch(1, newer);
  const early = await client.refusal(rig.commitRequest(cid, 2, third, publicKeys(fourth)));
  assert.equal(early.code, "rateLimited");
  assert.ok(early.detail > 0 && early.detail <= COMMIT_INTERVAL_MS);
});

test("[CH24] a channel made without an admin key never gets one", async () => {
  const rig = await createRig();
  const admin = createPair();
  const { cid, pairs } = await rig.channel();
  const client = await rig.connect();
  const next = publicKeys(createEpoch(2, admin));
  assert.deepEqual(await client.refusal(rig.commitRequest(cid, 0, pairs, next)), DENIED);
  assert.deepEqual(await client.refusal(rig.commitRequest(cid, 0, pairs, next, random(64), admin)), DENIED);
});

test("[CH26 CH43] the relay signs (cid, seq, epoch, head) with a COMMIT and when asked", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { client, handle } = await member(rig, cid, 0, pairs, 0);
  const request = rig.commitRequest(cid, 0, pairs, publicKeys(createEpoch(2)));
  const committed = await client.expect("committed", request);
  const bytes = receiptBytes(rig.relayId, cid, committed.seq, 1, committed.head);
  assert.ok(holds(rig.relayId, bytes, committed.receipt));
  assert.deepEqual(await client.expect("committed", request), committed);
  const { kind, ...attested } = await client.expect("attested", { kind: "attest", handle });
  assert.equal(kind, "attested");
  assert.deepEqual([attested.seq, attested.epoch, attested.head], [1, 1, committed.head]);
  assert.ok(holds(rig.relayId, bytes, attested.receipt));
});

test("[CH30 CH32] an acknowledgement moves its own reader's cursor; the lowest is told to the epoch's handles", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const alice = await member(rig, cid, 0, pairs, 0);
  const bob = await member(rig, cid, 0, pairs, 1);
  await alice.client.expect("accepted", appendRequest(alice.handle));
  await alice.client.expect("accepted", appendRequest(alice.handle));
  alice.client.tell({ kind: "ack", handle: alice.handle, through: 2 });
  await rig.pass(5);
  await rig.pass(200);
  assert.deepEqual(alice.client.takePushes(), []);
  bob.client.takePushes();
  bob.client.tell({ kind: "ack", handle: bob.handle, through: 1 });
  await rig.pass(5);
  await rig.pass(200);
  assert.deepEqual(alice.client.takePushes(), [{ kind: "delivered", handle: alice.handle, through: 1 }]);
  assert.deepEqual(bob.client.takePushes(), [{ kind: "delivered", handle: bob.handle, through: 1 }]);
  const again = await rig.connect();
  const opened = await again.expect("opened", again.openRequest(cid, 0, { reader: readerOf(pairs, 1) }));
  assert.deepEqual([opened.acked, opened.delivered], [1, 1]);
});

test("[CH33] a long log comes in pages; the last one says so", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { client, handle } = await member(rig, cid, 0, pairs, 0);
  for (let at = 0; at < 300; at++) {
    client.tell(appendRequest(handle));
    if (at % 100 === 99) await rig.pass(5);
  }
  const first = await client.expect("page", { kind: "read", handle, after: 0 });
  assert.deepEqual([first.entries.length, first.isLast], [256, false]);
  const second = await client.expect("page", { kind: "read", handle, after: 256 });
  assert.deepEqual([second.entries.length, second.isLast], [44, true]);
});

test("[CH34] before its last page a reader gets no pushes, and after it each entry once", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const alice = await member(rig, cid, 0, pairs, 0);
  const bob = await rig.connect();
  const { handle } = await bob.expect("opened", bob.openRequest(cid, 0, { reader: readerOf(pairs, 1) }));
  await alice.client.expect("accepted", appendRequest(alice.handle));
  assert.deepEqual(bob.takePushes(), []);
  const asked = bob.tell({ kind: "read", handle, after: 0 });
  alice.client.tell(appendRequest(alice.handle));
  const page = await bob.answerTo(asked);
  await rig.pass(5);
  assert.ok(page.kind === "page");
  const seen = [...page.entries.map(({ seq }) => seq), ...pushedSeqs(bob.takePushes())];
  assert.deepEqual(seen, [1, 2]);
});

test("[CH37] a reader that does not take its pushes is told that it lags, once, and reads on later", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const alice = await member(rig, cid, 0, pairs, 0);
  const bob = await member(rig, cid, 0, pairs, 1);
  bob.client.link.unsent = PUSH_BYTES_MAX + 1;
  await alice.client.expect("accepted", appendRequest(alice.handle));
  await alice.client.expect("accepted", appendRequest(alice.handle));
  assert.deepEqual(bob.client.takePushes(), [{ kind: "lagging", handle: bob.handle }]);
  const asked = bob.client.tell({ kind: "read", handle: bob.handle, after: 0 });
  await rig.pass(10);
  assert.equal(bob.client.replyTo(asked), undefined, "no page while pages are on their way");
  bob.client.link.unsent = 0;
  bob.client.session.drained();
  const page = await bob.client.answerTo(asked);
  assert.ok(page.kind === "page" && page.entries.length === 2 && page.isLast);
  await alice.client.expect("accepted", appendRequest(alice.handle));
  assert.deepEqual(pushedSeqs(bob.client.takePushes()), [3]);
});

test("[CH61] a connection that takes nothing is closed when too much waits for it", async () => {
  const rig = await createRig();
  const client = await rig.connect();
  client.link.unsent = UNSENT_BYTES_MAX + 1;
  client.tell({ kind: "close", handle: 9 });
  assert.ok(client.link.isClosed);
});

test("[CH67] of many connections that take little, the fullest is closed, and those that take all are not", async () => {
  const rig = await createRig();
  const quick = await rig.connect();
  const slow: TestClient[] = [];
  const each = UNSENT_BYTES_MAX / 2;
  for (let bytes = 0; bytes + each <= RELAY_UNSENT_BYTES_MAX; bytes += each) slow.push(await rig.connect());
  const ask = (client: TestClient): void => void client.tell({ kind: "close", handle: 9 });
  for (const client of slow) {
    client.link.unsent = each;
    ask(client);
  }
  const closed = (): number => slow.filter(({ link }) => link.isClosed).length;
  assert.equal(closed(), 0);
  const [fullest, another] = slow;
  assert.ok(fullest && another);
  fullest.link.unsent = UNSENT_BYTES_MAX;
  ask(another);
  ask(quick);
  assert.equal(closed(), 1);
  assert.ok(fullest.link.isClosed);
  ask(another);
  assert.equal(closed(), 1, "what the closed one held counts no more");
});

test("[CH60] a connection holds so many handles; one more is refused", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { client, opened } = await member(rig, cid, 0, pairs, 0);
  for (let count = 1; count < HANDLES_MAX; count++)
    await client.expect("opened", { kind: "resume", ticket: opened.ticket });
  const over = { kind: "resume", ticket: opened.ticket } as const;
  assert.deepEqual(await client.refusal(over), { code: "tooMany", detail: 0 });
  await client.expect("done", { kind: "close", handle: opened.handle });
  await client.expect("opened", over);
});

test("[CH60] a connection has so many requests unanswered; one more is refused", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { client, handle } = await member(rig, cid, 0, pairs, 0);
  const asked = Array.from({ length: REQUESTS_IN_FLIGHT_MAX + 1 }, () => client.tell(appendRequest(handle)));
  await rig.pass(10);
  const kinds = asked.map((number) => client.replyTo(number)?.kind);
  assert.equal(kinds.filter((kind) => kind === "accepted").length, REQUESTS_IN_FLIGHT_MAX);
  assert.equal(kinds.at(-1), "refused");
});

test("[CH60] a connection has so many bytes unanswered; more are refused", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { client, handle } = await member(rig, cid, 0, pairs, 0);
  const body = random(BODY_BYTES_MAX);
  const asked = Array.from({ length: 128 }, () => client.tell(appendRequest(handle, body)));
  await rig.pass(10);
  const kinds = asked.map((number) => client.replyTo(number)?.kind);
  assert.equal(kinds.indexOf("refused"), 127);
});

test("[CH62] whoever asks faster than the limit is read more slowly, and nothing is lost", async () => {
  const rig = await createRig();
  const client = await rig.connect();
  const asked: number[] = [];
  for (let count = 0; count < REQUESTS_BURST_MAX + 100; count++)
    asked.push(client.tell({ kind: "close", handle: 1 }));
  assert.ok(client.link.isPaused);
  assert.ok(asked.every((number) => client.replyTo(number)?.kind === "refused"));
  await rig.pass(1_000);
  assert.ok(!client.link.isPaused);
});

test("[CH63] what is no request is refused with its place, and too much of it closes the connection", async () => {
  const rig = await createRig();
  const client = await rig.connect();
  for (let count = 0; count < MALFORMED_FRAMES_MAX; count++)
    frameOf(client, Uint8Array.of(1, 0, 0, 0, 9, 200));
  assert.ok(!client.link.isClosed);
  assert.deepEqual(client.takePushes()[0], { kind: "refused", code: "malformed", detail: 5 });
  frameOf(client, new Uint8Array());
  assert.ok(client.link.isClosed);
});

test("[CH64] a connection that never says hello is closed", async () => {
  const rig = await createRig();
  const silent = await rig.connect({ greets: false });
  const greeted = await rig.connect();
  await rig.pass(HELLO_WAIT_MS);
  await rig.pass(1_000);
  assert.deepEqual([silent.link.isClosed, greeted.link.isClosed], [true, false]);
});

test("[CH65] a relay that stops answers what is under way and refuses what is new", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { client, handle } = await member(rig, cid, 0, pairs, 0);
  const asked = client.tell(appendRequest(handle));
  const stopped = rig.relay.stop();
  const late = client.tell(appendRequest(handle));
  assert.equal((await client.answerTo(asked)).kind, "accepted");
  assert.deepEqual(await client.answerTo(late), { kind: "refused", code: "stopping", detail: 0 });
  await stopped;
});

test("[ST3] a full disk refuses everything and loses nothing", async () => {
  let isFull = false;
  const rig = await createRig({ isFull: () => isFull });
  const { cid, pairs } = await rig.channel();
  const { client, handle } = await member(rig, cid, 0, pairs, 0);
  await client.expect("accepted", appendRequest(handle));
  isFull = true;
  const request = appendRequest(handle);
  assert.deepEqual(await client.refusal(request), { code: "storageFull", detail: 0 });
  isFull = false;
  assert.equal((await client.expect("accepted", request)).seq, 2);
});

test("[CH41] a tombstone is read where a burnt message was", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { client, handle } = await member(rig, cid, 0, pairs, 0);
  await client.expect("accepted", appendRequest(handle));
  await rig.pass(RUNG_MS["7days"]);
  await rig.pass(20_000);
  const page = await client.expect("page", { kind: "read", handle, after: 0 });
  assert.deepEqual(
    page.entries.map(({ kind, seq }) => [kind, seq]),
    [["erased", 1]],
  );
});

test("[CH70] two processes of one service share a store: each entry reaches readers of both, once, in order", async () => {
  const wakeups = createMemoryWakeups();
  const here = await createRig({ wakeups: wakeups.join() });
  const there = await createRig({
    store: here.store,
    keyRing: here.keyRing,
    time: here.time,
    wakeups: wakeups.join(),
  });
  const { cid, pairs } = await here.channel();
  const alice = await member(here, cid, 0, pairs, 0);
  const bob = await member(there, cid, 0, pairs, 1);
  for (let round = 0; round < 10; round++) {
    alice.client.tell(appendRequest(alice.handle));
    bob.client.tell(appendRequest(bob.handle));
    await here.pass(2);
    await there.pass(2);
  }
  await here.pass(5);
  await there.pass(5);
  const seen = (pushes: readonly Reply[]) => new Set(pushedSeqs(pushes));
  const toAlice = pushedSeqs(alice.client.takePushes());
  assert.deepEqual(
    toAlice,
    toAlice.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(toAlice).size, toAlice.length);
  const all = new Set([...seen(bob.client.takePushes()), ...toAlice]);
  assert.equal(all.size, 20);
});

test("[CH71] a bug in the store ends one answer, and is reported without its message", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const { client, handle } = await member(rig, cid, 0, pairs, 0);
  const apply = rig.store.apply.bind(rig.store);
  rig.store.apply = () => Promise.reject(new Error("a bug"));
  const asked = await client.refusal(appendRequest(handle));
  assert.equal(asked.code, "storageFull");
  assert.ok(rig.events.some(({ kind }) => kind === "bug"));
  rig.store.apply = apply;
  await client.expect("accepted", appendRequest(handle));
});

test("[CH66] nothing is sent to a connection that has closed, and its handles are gone", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const alice = await member(rig, cid, 0, pairs, 0);
  const bob = await member(rig, cid, 0, pairs, 1);
  bob.client.session.closed();
  alice.client.tell(appendRequest(alice.handle));
  bob.client.tell(appendRequest(bob.handle));
  await rig.pass(5);
  assert.deepEqual(bob.client.takePushes(), []);
});

test("[CH66] a connection that closes while its proof is checked opens nothing", async () => {
  const rig = await createRig();
  const { cid, pairs } = await rig.channel();
  const alice = await member(rig, cid, 0, pairs, 0);
  const client = await rig.connect();
  client.tell(client.openRequest(cid, 0, { write: pairs.write }));
  client.session.closed();
  await rig.pass(5);
  await alice.client.expect("accepted", appendRequest(alice.handle));
  alice.client.tell({ kind: "ack", handle: alice.handle, through: 1 });
  await rig.pass(200);
  assert.deepEqual(client.takePushes(), []);
  assert.equal(rig.relay.openHandles(), 1);
});
