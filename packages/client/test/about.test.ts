/** Replies, reactions, edits, deletions and burn times between two people. Spec: spec/client.md, "About a message". */
import assert from "node:assert/strict";
import test from "node:test";
import type { MessageView } from "@sotto/client";
import { acquaintances, type Person } from "./world.ts";

/** The messages that a person is shown, notices left out. */
async function shown(who: Person, id: string): Promise<readonly MessageView[]> {
  const { messages } = await who.conversation(id);
  return messages.filter(({ content }) => content.kind !== "notice");
}
const only = async (who: Person, id: string): Promise<MessageView> =>
  (await shown(who, id)).at(-1) ?? assert.fail("a message is there");
const textOf = ({ content }: MessageView): string => (content.kind === "text" ? content.text : content.kind);
const editsOf = ({ content }: MessageView): readonly string[] =>
  content.kind === "text" ? content.edits.map(({ text }) => text) : [];
const noticesOf = async (who: Person, id: string): Promise<readonly string[]> =>
  (await who.conversation(id)).messages.flatMap(({ content }) =>
    content.kind === "notice" && content.notice.kind === "burn-changed"
      ? [`${content.notice.mine ? "mine" : "theirs"} ${content.notice.burnMs}`]
      : [],
  );

function assertNothingOf(who: Person, text: string): void {
  for (const value of who.records.kept.values())
    assert.ok(!Buffer.from(value).includes(text), `nothing of "${text}" is kept`);
}

test("[CL87] an edit is shown to both with the versions before it, also after a restart", async () => {
  const { world, alice, bob } = await acquaintances();
  const key = await alice.send(bob, "at ten");
  await world.pass(1_000);
  for (const text of ["at half past ten", "at eleven"])
    assert.ok((await alice.ask({ kind: "edit", in: bob.id, key, text })).ok);
  await world.pass(1_000);
  bob.crash();
  await bob.start();
  for (const message of [await only(alice, bob.id), await only(bob, alice.id)]) {
    assert.equal(textOf(message), "at eleven");
    assert.deepEqual(editsOf(message), ["at ten", "at half past ten"]);
    assert.equal(message.isChanging, false);
  }
  assert.equal(alice.view.conversations[0]?.preview?.text, "at eleven");
  assert.equal(bob.view.conversations[0]?.unread, 1, "an edit is no other message");
});

test("[CL87] twenty versions are kept, the newest always among them", async () => {
  const { world, alice, bob } = await acquaintances();
  const key = await alice.send(bob, "v0");
  await world.pass(1_000);
  for (let count = 1; count <= 25; count++)
    await alice.ask({ kind: "edit", in: bob.id, key, text: `v${count}` });
  await world.pass(20_000);
  const theirs = await only(bob, alice.id);
  assert.equal(textOf(theirs), "v25");
  assert.equal(editsOf(theirs).length, 20);
  assert.deepEqual(editsOf(theirs), editsOf(await only(alice, bob.id)));
});

test("[CL87] an edit that waits for the relay says so", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const key = await alice.send(bob, "first");
  await world.pass(1_000);
  here.isUp = false;
  here.cutAll();
  await world.pass(1_000);
  await alice.ask({ kind: "edit", in: bob.id, key, text: "second" });
  assert.equal((await only(alice, bob.id)).isChanging, true);
  assert.equal(textOf(await only(alice, bob.id)), "second");
  here.isUp = true;
  await world.pass(120_000);
  assert.equal((await only(alice, bob.id)).isChanging, false);
  assert.equal(textOf(await only(bob, alice.id)), "second");
});

test("[CL87] [CL95] each has one reaction, another takes its place, and it can be taken back", async () => {
  const { world, alice, bob } = await acquaintances();
  const key = await alice.send(bob, "good news");
  await world.pass(1_000);
  await alice.ask({ kind: "react", in: bob.id, key, emoji: "🙏" });
  for (const emoji of ["👍", "❤️"]) await bob.ask({ kind: "react", in: alice.id, key, emoji });
  await world.pass(1_000);
  assert.deepEqual((await only(alice, bob.id)).reactions, [
    { emoji: "🙏", mine: true, author: undefined },
    { emoji: "❤️", mine: false, author: undefined },
  ]);
  await bob.ask({ kind: "react", in: alice.id, key, emoji: "" });
  await world.pass(1_000);
  for (const [who, id, mine] of [
    [alice, bob.id, true],
    [bob, alice.id, false],
  ] as const)
    assert.deepEqual((await only(who, id)).reactions, [{ emoji: "🙏", mine, author: undefined }]);
});

test("[CL87] a reaction that waits for the relay says so, also one that takes back", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const key = await bob.send(alice, "good news");
  await world.pass(1_000);
  for (const emoji of ["👍", ""]) {
    here.isUp = false;
    here.cutAll();
    await world.pass(1_000);
    await alice.ask({ kind: "react", in: bob.id, key, emoji });
    assert.equal((await only(alice, bob.id)).isReacting, true);
    here.isUp = true;
    await world.pass(120_000);
    assert.equal((await only(alice, bob.id)).isReacting, false);
  }
});

test("[CL95] [CN9] what is no emoji is no reaction", async () => {
  const { world, alice, bob } = await acquaintances();
  const key = await alice.send(bob, "well");
  await world.pass(1_000);
  for (const emoji of ["no", "👍👍", "\u202e", "👍\u202e", "\u200b", "<b>"]) {
    const answer = await alice.ask({ kind: "react", in: bob.id, key, emoji });
    assert.deepEqual(answer, { ok: false, error: { kind: "message-gone" } }, emoji);
  }
  await world.pass(1_000);
  assert.deepEqual((await only(bob, alice.id)).reactions, []);
});

test("[CL88] [CN8] a reply shows what it answers, and no more of it than there is", async () => {
  const { world, alice, bob } = await acquaintances();
  const key = await alice.send(bob, "shall we");
  await world.pass(1_000);
  await bob.ask({ kind: "send", to: alice.id, text: "we shall", replyTo: key });
  await world.pass(1_000);
  assert.deepEqual((await only(alice, bob.id)).quote, {
    key,
    mine: true,
    author: undefined,
    text: "shall we",
  });
  assert.deepEqual((await only(bob, alice.id)).quote, {
    key,
    mine: false,
    author: undefined,
    text: "shall we",
  });
  await alice.ask({ kind: "edit", in: bob.id, key, text: "shall we not" });
  await world.pass(1_000);
  assert.equal((await only(bob, alice.id)).quote?.text, "shall we not");
  await alice.ask({ kind: "delete", in: bob.id, key });
  await world.pass(1_000);
  for (const quote of [(await only(alice, bob.id)).quote, (await only(bob, alice.id)).quote])
    assert.equal(quote?.text, undefined);
});

test("[CL88] [CL93] a quote and everything about a message go when it burns", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 300_000 });
  const key = await alice.send(bob, "only for now");
  await world.pass(100_000);
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 3_600_000 });
  await alice.ask({ kind: "edit", in: bob.id, key, text: "only for today" });
  await bob.ask({ kind: "react", in: alice.id, key, emoji: "👍" });
  await bob.ask({ kind: "send", to: alice.id, text: "so be it", replyTo: key });
  await world.pass(1_000);
  assert.equal((await only(alice, bob.id)).quote?.text, "only for today");
  await world.pass(200_000);
  for (const [who, id] of [
    [alice, bob.id],
    [bob, alice.id],
  ] as const) {
    assert.deepEqual((await shown(who, id)).map(textOf), ["so be it"]);
    assert.equal((await only(who, id)).quote?.text, undefined);
    assertNothingOf(who, "only for");
    assert.deepEqual(who.records.list("a/"), []);
  }
});

test("[CL94] a deleted message leaves nothing of what it said on either side", async () => {
  const { world, alice, bob } = await acquaintances();
  const key = await alice.send(bob, "a secret place");
  await world.pass(1_000);
  await alice.ask({ kind: "edit", in: bob.id, key, text: "a secret place, number 7" });
  await bob.ask({ kind: "react", in: alice.id, key, emoji: "👍" });
  await world.pass(1_000);
  assert.ok((await alice.ask({ kind: "delete", in: bob.id, key })).ok);
  await world.pass(1_000);
  for (const [who, id] of [
    [alice, bob.id],
    [bob, alice.id],
  ] as const) {
    const message = await only(who, id);
    assert.equal(message.content.kind, "deleted");
    assert.deepEqual(message.reactions, []);
    assertNothingOf(who, "a secret place");
    assert.equal(who.view.conversations[0]?.preview, undefined);
  }
  const again = await alice.ask({ kind: "edit", in: bob.id, key, text: "still here" });
  assert.deepEqual(again, { ok: false, error: { kind: "message-gone" } });
});

test("[CL94] a message that nobody can have seen is taken back before it is sent", async () => {
  const { world, here, alice, bob } = await acquaintances();
  here.isUp = false;
  here.cutAll();
  await world.pass(1_000);
  const key = await alice.send(bob, "too hasty");
  await alice.ask({ kind: "edit", in: bob.id, key, text: "too hasty, again" });
  await alice.ask({ kind: "delete", in: bob.id, key });
  assert.deepEqual(await shown(alice, bob.id), []);
  here.isUp = true;
  await world.pass(120_000);
  assert.deepEqual(await shown(bob, alice.id), []);
});

test("[CL89] nobody edits or deletes what somebody else wrote", async () => {
  const { world, alice, bob } = await acquaintances();
  const key = await alice.send(bob, "mine");
  await world.pass(1_000);
  for (const intent of [
    { kind: "edit", in: alice.id, key, text: "yours" },
    { kind: "delete", in: alice.id, key },
  ] as const)
    assert.deepEqual(await bob.ask(intent), { ok: false, error: { kind: "message-gone" } });
  // A client of Bob's that does not ask: it takes the message for his own.
  const stored = [...bob.records.kept].find(([name]) => name.startsWith("m/") && name.endsWith("t"));
  assert.ok(stored);
  const isMineAt = 1 + 1 + 16;
  bob.records.kept.set(stored[0], stored[1].with(isMineAt, 1));
  assert.ok((await bob.ask({ kind: "edit", in: alice.id, key, text: "yours" })).ok);
  assert.ok((await bob.ask({ kind: "delete", in: alice.id, key })).ok);
  await world.pass(1_000);
  assert.equal(textOf(await only(alice, bob.id)), "mine");
  assert.deepEqual(editsOf(await only(alice, bob.id)), []);
});

test("[CL89] what is about a message that is not there changes nothing", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.send(bob, "here");
  await world.pass(1_000);
  for (const key of ["00".repeat(16), "", "not a key"]) {
    const answer = await alice.ask({ kind: "react", in: bob.id, key, emoji: "👍" });
    assert.deepEqual(answer, { ok: false, error: { kind: "message-gone" } });
  }
});

test("[CL96] edits and deletions that a broken channel held back are sent in the next", async () => {
  const { world, alice, bob } = await acquaintances();
  const [edited, deleted] = [await alice.send(bob, "old words"), await alice.send(bob, "unwanted")];
  await world.pass(1_000);
  bob.tamper = () => undefined; // he hears nothing
  await alice.ask({ kind: "edit", in: bob.id, key: edited, text: "new words" });
  await alice.ask({ kind: "delete", in: bob.id, key: deleted });
  await alice.send(bob, "and more");
  await world.pass(1_000);
  // Alice's device lost its group: the channel cannot be read on.
  alice.crash();
  for (const name of alice.records.list("g/")) alice.records.kept.set(name, Uint8Array.of(9));
  await alice.start();
  bob.tamper = (frame) => frame;
  await bob.send(alice, "are you there");
  await world.pass(300_000);
  const own = (await shown(alice, bob.id)).filter(({ mine }) => mine);
  assert.deepEqual(own.map(textOf).toSorted(), ["and more", "deleted", "new words"]);
  const theirs = await shown(bob, alice.id);
  assert.deepEqual(theirs.map(textOf).toSorted(), ["and more", "are you there", "deleted", "new words"]);
});

test("[CL86] a change of the burn time is shown to both and holds for both", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 3_600_000 });
  await world.pass(1_000);
  assert.equal((await bob.conversation(alice.id)).burnMs, 3_600_000);
  assert.deepEqual(await noticesOf(alice, bob.id), ["mine 3600000"]);
  assert.deepEqual(await noticesOf(bob, alice.id), ["theirs 3600000"]);
  await bob.send(alice, "for an hour");
  await world.pass(1_000);
  assert.equal((await only(alice, bob.id)).burn?.burnMs, 3_600_000);
});

test("[CL86] of two changes at once the later in the log holds on both sides", async () => {
  const { world, here, alice, bob } = await acquaintances();
  here.isUp = false;
  here.cutAll();
  await world.pass(1_000);
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 3_600_000 });
  await bob.ask({ kind: "set-burn", in: alice.id, burnMs: 86_400_000 });
  here.isUp = true;
  await world.pass(120_000);
  const [mine, theirs] = [await alice.conversation(bob.id), await bob.conversation(alice.id)];
  assert.equal(mine.burnMs, theirs.burnMs);
});
