import assert from "node:assert/strict";
import test from "node:test";
import { acquaintances, World } from "./world.ts";

const texts = (lines: readonly string[]): string[] =>
  lines.filter((line) => !line.startsWith("*")).map((line) => line.replace(/ \(\w+\)$/, ""));

test("[CL55] two people become contacts by a link and talk both ways", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.send(bob, "hello");
  await bob.send(alice, "hello yourself");
  await world.pass(1_000);
  assert.deepEqual(await alice.lines(bob.id), ["* started", "> hello (delivered)", "< hello yourself"]);
  assert.deepEqual(await bob.lines(alice.id), ["* started", "< hello", "> hello yourself (delivered)"]);
  assert.equal(alice.row(bob)?.name, "Bob");
  assert.equal(bob.row(alice)?.name, "Alice");
  assert.equal(bob.row(alice)?.unread, 1);
});

test("[CL56] two people at two relays talk, and neither relay is asked for the other", async () => {
  const { world, here, there, alice, bob } = await acquaintances(2);
  await alice.send(bob, "from here");
  await bob.send(alice, "from there");
  await world.pass(1_000);
  assert.deepEqual(texts(await alice.lines(bob.id)), ["> from here", "< from there"]);
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< from here", "> from there"]);
  assert.ok(here.dialled.some((circuit) => circuit.startsWith("channels")));
  assert.ok(!there.dialled.some((circuit) => circuit.startsWith("channels")), "nobody has a channel there");
});

test("[CL57] no inbox is opened on a connection that opens a channel", async () => {
  const { here } = await acquaintances();
  const circuits = new Set(here.dialled.map((circuit) => circuit.replace(/[0-9a-f]+$/, "n")));
  assert.deepEqual([...circuits].toSorted(), ["activatio" + "n", "channels/n", "inbox", "introduction/n"]);
});

test("[CL2] a member that is ended between two events goes on from what is durable", async () => {
  const { world, alice, bob } = await acquaintances();
  for (let round = 0; round < 3; round++) {
    await alice.send(bob, `a${round}`);
    alice.crash();
    bob.crash();
    await bob.start();
    await bob.send(alice, `b${round}`);
    await alice.start();
    await world.pass(2_000);
  }
  const wanted = ["a0", "b0", "a1", "b1", "a2", "b2"];
  const bare = (lines: readonly string[]) => texts(lines).map((line) => line.slice(2));
  assert.deepEqual(bare(await alice.lines(bob.id)), wanted);
  assert.deepEqual(bare(await bob.lines(alice.id)), wanted);
});

test("[OB1] what is written while the relay is away arrives in order once it is back", async () => {
  const { world, here, alice, bob } = await acquaintances();
  here.isUp = false;
  here.cutAll();
  await world.pass(1_000);
  for (const text of ["one", "two", "three"]) await alice.send(bob, text);
  assert.equal(alice.view.reachability.kind, "offline");
  assert.deepEqual((await alice.lines(bob.id)).slice(1), [
    "> one (waiting)",
    "> two (waiting)",
    "> three (waiting)",
  ]);
  here.isUp = true;
  await world.pass(120_000);
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< one", "< two", "< three"]);
  assert.equal(alice.view.reachability.kind, "online");
});

test("[CL32] [CL33] two people who add each other at once have one conversation, in which nothing is lost or doubled", async () => {
  const world = new World();
  const relay = world.relay();
  const alice = await world.person("Alice", relay);
  const bob = await world.person("Bob", relay);
  const links = [alice.link, bob.link] as const;
  const [one, other] = await Promise.all([
    alice.member!.ask({ kind: "add-contact", link: links[1] }),
    bob.member!.ask({ kind: "add-contact", link: links[0] }),
  ]);
  assert.ok(one.ok && one.value.kind === "conversation" && other.ok && other.value.kind === "conversation");
  bob.knownAs(one.value.id);
  alice.knownAs(other.value.id);
  await Promise.all([
    alice.member!.ask({ kind: "send", to: bob.id, text: "a0" }),
    bob.member!.ask({ kind: "send", to: alice.id, text: "b0" }),
  ]);
  await world.pass(5_000);
  for (let round = 1; round < 4; round++) {
    await alice.send(bob, `a${round}`);
    await bob.send(alice, `b${round}`);
    await world.pass(1_000);
  }
  const bare = (lines: readonly string[]) => texts(lines).map((line) => line.slice(2));
  const seen = bare(await alice.lines(bob.id));
  assert.deepEqual(bare(await bob.lines(alice.id)), seen);
  const from = (who: string) => seen.filter((text) => text.startsWith(who));
  assert.deepEqual(from("a"), ["a0", "a1", "a2", "a3"]);
  assert.deepEqual(from("b"), ["b0", "b1", "b2", "b3"]);
  assert.equal(alice.view.conversations.length, 1);
});

test("[CL25] after fifty own messages a device renews its keys, and the conversation goes on", async () => {
  const { world, alice, bob } = await acquaintances();
  for (let count = 0; count < 55; count++) await alice.send(bob, `m${count}`);
  await world.pass(120_000);
  await bob.send(alice, "got them");
  await world.pass(1_000);
  assert.equal(texts(await bob.lines(alice.id)).length, 56);
  assert.equal(texts(await alice.lines(bob.id)).at(-1), "< got them");
  assert.ok((await alice.lines(bob.id)).every((line) => line !== "* gap"));
});

test("[CL22] [CL20] when both renew their keys in one epoch, one wins and the other begins again", async () => {
  const { world, here, alice, bob } = await acquaintances();
  here.isUp = false;
  here.cutAll();
  for (let count = 0; count < 51; count++) {
    await alice.send(bob, `a${count}`);
    await bob.send(alice, `b${count}`);
  }
  here.isUp = true;
  await world.pass(400_000);
  await alice.send(bob, "last");
  await world.pass(1_000);
  assert.deepEqual(
    texts(await bob.lines(alice.id)).map((line) => line.slice(2)),
    texts(await alice.lines(bob.id)).map((line) => line.slice(2)),
  );
});

test("[OB7] a message whose burn time comes before it could be sent is never sent, and gone", async () => {
  const { world, here, alice, bob } = await acquaintances();
  here.isUp = false;
  here.cutAll();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 60_000 });
  await alice.send(bob, "too late");
  await world.pass(61_000);
  assert.deepEqual((await alice.lines(bob.id)).slice(2), [">  (failed)"]);
  here.isUp = true;
  await world.pass(120_000);
  assert.deepEqual(texts(await bob.lines(alice.id)), []);
  for (const value of alice.records.kept.values())
    assert.ok(!Buffer.from(value).includes("too late"), "nothing of it is kept");
});

test("[CL70] a message is forgotten on both sides when its burn time has come", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 300_000 });
  await alice.send(bob, "read me quickly");
  await world.pass(1_000);
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< read me quickly"]);
  await world.pass(300_000);
  for (const person of [alice, bob]) {
    assert.equal(person.view.conversations[0]?.preview, undefined);
    for (const value of person.records.kept.values())
      assert.ok(!Buffer.from(value).includes("read me quickly"), "nothing of it is kept");
  }
  assert.deepEqual(texts(await bob.lines(alice.id)), []);
});

test("[CL71] a clock that is set back shows nothing again", async () => {
  const { world, here, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 300_000 });
  await alice.send(bob, "for five minutes");
  await world.pass(1_000);
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< for five minutes"]);
  const kept = new Map(bob.records.kept);
  here.cutAll();
  await world.pass(1_200_000); // the relay greets again, and the highest time is kept
  bob.crash();
  here.isUp = false;
  // Whoever holds the device puts the message back, and the clock.
  const highest = bob.records.kept.get("profile")!;
  for (const [key, value] of kept) bob.records.kept.set(key, value);
  bob.records.kept.set("profile", highest);
  bob.clockOffset = -1_200_000;
  await bob.start();
  assert.deepEqual(texts(await bob.lines(alice.id)), []);
});

test("[CL8] [CL12] a full device loses nothing: the person is told, and what was under way goes on later", async () => {
  const { world, alice, bob } = await acquaintances();
  bob.records.isFull = true;
  await alice.send(bob, "first");
  await world.pass(1_000);
  assert.deepEqual(bob.view.storageProblem, { kind: "device-full" });
  const refused = await bob.ask({ kind: "send", to: alice.id, text: "no room" });
  assert.deepEqual(refused, { ok: false, error: { kind: "device-full" } });
  await alice.send(bob, "second");
  bob.records.isFull = false;
  await world.pass(60_000);
  assert.equal(bob.view.storageProblem, undefined);
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< first", "< second"]);
  assert.deepEqual(texts(await alice.lines(bob.id)), ["> first", "> second"]);
});
