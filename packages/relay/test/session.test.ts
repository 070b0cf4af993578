import assert from "node:assert/strict";
import { test } from "node:test";
import { nextHeadBytes } from "@sotto/protocol";
import { appendRequest, createRig, random, sha256 } from "./rig.ts";

test("[CH10 CH34 CH35] an entry is accepted for its author and pushed to the other reader, in one chain", async () => {
  const rig = await createRig();
  const { cid, pairs, head } = await rig.channel(2);
  const [aliceReader, bobReader] = pairs.readers;
  assert.ok(aliceReader && bobReader);
  const alice = await rig.connect();
  const bob = await rig.connect();
  const a = await alice.expect(
    "opened",
    alice.openRequest(cid, 0, { write: pairs.write, reader: aliceReader }),
  );
  const b = await bob.expect("opened", bob.openRequest(cid, 0, { reader: bobReader }));
  assert.deepEqual(a.head, head);
  for (const [client, { handle }] of [
    [alice, a],
    [bob, b],
  ] as const) {
    const page = await client.expect("page", { kind: "read", handle, after: 0 });
    assert.deepEqual(page, { kind: "page", entries: [], isLast: true });
  }
  const body = random(500);
  const messageId = random(16);
  const accepted = await alice.expect("accepted", appendRequest(a.handle, body, messageId));
  const contentHash = sha256(body);
  const { seq, time } = accepted;
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
  const [pushed] = bob.takePushes();
  assert.ok(pushed?.kind === "pushed" && pushed.entry.kind === "message");
  assert.deepEqual(pushed.entry.body, body);
  assert.deepEqual(alice.takePushes(), []);
  alice.tell({ kind: "ack", handle: a.handle, through: seq });
  bob.tell({ kind: "ack", handle: b.handle, through: seq });
  await rig.pass(5);
  await rig.pass(200);
  assert.deepEqual(alice.takePushes(), [{ kind: "delivered", handle: a.handle, through: 1 }]);
  const page = await bob.expect("page", { kind: "read", handle: b.handle, after: 0 });
  assert.deepEqual(page.entries, []);
});
