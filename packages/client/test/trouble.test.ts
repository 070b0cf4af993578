/** What peers, relays, disks and clocks do to a member, and what the person is told. */
import assert from "node:assert/strict";
import test from "node:test";
import { createMember, createProfile } from "@sotto/client";
import { cardToLink, decodeReply, encodeReply, linkToCard, type Reply } from "@sotto/protocol";
import { sha256 } from "@sotto/verify";
import { acquaintances, Person, random, World } from "./world.ts";

const texts = (lines: readonly string[]): string[] =>
  lines.filter((line) => !line.startsWith("*")).map((line) => line.replace(/ \(\w+\)$/, ""));
const notices = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith("*"));

test("[CL40] a mistyped code is refused before anything is kept", async () => {
  const world = new World();
  const relay = world.relay();
  const person = new Person(world, "Alice", relay);
  const joining = { name: "Alice", relayUrl: relay.url, code: "nonsense", kind: "cli" } as const;
  const made = await createProfile(person.ports(), joining);
  assert.deepEqual(made, { ok: false, error: { kind: "code-malformed" } });
  assert.equal(person.records.kept.size, 0);
  const opened = await createMember(person.ports());
  assert.deepEqual(opened, { ok: false, error: "empty" });
});

test("[CL41] a code that the relay refuses can be followed by another", async () => {
  const world = new World();
  const relay = world.relay();
  const other = world.relay("https://other.example");
  const person = new Person(world, "Alice", relay);
  world.people.push(person);
  const code = await other.code();
  await createProfile(person.ports(), { name: "Alice", relayUrl: relay.url, code, kind: "cli" });
  await person.start();
  assert.equal(person.view.me.activation, "refused");
  assert.equal(person.view.me.link, undefined);
  const answer = await person.ask({ kind: "add-code", code: await relay.code() });
  assert.ok(answer.ok);
  await world.pass(1_000);
  assert.equal(person.view.me.activation, "granted");
  assert.ok(person.view.me.link);
});

test("[CL42] a code is used up by its first member, and asked for again with the same tokens", async () => {
  const world = new World();
  const relay = world.relay();
  const person = new Person(world, "Alice", relay);
  world.people.push(person);
  const code = await relay.code();
  await createProfile(person.ports(), { name: "Alice", relayUrl: relay.url, code, kind: "cli" });
  relay.filter = (frame) => {
    if (frame[5] !== 2) return true;
    queueMicrotask(() => relay.cutAll()); // ACTIVATE arrives, its answer does not
    return true;
  };
  await person.start();
  relay.filter = () => true;
  await world.pass(5_000);
  assert.equal(person.view.me.activation, "granted");
  const second = new Person(world, "Mallory", relay);
  world.people.push(second);
  await createProfile(second.ports(), { name: "Mallory", relayUrl: relay.url, code, kind: "cli" });
  await second.start();
  assert.equal(second.view.me.activation, "refused");
});

test("[CL60] links that are none, damaged, newer, one's own or of a known contact are told apart", async () => {
  const { alice, bob } = await acquaintances();
  const problemOf = async (link: string) => {
    const answer = await alice.ask({ kind: "add-contact", link });
    return answer.ok ? "none" : answer.error.kind;
  };
  assert.equal(await problemOf("https://example.org"), "link-not-a-link");
  assert.equal(await problemOf(`${bob.link.slice(0, -3)}AAA`), "link-damaged");
  assert.equal(await problemOf(alice.link), "link-own");
  assert.equal(await problemOf(bob.link), "contact-known");
});

test("[CL61] a renewed link refuses whoever holds the old one, and keeps the contacts that are there", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const old = bob.link;
  await bob.ask({ kind: "new-link" });
  await world.pass(1_000);
  assert.notEqual(bob.link, old);
  const carol = await world.person("Carol", here);
  const answer = await carol.ask({ kind: "add-contact", link: old });
  assert.ok(answer.ok);
  await world.pass(1_000);
  assert.deepEqual(carol.view.conversations[0]?.problem, { kind: "link-refused" });
  assert.equal(carol.view.conversations[0]?.state, "setting-up");
  await carol.add(bob);
  await world.pass(1_000);
  assert.equal(carol.row(bob)?.state, "ready");
  assert.equal(carol.row(bob)?.problem, undefined);
  await alice.send(bob, "still here");
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< still here"]);
});

test("[CL43] without a token no conversation can be made, and a new code goes on with it", async () => {
  const world = new World();
  const here = world.relay();
  const there = world.relay("https://other.example");
  const alice = await world.person("Alice", here);
  const bob = await world.person("Bob", there);
  const card = linkToCard(bob.link);
  assert.ok(card.ok);
  alice.crash();
  for (const [key, value] of alice.records.kept)
    if (key.startsWith("activation/")) alice.records.kept.set(key, withoutTokens(value));
  await alice.start();
  assert.equal(alice.view.me.conversationsLeft, 0);
  await alice.add(bob);
  await world.pass(1_000);
  assert.deepEqual(alice.row(bob)?.problem, { kind: "tokens-spent" });
  await alice.ask({ kind: "add-code", code: await here.code() });
  await world.pass(1_000);
  assert.equal(alice.row(bob)?.state, "ready");
});

/** A stored activation whose tokens are spent: version, code (16), state, then the list's length. */
function withoutTokens(value: Uint8Array): Uint8Array {
  const until = value.slice(-9);
  return new Uint8Array([...value.slice(0, 18), 0, 0, 0, 0, ...until]);
}

test("[CL5] a relay that shows another key is never used, and the person is told", async () => {
  const { world, here, alice, bob } = await acquaintances();
  here.cutAll();
  const impostor = world.relay("https://relay.example");
  await world.pass(5_000);
  assert.ok(alice.view.reachability.kind === "offline");
  assert.deepEqual(alice.view.reachability.problem, { kind: "relay-key-wrong" });
  await alice.send(bob, "not for strangers");
  await world.pass(120_000);
  assert.deepEqual(texts(await bob.lines(alice.id)), []);
  assert.ok(impostor.dialled.length > 0);
  world.relays.set(here.url, here);
  await world.pass(120_000);
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< not for strangers"]);
});

test("[CL6] a relay that speaks another tongue is left alone", async () => {
  const { world, here, alice } = await acquaintances();
  alice.tamper = (frame) => Uint8Array.of(9, ...frame.slice(1));
  here.cutAll();
  await world.pass(5_000);
  assert.ok(alice.view.reachability.kind === "offline");
  assert.deepEqual(alice.view.reachability.problem, { kind: "relay-incompatible" });
});

/** Changes entries on their way to a member. */
const changingEntries =
  (change: (reply: Reply) => Reply) =>
  (frame: Uint8Array): Uint8Array => {
    const decoded = decodeReply(frame);
    assert.ok(decoded.ok);
    return encodeReply(decoded.value.number, change(decoded.value.body));
  };

test("[CL23] [CL34] a channel in which a Commit makes no sense is made anew, and nothing is lost", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.send(bob, "before");
  bob.tamper = changingEntries((reply) =>
    reply.kind === "pushed" && reply.entry.kind === "commit"
      ? { ...reply, entry: { ...reply.entry, body: random(1_024) } }
      : reply,
  );
  for (let count = 0; count < 50; count++) await alice.send(bob, `m${count}`);
  await bob.send(alice, "while it breaks");
  await world.pass(300_000);
  bob.tamper = (frame) => frame;
  await world.pass(300_000);
  await alice.send(bob, "after");
  await bob.send(alice, "after too");
  await world.pass(1_000);
  const seen = texts(await alice.lines(bob.id)).map((line) => line.slice(2));
  const other = texts(await bob.lines(alice.id)).map((line) => line.slice(2));
  const wanted = [
    "before",
    ...Array.from({ length: 50 }, (_, n) => `m${n}`),
    "while it breaks",
    "after",
    "after too",
  ];
  assert.deepEqual(seen.toSorted(), wanted.toSorted());
  assert.deepEqual(other.toSorted(), wanted.toSorted());
  assert.ok(notices(await bob.lines(alice.id)).includes("* remade"));
});

test("[CL15] an entry that vanished before this device saw it is told of", async () => {
  const { world, alice, bob } = await acquaintances();
  bob.tamper = changingEntries((reply) => {
    if (reply.kind !== "pushed" || reply.entry.kind !== "message") return reply;
    const { body, ...entry } = reply.entry;
    return { ...reply, entry: { ...entry, kind: "erased", was: "message", contentHash: sha256(body) } };
  });
  await alice.send(bob, "erased too early");
  bob.tamper = (frame) => frame;
  await alice.send(bob, "kept");
  await world.pass(1_000);
  assert.deepEqual(await bob.lines(alice.id), ["* started", "* gap", "< kept"]);
});

test("[CL16] a relay that shows two histories is found out by what messages say inside", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.send(bob, "one");
  // For bob the relay dates an entry differently, so that from there on his chain of heads is another one.
  bob.tamper = changingEntries((reply) =>
    reply.kind === "pushed" && "time" in reply.entry
      ? { ...reply, entry: { ...reply.entry, time: reply.entry.time + 1 } }
      : reply,
  );
  await alice.send(bob, "two");
  await alice.send(bob, "three");
  await world.pass(1_000);
  assert.ok(notices(await bob.lines(alice.id)).includes("* log-conflict"));
});

test("[CL17] a message kind of a newer version is kept, and opens when it is known", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.send(bob, "for later");
  await world.pass(1_000);
  bob.crash();
  // As a newer version would have sent it: the kind is the number before the content.
  for (const [key, value] of bob.records.kept) {
    if (!key.startsWith("m/") || !Buffer.from(value).includes("for later")) continue;
    const changed = value.slice();
    changed[Buffer.from(value).indexOf("for later") - 4 - 4 - 1] = 77;
    bob.records.kept.set(key, changed);
    await bob.start();
    assert.deepEqual(texts(await bob.lines(alice.id)), ["< unknown"]);
    bob.crash();
    assert.equal(bob.records.kept.get(key)?.length, value.length);
    bob.records.kept.set(key, value);
  }
  await bob.start();
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< for later"]);
});

test("[CL9] a profile of a newer version is refused and left as it is", async () => {
  const { alice } = await acquaintances();
  alice.crash();
  const profile = alice.records.kept.get("profile")!;
  alice.records.kept.set("profile", Uint8Array.of(200, ...profile.slice(1)));
  const commits = alice.records.commits;
  const opened = await createMember(alice.ports());
  assert.deepEqual(opened, { ok: false, error: "newer" });
  assert.equal(alice.records.commits, commits);
});

test("[CL72] a clock that is off by a day is told of, and nothing is lost", async () => {
  const { world, alice, bob } = await acquaintances();
  bob.crash();
  bob.clockOffset = 86_400_000;
  await bob.start();
  await world.pass(1_000);
  assert.ok(Math.abs((bob.view.clockOffMs ?? 0) - 86_400_000) < 10_000);
  await alice.send(bob, "hello");
  await bob.send(alice, "from tomorrow");
  assert.deepEqual(texts(await bob.lines(alice.id)), ["< hello", "> from tomorrow"]);
  bob.crash();
  bob.clockOffset = 0;
  await bob.start();
  await world.pass(1_000);
  assert.equal(bob.view.clockOffMs, undefined);
  await alice.send(bob, "back to today");
  assert.equal(texts(await bob.lines(alice.id)).at(-1), "< back to today");
});

test("[CL80] texts are bounded, and empty ones refused", async () => {
  const { alice, bob } = await acquaintances();
  const problemOf = async (text: string) => {
    const answer = await alice.ask({ kind: "send", to: bob.id, text });
    return answer.ok ? "none" : answer.error.kind;
  };
  assert.equal(await problemOf(" \n "), "text-empty");
  assert.equal(await problemOf("x".repeat(32_769)), "text-too-long");
  assert.equal(await problemOf("x".repeat(32_768)), "none");
  assert.equal(texts(await bob.lines(alice.id)).length, 1);
});

test("[CL81] a new name reaches the contacts, made harmless", async () => {
  const { world, alice, bob } = await acquaintances();
  const answer = await alice.ask({ kind: "rename", name: "Al\u202Eice\u0000 the  Second" });
  assert.ok(answer.ok);
  await world.pass(1_000);
  assert.equal(bob.row(alice)?.name, "Alice the Second");
  assert.ok(notices(await bob.lines(alice.id)).includes("* contact-renamed"));
  const refused = await alice.ask({ kind: "rename", name: "\u202E" });
  assert.deepEqual(refused, { ok: false, error: { kind: "name-invalid" } });
});

test("[CL82] drafts, unread counts, burn times and the verified mark outlive a restart", async () => {
  const { world, alice, bob } = await acquaintances();
  for (const text of ["one", "two", "three"]) await alice.send(bob, text);
  const first = (await bob.conversation(alice.id)).messages.find(({ content }) => content.kind === "text");
  assert.ok(first);
  assert.equal((await bob.conversation(alice.id)).firstUnread, first.key);
  await bob.ask({ kind: "mark-read", in: alice.id, through: first.key });
  await bob.ask({ kind: "draft", in: alice.id, text: "dear alice" });
  await bob.ask({ kind: "set-burn", in: alice.id, burnMs: 3_600_000 });
  await bob.ask({ kind: "verify", in: alice.id, matches: true });
  bob.crash();
  await bob.start();
  await world.pass(1_000);
  const row = bob.row(alice);
  assert.deepEqual([row?.unread, row?.draft, row?.isVerified], [2, "dear alice", true]);
  assert.equal((await bob.conversation(alice.id)).burnMs, 3_600_000);
  await bob.ask({ kind: "mark-read", in: alice.id });
  assert.equal(bob.row(alice)?.unread, 0);
  const numbers = [alice.member?.safetyNumber(bob.id), bob.member?.safetyNumber(alice.id)];
  assert.ok(numbers[0]);
  assert.deepEqual(numbers[0], numbers[1]);
});

test("[CL62] a link whose card was changed on the way leads to nobody", async () => {
  const world = new World();
  const relay = world.relay();
  const alice = await world.person("Alice", relay);
  const bob = await world.person("Bob", relay);
  const card = linkToCard(bob.link);
  assert.ok(card.ok);
  const forged = cardToLink({ ...card.value, accountId: random(32) }, relay.url);
  const answer = await alice.ask({ kind: "add-contact", link: forged });
  assert.ok(answer.ok);
  await world.pass(1_000);
  assert.deepEqual(alice.view.conversations[0]?.problem, { kind: "identity-invalid" });
  assert.equal(bob.view.conversations.length, 0);
});

test("[CL7] a member that was closed asks nothing and answers with a problem", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const { member } = alice;
  assert.ok(member);
  await member.close();
  const dialled = here.dialled.length;
  const answer = await member.ask({ kind: "send", to: bob.id, text: "too late" });
  assert.ok(!answer.ok);
  await world.pass(120_000);
  assert.equal(here.dialled.length, dialled);
});

test("[CL43] a contact added before the own relay was ever reached is approached once it is", async () => {
  const world = new World();
  const here = world.relay();
  const there = world.relay("https://other.example");
  const bob = await world.person("Bob", there);
  here.isUp = false;
  const alice = new Person(world, "Alice", here);
  world.people.push(alice);
  const code = await here.code();
  await createProfile(alice.ports(), { name: "Alice", relayUrl: here.url, code, kind: "cli" });
  await alice.start();
  await alice.add(bob);
  assert.equal(alice.row(bob)?.state, "setting-up");
  await alice.send(bob, "written before anything was reached");
  here.isUp = true;
  await world.pass(120_000);
  assert.equal(alice.row(bob)?.state, "ready");
  assert.equal(bob.view.conversations[0]?.preview?.text, "written before anything was reached");
});
