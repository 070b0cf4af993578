/** Finding messages and people, and going where they stand. Spec: spec/finding.md. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Query, SearchView } from "@sotto/client";
import { encode, textContent, toHex } from "@sotto/protocol";
import { FOUND_PAGE, QUERY_CHARS_MAX, QUERY_WORDS_MAX } from "../src/finding/finder.ts";
import { itemId } from "../src/channel/place.ts";
import { items, seenIds } from "../src/stored/message.ts";
import { acquaintances, random, type Person, type World } from "./world.ts";

type Searching = {
  /** The newest that was shown. */
  view(): SearchView;
  find(query: Query): Promise<SearchView>;
  more(): Promise<SearchView>;
  close(): void;
};

async function searching(who: Person): Promise<Searching> {
  const shown: SearchView[] = [];
  const search = await who.member?.openSearch((view) => void shown.push(view));
  assert.ok(search);
  const view = (): SearchView => shown.at(-1) ?? assert.fail("something was shown");
  return {
    view,
    async find(query) {
      await search.find(query);
      await who.member?.idle();
      return view();
    },
    async more() {
      await search.more();
      return view();
    },
    close: () => search.close(),
  };
}

/** Of a search that is opened for it. */
async function found(who: Person, query: Query | string): Promise<readonly string[]> {
  const search = await searching(who);
  const view = await search.find(typeof query === "string" ? { text: query } : query);
  search.close();
  return textsIn(view);
}
const textsIn = ({ messages }: SearchView): readonly string[] =>
  messages.map(({ pieces }) => pieces.map(({ text }) => text).join(""));
const namesIn = ({ people }: SearchView): readonly string[] =>
  people.map(({ pieces }) => pieces.map(({ text }) => text).join(""));

async function tell(world: World, from: Person, to: Person, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await from.send(to, text);
    await world.pass(1_000);
  }
}

test("[FN1] messages of both sides are found by all of their words, by name and word, and after a restart", async () => {
  const { world, alice, bob } = await acquaintances();
  await tell(world, alice, bob, ["at the market", "at the corner of the market at four"]);
  await tell(world, bob, alice, ["which market", "bob is my name"]);
  for (let round = 0; round < 2; round++) {
    const [here, there] = ["at the corner of the market at four", "at the market"];
    assert.deepEqual(await found(alice, "market"), ["which market", here, there]);
    assert.deepEqual(await found(alice, "market four"), [here]);
    assert.deepEqual(await found(alice, "market five"), []);
    assert.deepEqual(await found(alice, "bob market"), ["which market", here, there]);
    assert.deepEqual(await found(alice, "bob"), ["bob is my name"], "a name alone finds the person");
    assert.deepEqual(await found(bob, "alice four"), [here]);
    alice.crash();
    await alice.start();
  }
});

test("[FN1] people are found by their names", async () => {
  const { world, alice, bob } = await acquaintances();
  await bob.ask({ kind: "rename", name: "Béla Østergaard" });
  await world.pass(1_000);
  const search = await searching(alice);
  for (const text of ["bela", "ost", "øst bel"])
    assert.deepEqual(namesIn(await search.find({ text })), ["Béla Østergaard"]);
  assert.deepEqual(namesIn(await search.find({ text: "bela x" })), []);
  const [person] = (await search.find({ text: "oster" })).people;
  assert.equal(person?.id, bob.id);
  assert.deepEqual(person.pieces, [
    { text: "Béla ", isMatch: false },
    { text: "Øster", isMatch: true },
    { text: "gaard", isMatch: false },
  ]);
});

test("[FN2] [FN11] what burns is not found, and leaves an open screen of results", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 300_000 });
  await world.pass(1_000);
  await tell(world, alice, bob, ["only for a while"]);
  const searches = [await searching(alice), await searching(bob)];
  for (const search of searches) assert.equal((await search.find({ text: "while" })).messages.length, 1);
  await world.pass(310_000);
  for (const search of searches) assert.deepEqual(search.view().messages, []);
  for (const who of [alice, bob]) assert.deepEqual(await found(who, "while"), []);
});

test("[FN2] after a sleep nothing is found that burnt meanwhile", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 300_000 });
  await world.pass(1_000);
  await tell(world, alice, bob, ["only for a while"]);
  const search = await searching(bob);
  assert.equal((await search.find({ text: "while" })).messages.length, 1);
  world.now += 310_000; // no alarm has rung
  assert.deepEqual((await search.find({ text: "while" })).messages, []);
});

test("[FN2] [FN11] a deleted message is not found by either side, nor an edited one by its old words", async () => {
  const { world, alice, bob } = await acquaintances();
  const edited = await alice.send(bob, "at the market");
  const deleted = await alice.send(bob, "at the harbour");
  await world.pass(1_000);
  const searches = [await searching(alice), await searching(bob)];
  for (const search of searches) assert.equal((await search.find({ text: "at the" })).messages.length, 2);
  await alice.ask({ kind: "edit", in: bob.id, key: edited, text: "at the station" });
  await alice.ask({ kind: "delete", in: bob.id, key: deleted });
  await world.pass(1_000);
  for (const search of searches) {
    assert.deepEqual(textsIn(search.view()), ["at the station"]);
    for (const text of ["market", "harbour"]) assert.deepEqual((await search.find({ text })).messages, []);
    assert.deepEqual(textsIn(await search.find({ text: "station" })), ["at the station"]);
  }
});

test("[FN2] when a full device erases what burnt, it is not found either", async () => {
  const { world, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 300_000 });
  await world.pass(1_000);
  await tell(world, alice, bob, ["only for a while"]);
  const search = await searching(bob);
  assert.equal((await search.find({ text: "while" })).messages.length, 1);
  bob.records.isFull = true;
  await world.pass(310_000);
  assert.deepEqual((await search.find({ text: "while" })).messages, []);
});

test("[FN1] [FN11] what waits for the relay is found, and stays found once it is there", async () => {
  const { world, here, alice, bob } = await acquaintances();
  await tell(world, alice, bob, ["first market"]);
  here.isUp = false;
  here.cutAll();
  await world.pass(1_000);
  const search = await searching(alice);
  const key = await alice.send(bob, "second market");
  assert.deepEqual(textsIn(await search.find({ text: "market" })), ["second market", "first market"]);
  await alice.ask({ kind: "edit", in: bob.id, key, text: "second harbour" });
  assert.deepEqual(textsIn(search.view()), ["first market"]);
  assert.deepEqual(textsIn(await search.find({ text: "second" })), ["second harbour"]);
  here.isUp = true;
  await world.pass(120_000);
  assert.deepEqual(textsIn(search.view()), ["second harbour"]);
  assert.equal(search.view().messages[0]?.key, key);
});

/** Older messages in the conversation, without the hours that exchanging them would take. */
async function fill(who: Person, id: string, texts: readonly string[]): Promise<void> {
  const [newest] = who.records.list(items.prefix, { reverse: true, limit: 1 });
  const value = await who.records.get(newest ?? "");
  const known = value && items.fromBytes(value);
  assert.ok(known?.ok && known.value.kind === "message" && id !== "");
  const message = known.value;
  const number = (newest ?? "").slice(items.prefix.length, items.prefix.length + 8);
  const writes = texts.flatMap((text, at) => {
    const receivedAt = message.receivedAt - (texts.length - at) * 60_000;
    const messageId = random(16);
    const itemKey = itemId(number, receivedAt, { cid: toHex(message.cid), seq: message.seq, isMine: false });
    const content = encode(textContent, { text });
    const older = { ...message, mine: false, messageId, receivedAt, sentAt: receivedAt, content };
    return [
      { key: items.prefix + itemKey, value: items.toBytes(older) },
      { key: `${seenIds.prefix}${number}/${toHex(messageId)}`, value: seenIds.toBytes({ itemKey }) },
    ];
  });
  assert.ok((await who.records.commit(writes)).ok);
}

async function withMany(count: number) {
  const { world, alice, bob } = await acquaintances();
  await tell(world, bob, alice, ["the newest of all"]);
  await fill(
    alice,
    bob.id,
    Array.from({ length: count }, (_, at) => `number ${at} of many`),
  );
  alice.crash();
  await alice.start();
  return { world, alice, bob };
}

test("[FN1] [FN11] what is said with a file is found while it is on its way, and once it is there", async () => {
  const { world, here, alice, bob } = await acquaintances();
  here.disturb = (method) => (method === "PUT" ? "away" : undefined);
  const search = await searching(alice);
  const source = { bytes: 3, read: () => Promise.resolve(Uint8Array.of(1, 2, 3)) };
  const about = { source, text: "plan of the market", mediaType: "application/pdf" };
  assert.ok((await alice.member?.attach({ to: bob.id, ...about, name: undefined, picture: undefined }))?.ok);
  await world.pass(1_000);
  assert.deepEqual(textsIn(await search.find({ text: "market" })), ["plan of the market"]);
  assert.deepEqual(await found(bob, "market"), []);
  here.disturb = () => undefined;
  await world.pass(60_000);
  assert.deepEqual(textsIn(search.view()), ["plan of the market"]);
  assert.deepEqual(await found(bob, "market"), ["plan of the market"]);
});

test("[FN5] results come newest first, a page at a time, each with its time and what was found marked", async () => {
  const { alice, bob } = await withMany(70);
  const search = await searching(alice);
  const first = await search.find({ text: "MANY num" });
  assert.equal(first.messages.length, FOUND_PAGE);
  assert.equal(first.hasMore, true);
  assert.deepEqual(textsIn(first).slice(0, 2), ["number 69 of many", "number 68 of many"]);
  const [newest] = first.messages;
  assert.ok(newest !== undefined && newest.time < Date.now() && newest.burn !== undefined);
  assert.deepEqual([newest.in, newest.name, newest.mine], [bob.id, "Bob", false]);
  assert.deepEqual(
    newest.pieces.filter(({ isMatch }) => isMatch).map(({ text }) => text),
    ["num", "many"],
  );
  assert.equal((await search.more()).messages.length, 2 * FOUND_PAGE);
  const all = await search.more();
  assert.deepEqual([all.messages.length, all.hasMore], [70, false]);
});

test("[FN6] within one conversation, and from and until a time, then without a text too", async () => {
  const { world, here, alice, bob } = await acquaintances();
  const carol = await world.person("Carol", here);
  await alice.add(carol);
  await world.pass(1_000);
  await tell(world, alice, bob, ["market with bob"]);
  const between = world.now;
  await tell(world, alice, carol, ["market with carol"]);
  assert.deepEqual(await found(alice, "market"), ["market with carol", "market with bob"]);
  assert.deepEqual(await found(alice, { text: "market", in: bob.id }), ["market with bob"]);
  assert.deepEqual(await found(alice, { text: "market", in: "00".repeat(32) }), []);
  assert.deepEqual(await found(alice, { text: "market", since: between }), ["market with carol"]);
  assert.deepEqual(await found(alice, { text: "", until: between }), ["market with bob"]);
  assert.deepEqual(await found(alice, { text: "", in: carol.id, until: between }), []);
  assert.deepEqual(await found(alice, { text: "?", until: between }), []);
});

test("[FN7] what says nothing finds nothing, and too much is refused", async () => {
  const { world, alice, bob } = await acquaintances();
  await tell(world, bob, alice, ["w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15 w16", "… ‮!"]);
  const search = await searching(alice);
  for (const text of ["", "  ", "?!", "\u202e\u2066\u200b", "\u0301"])
    assert.equal((await search.find({ text })).state, "empty", JSON.stringify(text));
  for (const text of ["a".repeat(10_000), "!".repeat(QUERY_CHARS_MAX + 1), "a ".repeat(5_000)])
    assert.equal((await search.find({ text })).state, "too-long");
  assert.equal((await search.find({ text: "!".repeat(QUERY_CHARS_MAX) })).state, "empty");
  const words = Array.from({ length: QUERY_WORDS_MAX + 1 }, (_, at) => `w${at}`);
  assert.equal((await search.find({ text: words.join(" ") })).state, "too-long");
  const most = await search.find({ text: words.slice(1).join(" ") });
  assert.deepEqual([most.state, most.messages.length], ["found", 1]);
  assert.equal(
    (await search.find({ text: "w1 ".repeat(300) })).messages.length,
    1,
    "the same word is one word",
  );
});

test("[FN8] a search writes nothing, and nothing is found once the profile is closed", async () => {
  const { alice } = await withMany(1_200);
  const before = new Map(alice.records.kept);
  const commits = alice.records.commits;
  const search = await searching(alice);
  await search.find({ text: "secret query" });
  assert.equal((await search.find({ text: "number 1199" })).messages.length, 1);
  assert.equal(alice.records.commits, commits);
  assert.deepEqual(alice.records.kept, before);
  const { member } = alice;
  await member?.close();
  assert.equal(await member?.openSearch(() => assert.fail("it is closed")), undefined);
});

test("[FN8] while what is kept is being read the results say so, and then are complete", async () => {
  const { alice } = await withMany(1_200);
  const shown: SearchView[] = [];
  const search = await alice.member?.openSearch((view) => void shown.push(view));
  await search?.find({ text: "1199 many" });
  assert.equal(shown[0]?.isReading, true);
  await alice.member?.idle();
  assert.equal(shown.at(-1)?.isReading, false);
  assert.deepEqual(shown.at(-1)?.messages.length, 1);
});

test("[FN10] a conversation is shown around a message and from a time on, and grows both ways", async () => {
  const { alice, bob } = await withMany(400);
  const search = await searching(alice);
  const [hit] = (await search.find({ text: "200 many" })).messages;
  assert.ok(hit);
  const views: { hasOlder: boolean; hasNewer: boolean; texts: readonly string[] }[] = [];
  const window = await alice.member?.openConversation(bob.id, ({ messages, hasOlder, hasNewer }) => {
    const texts = messages.flatMap(({ content }) => (content.kind === "text" ? [content.text] : []));
    views.push({ hasOlder, hasNewer, texts });
  });
  assert.ok(window);
  const last = () => views.at(-1) ?? assert.fail("something is shown");
  assert.equal(last().hasNewer, false);
  assert.equal(await window.goTo({ kind: "message", key: hit.key }), hit.key);
  assert.deepEqual([last().hasOlder, last().hasNewer], [true, true]);
  const at = last().texts.indexOf("number 200 of many");
  assert.deepEqual([at, last().texts.length], [50, 100]);
  await window.loadOlder();
  assert.deepEqual([last().texts[0], last().texts.at(-1)], ["number 50 of many", "number 249 of many"]);
  await window.loadNewer();
  await window.loadNewer();
  assert.deepEqual([last().hasNewer, last().texts.at(-1)], [false, "the newest of all"]);

  const day = await window.goTo({ kind: "at", time: hit.time });
  assert.equal(day, hit.key);
  assert.equal(await window.goTo({ kind: "at", time: 0 }), await firstKey(alice, bob));
  assert.equal(last().hasOlder, false);
  assert.equal(await window.goTo({ kind: "at", time: Date.now() * 2 }), undefined);
  assert.equal(last().texts.at(-1), "the newest of all");
  for (const key of ["00".repeat(16), "", "../", "x".repeat(10_000)])
    assert.equal(await window.goTo({ kind: "message", key }), undefined);
  await window.goTo({ kind: "message", key: hit.key });
  await window.goTo({ kind: "newest" });
  assert.deepEqual([last().hasNewer, last().texts.length], [false, 100]);
});

/** Of the oldest that the conversation shows. */
async function firstKey(who: Person, other: Person): Promise<string | undefined> {
  let first: string | undefined;
  const window = await who.member?.openConversation(other.id, ({ messages }) => (first = messages[0]?.key));
  for (let count = 0; count < 6; count++) await window?.loadOlder();
  window?.close();
  return first;
}

test("[FN10] what waits and what burnt meanwhile: the newest is shown", async () => {
  const { world, here, alice, bob } = await acquaintances();
  await alice.ask({ kind: "set-burn", in: bob.id, burnMs: 300_000 });
  await world.pass(1_000);
  await tell(world, alice, bob, ["goes soon"]);
  const search = await searching(alice);
  const [gone] = (await search.find({ text: "soon" })).messages;
  here.isUp = false;
  here.cutAll();
  await world.pass(310_000);
  const waits = await alice.send(bob, "waits");
  const window = await alice.member?.openConversation(bob.id, () => undefined);
  assert.equal(await window?.goTo({ kind: "message", key: gone?.key ?? "" }), undefined);
  assert.equal(await window?.goTo({ kind: "message", key: waits }), waits);
});
