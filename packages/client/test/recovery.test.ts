import assert from "node:assert/strict";
import test from "node:test";
import { decodeReply, decodeRequest, encodeReply, kitToText, Secret, textToKit } from "@sotto/protocol";
import { seedToWords } from "@sotto/crypto";
import { contacts, conversations } from "../src/stored/conversation.ts";
import { conversationNumber } from "../src/stored/keys.ts";
import { acquaintances, Person, random } from "./world.ts";

const HOUR = 3_600_000;

async function shownKit(of: Person) {
  const shown = await of.ask({ kind: "show-kit" });
  assert.ok(shown.ok && shown.value.kind === "kit");
  return shown.value;
}

async function withKit(person: Person, withContacts = true) {
  const kit = await shownKit(person);
  assert.ok((await person.ask({ kind: "finish-kit", withContacts })).ok);
  await person.world.pass(1_000);
  return kit;
}

/** Ends the device for good: nobody has what was on it. */
async function lose(person: Person): Promise<void> {
  await person.member?.close();
  person.crash();
}

async function restored(name: string, lost: Person, typed: string): Promise<Person> {
  const person = await lost.world.restore(name, lost.relay, typed);
  if (!(person instanceof Person)) assert.fail(person.kind);
  await person.world.pass(60_000);
  return person;
}

const places = (kept: ReadonlyMap<string, Uint8Array>, wanted: Uint8Array): string[] =>
  [...kept].filter(([, value]) => Buffer.from(value).includes(wanted)).map(([key]) => key);

test("[RK12 RK13] a kit is shown until it is on paper; then its seed is nowhere on the device", async () => {
  const { alice } = await acquaintances();
  const kit = await shownKit(alice);
  assert.deepEqual(await shownKit(alice), kit);
  const read = textToKit(kit.text);
  assert.ok(read.ok);
  const seed = read.value.recoverySeed.expose((bytes) => bytes.slice());
  assert.deepEqual(kit.words, seedToWords(new Secret(seed.slice())));
  assert.deepEqual(places(alice.records.kept, seed), ["identity"]);
  assert.deepEqual(alice.view.me.kit, { kind: "none" });
  await withKit(alice);
  assert.deepEqual(places(alice.records.kept, seed), []);
  const refused = { ok: false, error: { kind: "kit-made" } };
  assert.deepEqual(await alice.ask({ kind: "show-kit" }), refused);
  assert.deepEqual(await alice.ask({ kind: "finish-kit", withContacts: true }), refused);
  alice.crash();
  await alice.start();
  assert.equal(alice.view.me.kit.kind, "made");
});

test("[RK14] the backup is with the relay once the kit is made, and again after a contact more", async () => {
  const { world, here, alice } = await acquaintances();
  await withKit(alice);
  const { kit } = alice.view.me;
  assert.ok(kit.kind === "made" && kit.withContacts);
  assert.ok(kit.keptAt !== undefined && kit.keptAt <= world.now);
  const carol = await world.person("Carol", here);
  await world.pass(HOUR);
  await alice.add(carol);
  await world.pass(HOUR);
  const after = alice.view.me.kit;
  assert.ok(after.kind === "made" && after.keptAt !== undefined && after.keptAt > kit.keptAt);
});

test("[RK6 RK14] more contacts than any backup holds: the newest are kept, and nothing breaks", async () => {
  const { world, alice, bob } = await acquaintances();
  const [number = ""] = alice.records.list(conversations.prefix);
  const known = conversations.fromBytes(alice.records.kept.get(number) ?? new Uint8Array());
  assert.ok(known.ok);
  for (let at = 1; at <= 1_030; at++) {
    const id = conversationNumber(at);
    const one = { ...known.value, accountId: random(32), channels: [], via: undefined };
    alice.records.kept.set(conversations.prefix + id, conversations.toBytes(one));
    alice.records.kept.set(contacts.prefix + id, alice.records.kept.get(`${contacts.prefix}00000000`)!);
  }
  alice.crash();
  await alice.start();
  await withKit(alice);
  assert.ok(alice.view.me.kit.kind === "made" && alice.view.me.kit.keptAt !== undefined);
  await alice.send(bob, "still at work");
  await world.pass(1_000);
  assert.ok((await bob.lines(alice.id)).includes("< still at work"));
});

test("[RK15] a first backup whose answer is lost is put again, costs one token, and is confirmed", async () => {
  const { world, here, alice } = await acquaintances();
  const tokens = alice.view.me.conversationsLeft;
  await shownKit(alice);
  alice.tamper = () => undefined; // the relay hears her, and she hears nothing
  await alice.ask({ kind: "finish-kit", withContacts: true });
  await world.pass(1_000);
  here.cutAll();
  assert.deepEqual(alice.view.me.kit, { kind: "made", withContacts: true, keptAt: undefined });
  alice.crash();
  alice.tamper = (frame) => frame;
  await alice.start();
  await world.pass(2 * 60_000);
  assert.ok(alice.view.me.kit.kind === "made" && alice.view.me.kit.keptAt !== undefined);
  assert.equal(alice.view.me.conversationsLeft, tokens - 1);
});

test("[RK16] the backup goes over a connection of its own, which ends with its purpose", async () => {
  const { here, alice } = await acquaintances();
  let puts = 0;
  here.filter = (frame) => {
    const request = decodeRequest(frame);
    if (request.ok && request.value.body.kind === "backupPut") puts += 1;
    return true;
  };
  const before = here.cuts.size;
  await withKit(alice);
  assert.equal(puts, 1);
  assert.equal(here.dialled.filter((circuit) => circuit === "backup").length, 1);
  assert.equal(here.cuts.size, before);
});

for (const [form, typedOf] of [
  ["text", (kit: { text: string }) => kit.text],
  ["words", (kit: { words: readonly string[] }) => kit.words.join(" ")],
] as const)
  test(`[RK17 RK18] an account comes back from its kit's ${form}, and its contacts with it`, async () => {
    const { world, alice, bob } = await acquaintances();
    await bob.ask({ kind: "verify", in: alice.id, matches: true });
    await alice.send(bob, "before");
    const kit = await withKit(alice);
    await lose(alice);
    await bob.send(alice, "while you were away");
    const again = await restored("Alice", alice, typedOf(kit));
    again.knownAs(alice.id);
    assert.equal(again.row(bob)?.state, "ready");
    assert.equal(bob.view.conversations.length, 1);
    assert.equal(bob.row(alice)?.isVerified, false, "her keys are new: to be compared again");
    await again.send(bob, "back again");
    await bob.send(alice, "welcome");
    await world.pass(60_000);
    const hers = await again.lines(bob.id);
    assert.ok(!hers.some((line) => line.includes("before")), "a backup holds no history");
    const said = (lines: readonly string[], who: string) => lines.filter((line) => line.startsWith(who));
    assert.deepEqual(said(hers, "<"), ["< while you were away", "< welcome"]);
    const his = await bob.lines(alice.id);
    assert.deepEqual(said(his, "*"), ["* started", "* identity-changed"]);
    assert.deepEqual(said(his, "<"), ["< before", "< back again"]);
    assert.deepEqual(said(his, ">"), ["> while you were away (delivered)", "> welcome (delivered)"]);
    assert.ok(again.view.me.kit.kind === "made" && again.view.me.kit.keptAt !== undefined);
  });

test("[CL36] the lost device's channel is left: whoever has it is told nothing more", async () => {
  const { world, alice, bob } = await acquaintances();
  const kit = await withKit(alice);
  await alice.send(bob, "last word");
  const found = new Person(world, "Alice", alice.relay);
  for (const [key, value] of alice.records.kept) found.records.kept.set(key, value);
  await lose(alice);
  const again = await restored("Alice", alice, kit.text);
  again.knownAs(alice.id);
  world.people.push(found);
  await found.start();
  await bob.send(alice, "for her eyes");
  await world.pass(60_000);
  assert.ok((await again.lines(bob.id)).includes("< for her eyes"));
  assert.ok(!(await found.lines(bob.id)).some((line) => line.includes("for her eyes")));
  await found.send(bob, "it is me");
  await world.pass(60_000);
  assert.ok(!(await bob.lines(alice.id)).some((line) => line.includes("it is me")));
});

test("[RK17] without contacts chosen, a kit brings the account back alone, and its own link works", async () => {
  const { world, alice, bob } = await acquaintances();
  const kit = await withKit(alice, false);
  await lose(alice);
  const again = await restored("Alice", alice, kit.text);
  assert.deepEqual(again.view.conversations, []);
  again.knownAs(alice.id);
  await bob.send(alice, "hello?");
  await again.add(bob);
  await world.pass(60_000);
  assert.ok((await again.lines(bob.id)).includes("< hello?"));
});

test("[RK17] an account is taken over more than once with one kit", async () => {
  const { alice, bob } = await acquaintances();
  const kit = await withKit(alice);
  await lose(alice);
  const second = await restored("Alice", alice, kit.text);
  await lose(second);
  const third = await restored("Alice", alice, kit.text);
  third.knownAs(alice.id);
  await third.send(bob, "third time");
  await third.world.pass(60_000);
  assert.ok((await bob.lines(alice.id)).includes("< third time"));
});

test("[RK17] a kit that is none, a relay without its backup or with a false one: said, and nothing is kept", async () => {
  const { world, here, alice } = await acquaintances();
  const { text } = await shownKit(alice);
  assert.deepEqual(await world.restore("Alice", here, text), { kind: "backup-missing" });
  await withKit(alice);
  const words = "abandon ".repeat(23);
  const cases: readonly (readonly [string, object])[] = [
    ["sotto-kit:AAAA", { kind: "kit-damaged" }],
    [words, { kind: "kit-word-count", found: 23 }],
    [`${words} sotto`, { kind: "kit-word-unknown", at: 24 }],
    [`${words} zoo`, { kind: "kit-words-mixed" }],
    [`${words} art`, { kind: "backup-missing" }],
  ];
  for (const [typed, problem] of cases) assert.deepEqual(await world.restore("Alice", here, typed), problem);
  const read = textToKit(text);
  assert.ok(read.ok);
  const other = kitToText({ ...read.value, accountId: random(32) });
  assert.deepEqual(await world.restore("Alice", here, other), { kind: "backup-invalid" });
  here.isUp = false;
  assert.deepEqual(await world.restore("Alice", here, text), { kind: "relay-unreachable" });
});

/** The backup as it is, under the highest number there can be. */
function lastNumber(frame: Uint8Array): Uint8Array {
  const reply = decodeReply(frame);
  if (!reply.ok || reply.value.body.kind !== "backup") return frame;
  return encodeReply(reply.value.number, { ...reply.value.body, number: Number.MAX_SAFE_INTEGER });
}

test("[RK15] a relay that names ever higher numbers is asked once a minute, and never past the last", async () => {
  const { world, here, alice } = await acquaintances();
  let puts = 0;
  here.filter = (frame) => {
    const request = decodeRequest(frame);
    if (request.ok && request.value.body.kind === "backupPut") puts += 1;
    return true;
  };
  let detail = 10;
  alice.tamper = (frame) => {
    const reply = decodeReply(frame);
    const isAnswer = reply.ok && puts > 0 && reply.value.number === 2 && reply.value.body.kind === "done";
    return isAnswer ? encodeReply(2, { kind: "refused", code: "exists", detail }) : frame;
  };
  await alice.ask({ kind: "finish-kit", withContacts: true });
  await world.pass(5 * 60_000);
  assert.ok(puts >= 2 && puts <= 6, `${puts} puts in five minutes`);
  detail = Number.MAX_SAFE_INTEGER;
  await world.pass(10 * 60_000);
  const before = puts;
  await world.pass(60 * 60_000);
  assert.ok(puts - before <= 1);
  assert.equal(
    (await alice.ask({ kind: "rename", name: "Alicia" })).ok,
    true,
    "and goes on with everything else",
  );
});

test("[RK17] a relay that answers with another backup, or nothing, is seen through", async () => {
  const { world, here, alice } = await acquaintances();
  const { text } = await withKit(alice);
  const forged = encodeReply(2, { kind: "backup", number: 1, sealed: random(65_536) });
  const answers: readonly (readonly [(frame: Uint8Array) => Uint8Array | undefined, string])[] = [
    [(frame) => (frame[4] === 2 ? forged : frame), "backup-invalid"],
    [(frame) => (frame[4] === 2 ? undefined : frame), "relay-unreachable"],
    [(frame) => (frame[4] === 1 ? random(40) : frame), "relay-unreachable"],
    [lastNumber, "backup-invalid"],
  ];
  for (const [tamper, kind] of answers)
    assert.deepEqual(await world.restore("Alice", here, text, tamper), { kind });
});
