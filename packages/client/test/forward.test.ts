/** Texts that go on to another conversation. Spec: spec/client.md, CL115; spec/content.md, CN23. */
import assert from "node:assert/strict";
import test from "node:test";
import type { MessageView } from "@sotto/client";
import { acquaintances, type Person } from "./world.ts";

const DAY_MS = 86_400_000;

/** Alice knows Bob and Carol. */
async function three() {
  const { world, here, alice, bob } = await acquaintances();
  const carol = await world.person("Carol", here);
  await alice.add(carol);
  await world.pass(1_000);
  const aliceId = carol.view.conversations[0]?.id ?? assert.fail("carol was invited");
  return { world, alice, bob, carol, aliceId };
}
async function last(who: Person, id: string): Promise<MessageView> {
  const { messages } = await who.conversation(id);
  return messages.findLast(({ content }) => content.kind !== "notice") ?? assert.fail("a message is there");
}

test("[CL115] [CN23] a text goes on as it reads now, says that it was forwarded, and nothing of where it was", async () => {
  const { world, alice, bob, carol, aliceId } = await three();
  const key = await bob.send(alice, "the ferry goes at three");
  await bob.ask({ kind: "edit", in: alice.id, key, text: "the ferry goes at four" });
  await world.pass(60_000);
  const answer = await alice.ask({ kind: "forward", in: bob.id, key, to: carol.id });
  assert.ok(answer.ok && answer.value.kind === "message");
  assert.notEqual(answer.value.key, key);
  await world.pass(1_000);
  const theirs = await last(carol, aliceId);
  assert.deepEqual(theirs.content, {
    kind: "text",
    text: "the ferry goes at four",
    edits: [],
    isForwarded: true,
  });
  assert.equal(theirs.quote, undefined);
  assert.ok(theirs.time > world.now - 10_000, "it has the time of its forwarding");
  // Nothing Carol keeps names the message it was, or Bob.
  for (const name of [key, bob.id])
    for (const [record, value] of carol.records.kept) {
      assert.ok(!record.includes(name));
      assert.ok(!Buffer.from(value).includes(Buffer.from(name, "hex")));
    }
  assert.ok(!JSON.stringify(await carol.conversation(aliceId)).includes("Bob"));
});

test("[CL115] it burns no later than what it was taken from, and as its new conversation does", async () => {
  const { world, alice, bob, carol, aliceId } = await three();
  const answer = await bob.ask({
    kind: "send",
    to: alice.id,
    text: "soon gone",
    burn: { ms: 60_000, from: "sending" },
  });
  assert.ok(answer.ok && answer.value.kind === "message");
  const { key } = answer.value;
  await world.pass(20_000);
  await alice.ask({ kind: "forward", in: bob.id, key, to: carol.id });
  await world.pass(1_000);
  assert.ok(((await last(carol, aliceId)).burn?.burnMs ?? 0) <= 40_000);
  await alice.ask({ kind: "set-burn", in: carol.id, burnMs: DAY_MS });
  const long = await bob.send(alice, "for a week");
  await world.pass(1_000);
  await alice.ask({ kind: "forward", in: bob.id, key: long, to: carol.id });
  await world.pass(1_000);
  assert.equal((await last(carol, aliceId)).burn?.burnMs, DAY_MS);
});

test("[CL115] what burnt, was deleted, or never was cannot be forwarded", async () => {
  const { world, alice, bob, carol, aliceId } = await three();
  const deleted = await bob.send(alice, "not for others");
  await world.pass(1_000);
  await bob.ask({ kind: "delete", in: alice.id, key: deleted });
  await world.pass(1_000);
  for (const key of [deleted, "00".repeat(16), "", "../"]) {
    const answer = await alice.ask({ kind: "forward", in: bob.id, key, to: carol.id });
    assert.deepEqual(answer, { ok: false, error: { kind: "message-gone" } });
  }
  await world.pass(1_000);
  const { messages } = await carol.conversation(aliceId);
  assert.ok(messages.every(({ content }) => content.kind === "notice"));
});
