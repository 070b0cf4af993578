/** Groups: who is in them, who may change them, and what everybody sees. Spec: spec/group.md. */
import assert from "node:assert/strict";
import test from "node:test";
import type { GroupView } from "@sotto/client";
import { openPost, sealPost } from "@sotto/crypto";
import {
  decode,
  decodeReply,
  decodeRequest,
  DEFAULT_POLICY,
  encode,
  encodeReply,
  groupInvitation,
  knockPost,
  linkToCard,
  Secret,
  toHex,
  type GroupInvitation,
  type Knock,
  type Reply,
  type RosterMember,
} from "@sotto/protocol";
import { accountAt } from "../src/group/leaves.ts";
import { groups } from "../src/stored/group.ts";
import { inboxes } from "../src/stored/profile.ts";
import { Person, random, World, type TestRelay } from "./world.ts";

const MINUTE_MS = 60_000;

type Party = { readonly world: World; readonly here: TestRelay; readonly people: readonly Person[] };

/** The first of these people has all the others as contacts. */
async function party(...names: readonly string[]): Promise<Party> {
  const world = new World();
  const here = world.relay();
  const people: Person[] = [];
  for (const name of names) people.push(await world.person(name, here));
  const [host, ...guests] = people as [Person, ...Person[]];
  for (const guest of guests) {
    await host.add(guest);
    await world.pass(1_000);
    const row = guest.view.conversations[0];
    assert.ok(row);
    host.knownAs(row.id);
  }
  return { world, here, people };
}

/** A group of all of them, the first its owner. Its id. */
async function grouped({ world, people }: Party, name = "Desk"): Promise<string> {
  const [host, ...guests] = people as [Person, ...Person[]];
  const answer = await host.ask({ kind: "create-group", name, members: guests.map(({ id }) => id) });
  assert.ok(answer.ok && answer.value.kind === "conversation", JSON.stringify(answer));
  await world.pass(5_000);
  return answer.value.id;
}

/** A group of three, and each of them by name. */
async function trio(name?: string) {
  const all = await party("Alice", "Bob", "Carol");
  const [alice, bob, carol] = all.people as [Person, Person, Person];
  return { ...all, alice, bob, carol, id: await grouped(all, name) };
}

async function groupOf(who: Person, id: string): Promise<GroupView> {
  const { group } = await who.conversation(id);
  return group ?? assert.fail("it is a group");
}
const rolesOf = async (who: Person, id: string): Promise<string> =>
  (await groupOf(who, id)).members
    .map(({ name, role, state }) => `${name} ${role}${state === "in" ? "" : ` ${state}`}`)
    .toSorted()
    .join(", ");
const noticesOf = async (who: Person, id: string): Promise<readonly unknown[]> =>
  (await who.conversation(id)).messages.flatMap(({ content }) =>
    content.kind === "notice" ? [content.notice] : [],
  );
const textsOf = async (who: Person, id: string): Promise<readonly string[]> =>
  (await who.conversation(id)).messages.flatMap(({ content, mine, author }) =>
    content.kind === "text" ? [`${mine ? "me" : (author ?? "?")}: ${content.text}`] : [],
  );

test("[GP1] [GP2] everybody sees the same people, what each wrote, and in the same order", async () => {
  const { world, people, alice, bob, carol, id } = await trio();
  for (const who of people)
    assert.equal(await rolesOf(who, id), "Alice owner, Bob member, Carol member", who.name);
  await alice.send(id, "hello all");
  await world.pass(1_000);
  await bob.send(id, "hello");
  await world.pass(1_000);
  await carol.send(id, "here");
  await world.pass(1_000);
  assert.deepEqual(await textsOf(alice, id), ["me: hello all", "Bob: hello", "Carol: here"]);
  assert.deepEqual(await textsOf(bob, id), ["Alice: hello all", "me: hello", "Carol: here"]);
  assert.deepEqual(await textsOf(carol, id), ["Alice: hello all", "Bob: hello", "me: here"]);
  assert.deepEqual((await alice.lines(id)).at(0), "* group-created");
});

test("[GP5] who is removed is told so, says nothing more there and gets nothing of what follows", async () => {
  const { world, alice, bob, carol, id } = await trio();
  await alice.send(id, "before");
  await world.pass(1_000);
  assert.ok((await alice.ask({ kind: "remove-member", in: id, member: bob.id })).ok);
  await world.pass(1_000);
  await alice.send(id, "between us");
  await world.pass(1_000);
  assert.deepEqual(await textsOf(carol, id), ["Alice: before", "Alice: between us"]);
  assert.deepEqual(await textsOf(bob, id), ["Alice: before"]);
  assert.deepEqual((await noticesOf(bob, id)).at(-1), { kind: "removed", by: "Alice" });
  assert.deepEqual((await noticesOf(carol, id)).at(-1), {
    kind: "member-removed",
    by: "Alice",
    name: "Bob",
  });
  assert.equal((await bob.conversation(id)).state, "over");
  for (const intent of [
    { kind: "send", to: id, text: "still here" },
    { kind: "rename-group", in: id, name: "mine" },
    { kind: "leave-group", in: id },
  ] as const)
    assert.deepEqual(await bob.ask(intent), { ok: false, error: { kind: "group-over" } }, intent.kind);
  bob.crash();
  await bob.start();
  await world.pass(120_000);
  assert.deepEqual(await textsOf(bob, id), ["Alice: before"]);
  assert.equal(await rolesOf(carol, id), "Alice owner, Carol member");
});

test("[GP6] whoever comes later reads what comes later, and all are told who brought them in", async () => {
  const all = await party("Alice", "Bob", "Carol");
  const { world, people } = all;
  const [alice, bob, carol] = people as [Person, Person, Person];
  const id = await grouped({ ...all, people: [alice, bob] });
  await bob.send(id, "early");
  await world.pass(1_000);
  assert.ok((await alice.ask({ kind: "add-members", in: id, members: [carol.id] })).ok);
  await world.pass(5_000);
  await carol.send(id, "thank you");
  await world.pass(1_000);
  assert.deepEqual(await textsOf(bob, id), ["me: early", "Carol: thank you"]);
  assert.deepEqual(await textsOf(carol, id), ["me: thank you"]);
  assert.deepEqual((await noticesOf(bob, id)).at(-1), { kind: "member-added", by: "Alice", name: "Carol" });
  assert.deepEqual(await noticesOf(carol, id), [{ kind: "group-created", by: "Alice" }]);
  assert.equal((await groupOf(bob, id)).members.find(({ name }) => name === "Carol")?.addedBy, "Alice");
});

test("[GP6] who was removed can be brought in again", async () => {
  const { world, alice, bob, carol, id } = await trio();
  await alice.ask({ kind: "remove-member", in: id, member: bob.id });
  await world.pass(1_000);
  await alice.send(id, "without bob");
  await alice.ask({ kind: "add-members", in: id, members: [bob.id] });
  await world.pass(5_000);
  await bob.send(id, "back again");
  await world.pass(1_000);
  assert.equal((await bob.conversation(id)).state, "ready");
  assert.deepEqual(await textsOf(carol, id), ["Alice: without bob", "Bob: back again"]);
  assert.deepEqual(await textsOf(bob, id), ["me: back again"]);
});

test("[GP6] [GP9] who is brought in again before they have read that they were removed is in", async () => {
  const { world, here, people, alice, bob, carol, id } = await trio();
  bob.crash();
  await carol.send(id, "while bob is away");
  await alice.ask({ kind: "remove-member", in: id, member: bob.id });
  await world.pass(1_000);
  await alice.ask({ kind: "add-members", in: id, members: [bob.id] });
  await world.pass(5_000);
  // The invitation is read long before the log.
  bob.tamper = (frame) => {
    const decoded = decodeReply(frame);
    return decoded.ok && decoded.value.body.kind === "opened" ? undefined : frame;
  };
  await bob.start();
  await world.pass(5_000);
  bob.tamper = (frame) => frame;
  here.cutAll();
  await world.pass(20_000);
  await bob.send(id, "back again");
  await world.pass(1_000);
  assert.equal((await bob.conversation(id)).state, "ready");
  assert.deepEqual(await textsOf(carol, id), ["me: while bob is away", "Bob: back again"]);
  assert.deepEqual(await textsOf(bob, id), ["Carol: while bob is away", "me: back again"]);
  for (const who of people)
    assert.equal(await rolesOf(who, id), "Alice owner, Bob member, Carol member", who.name);
});

test("[GP6] who comes in again is not told that what somebody has yet to read was delivered", async () => {
  const { world, alice, bob, carol, id } = await trio();
  carol.crash();
  await bob.send(id, "before");
  await alice.ask({ kind: "remove-member", in: id, member: bob.id });
  await world.pass(1_000);
  await alice.ask({ kind: "add-members", in: id, members: [bob.id] });
  await world.pass(5_000);
  assert.equal((await bob.conversation(id)).state, "ready");
  assert.ok((await bob.lines(id)).includes("> before (sent)"));
  await carol.start();
  await world.pass(5_000);
  assert.deepEqual(await textsOf(carol, id), ["Bob: before"]);
  assert.ok((await bob.lines(id)).includes("> before (delivered)"));
});

test("[GP7] whoever leaves is out at once; an admin takes them out where the owner is away", async () => {
  const all = await party("Alice", "Bob", "Carol", "Dave");
  const { world, people } = all;
  const [alice, bob, carol, dave] = people as [Person, Person, Person, Person];
  const id = await grouped(all);
  await alice.ask({ kind: "set-role", in: id, member: bob.id, role: "admin" });
  await world.pass(5_000);
  assert.deepEqual(await alice.ask({ kind: "leave-group", in: id }), {
    ok: false,
    error: { kind: "group-owner-leaves" },
  });
  alice.crash();
  assert.ok((await carol.ask({ kind: "leave-group", in: id })).ok);
  await world.pass(1_000);
  assert.equal((await carol.conversation(id)).state, "over");
  assert.deepEqual((await noticesOf(carol, id)).at(-1), { kind: "left" });
  assert.equal((await groupOf(dave, id)).members.find(({ name }) => name === "Carol")?.state, "leaving");
  await world.pass(2 * MINUTE_MS);
  assert.equal(await rolesOf(dave, id), "Alice owner, Bob admin, Dave member");
  assert.deepEqual((await noticesOf(dave, id)).at(-1), { kind: "member-left", name: "Carol" });
  await alice.start();
  await world.pass(5_000);
  assert.equal(await rolesOf(alice, id), "Alice owner, Bob admin, Dave member");
});

test("[GP7] [CL77] the draft of a group goes when its writer leaves, and the device is at rest from then on", async () => {
  const { world, carol, id } = await trio();
  assert.ok((await carol.ask({ kind: "draft", in: id, text: "not yet" })).ok);
  assert.ok((await carol.ask({ kind: "leave-group", in: id })).ok);
  assert.deepEqual(carol.records.list("d/"), []);
  await world.pass(2 * DEFAULT_POLICY.burnDefaultMs);
  assert.equal((await carol.conversation(id)).state, "over");
});

test("[GP7] who is taken out before they have read that they left has left, and nothing is amiss", async () => {
  const { world, bob, carol, id } = await trio();
  bob.tamper = () => undefined;
  await bob.ask({ kind: "leave-group", in: id });
  await world.pass(5_000);
  assert.equal(await rolesOf(carol, id), "Alice owner, Carol member");
  bob.crash();
  bob.tamper = (frame) => frame;
  await bob.start();
  await world.pass(5_000);
  assert.deepEqual(
    (await noticesOf(bob, id)).map((one) => (one as { kind: string }).kind),
    ["group-created", "left"],
  );
});

test("[GP5] the relay is told how far somebody read who was removed, so that it can forget", async () => {
  const { world, here, alice, bob, carol, id } = await trio();
  bob.crash();
  await alice.ask({ kind: "remove-member", in: id, member: bob.id });
  await world.pass(5_000);
  alice.crash();
  carol.crash();
  let removedAt = 0;
  bob.tamper = changingEntries((reply) => {
    const last = reply.kind === "page" ? reply.entries.at(-1) : undefined;
    if (last?.kind === "commit") removedAt = last.seq;
    return reply;
  });
  const told: number[] = [];
  here.filter = (frame) => {
    const decoded = decodeRequest(frame);
    if (decoded.ok && decoded.value.body.kind === "ack") told.push(decoded.value.body.through);
    return true;
  };
  await bob.start();
  await world.pass(1_000);
  assert.equal((await bob.conversation(id)).state, "over");
  assert.ok(removedAt > 0 && told.includes(removedAt));
});

test("[GP4] [GP8] an admin acts with the key that was posted; who is an admin no longer has the old one", async () => {
  const all = await party("Alice", "Bob", "Carol", "Dave");
  const { world, people } = all;
  const [alice, bob, carol, dave] = people as [Person, Person, Person, Person];
  const id = await grouped(all);
  const refused = { ok: false, error: { kind: "group-role" } } as const;
  assert.deepEqual(await bob.ask({ kind: "rename-group", in: id, name: "Bobs" }), refused);
  assert.deepEqual(await bob.ask({ kind: "set-role", in: id, member: carol.id, role: "admin" }), refused);
  await alice.ask({ kind: "set-role", in: id, member: bob.id, role: "admin" });
  await world.pass(5_000);
  assert.deepEqual((await noticesOf(bob, id)).at(-1), {
    kind: "role-changed",
    by: "Alice",
    name: undefined,
    role: "admin",
  });
  assert.ok((await bob.ask({ kind: "rename-group", in: id, name: "Newsroom" })).ok);
  assert.ok((await bob.ask({ kind: "remove-member", in: id, member: carol.id })).ok);
  await world.pass(5_000);
  assert.equal(await rolesOf(dave, id), "Alice owner, Bob admin, Dave member");
  assert.equal(dave.view.conversations.find((row) => row.id === id)?.name, "Newsroom");
  assert.deepEqual(await bob.ask({ kind: "set-role", in: id, member: dave.id, role: "admin" }), refused);
  await alice.ask({ kind: "set-role", in: id, member: bob.id, role: "member" });
  await world.pass(5_000);
  assert.deepEqual(await bob.ask({ kind: "rename-group", in: id, name: "Mine" }), refused);
  await alice.ask({ kind: "rename-group", in: id, name: "Desk 2" });
  await world.pass(5_000);
  for (const who of [alice, bob, dave]) {
    assert.equal(await rolesOf(who, id), "Alice owner, Bob member, Dave member", who.name);
    assert.equal((await who.conversation(id)).name, "Desk 2");
  }
});

test("[GP8] the owner makes somebody else it, and can leave then", async () => {
  const { world, alice, bob, carol, id } = await trio();
  await alice.ask({ kind: "set-role", in: id, member: bob.id, role: "owner" });
  await world.pass(5_000);
  assert.equal(await rolesOf(carol, id), "Alice admin, Bob owner, Carol member");
  assert.ok((await alice.ask({ kind: "leave-group", in: id })).ok);
  await world.pass(5_000);
  assert.equal(await rolesOf(carol, id), "Bob owner, Carol member");
  await bob.ask({ kind: "rename-group", in: id, name: "Bobs desk" });
  await world.pass(5_000);
  assert.equal((await carol.conversation(id)).name, "Bobs desk");
});

test("[GP4] nobody is made the owner who is removed with the same Commit", async () => {
  const { world, here, alice, bob, carol, id } = await trio();
  here.isUp = false;
  here.cutAll();
  await world.pass(1_000);
  await alice.ask({ kind: "set-role", in: id, member: carol.id, role: "owner" });
  await alice.ask({ kind: "remove-member", in: id, member: carol.id });
  here.isUp = true;
  await world.pass(2 * MINUTE_MS);
  for (const who of [alice, bob]) assert.equal(await rolesOf(who, id), "Alice owner, Bob member", who.name);
});

test("[GP3] [GP4] whoever has become the owner is no longer on their way out", async () => {
  const { world, here, alice, bob, carol, id } = await trio();
  here.isUp = false;
  here.cutAll();
  // Before it is noticed: the Commit that makes her the owner is made already.
  await alice.ask({ kind: "set-role", in: id, member: carol.id, role: "owner" });
  await alice.ask({ kind: "remove-member", in: id, member: carol.id });
  here.isUp = true;
  await world.pass(2 * MINUTE_MS);
  for (const who of [alice, bob, carol])
    assert.equal(await rolesOf(who, id), "Alice admin, Bob member, Carol owner", who.name);
});

test("[GP3] [GP7] who leaves while they are made the owner is taken out, and whoever made them it is it again", async () => {
  const { world, alice, bob, carol, id } = await trio();
  assert.ok(alice.member && carol.member);
  await Promise.all([
    carol.member.ask({ kind: "leave-group", in: id }),
    alice.member.ask({ kind: "set-role", in: id, member: carol.id, role: "owner" }),
  ]);
  await world.pass(2 * MINUTE_MS);
  for (const who of [alice, bob]) assert.equal(await rolesOf(who, id), "Alice owner, Bob member", who.name);
  assert.equal((await carol.conversation(id)).state, "over");
  await alice.ask({ kind: "rename-group", in: id, name: "Newsroom" });
  await world.pass(5_000);
  assert.equal((await bob.conversation(id)).name, "Newsroom");
});

test("[GP4] two admins act at once, and both have what they wanted", async () => {
  const all = await party("Alice", "Bob", "Carol", "Dave");
  const { world, people } = all;
  const [alice, bob, carol, dave] = people as [Person, Person, Person, Person];
  const id = await grouped(all);
  await alice.ask({ kind: "set-role", in: id, member: bob.id, role: "admin" });
  await world.pass(5_000);
  assert.ok(alice.member && bob.member);
  await Promise.all([
    alice.member.ask({ kind: "rename-group", in: id, name: "Newsroom" }),
    bob.member.ask({ kind: "remove-member", in: id, member: carol.id }),
    alice.member.ask({ kind: "send", to: id, text: "meanwhile" }),
  ]);
  await world.pass(5_000);
  for (const who of [alice, bob, dave]) {
    assert.equal(await rolesOf(who, id), "Alice owner, Bob admin, Dave member", who.name);
    assert.equal((await who.conversation(id)).name, "Newsroom");
  }
  assert.deepEqual(await textsOf(dave, id), ["Alice: meanwhile"]);
});

test("[GP4] what an admin wanted is done after a crash, and with a relay that was away", async () => {
  const { world, here, alice, bob, carol, id } = await trio();
  here.isUp = false;
  here.cutAll();
  await world.pass(1_000);
  await alice.ask({ kind: "remove-member", in: id, member: bob.id });
  await alice.ask({ kind: "rename-group", in: id, name: "Two" });
  assert.equal((await groupOf(alice, id)).members.find(({ name }) => name === "Bob")?.state, "leaving");
  alice.crash();
  await alice.start();
  here.isUp = true;
  await world.pass(2 * MINUTE_MS);
  assert.equal(await rolesOf(carol, id), "Alice owner, Carol member");
  assert.equal((await carol.conversation(id)).name, "Two");
  assert.equal((await bob.conversation(id)).state, "over");
});

test("[GP2] two people of one name are told apart", async () => {
  const all = await party("Alice", "Bob", "Bob");
  const { world, people } = all;
  const [alice, bob, other] = people as [Person, Person, Person];
  const id = await grouped(all);
  await bob.send(id, "it is me");
  await other.send(id, "no, me");
  await world.pass(1_000);
  assert.deepEqual(
    (await textsOf(alice, id)).toSorted(),
    [`Bob (${bob.id.slice(0, 4)}): it is me`, `Bob (${other.id.slice(0, 4)}): no, me`].toSorted(),
  );
});

test("[CL95] [CL89] [GP11] each has one reaction, by name, and only the author edits and deletes", async () => {
  const { world, alice, bob, carol, id } = await trio();
  const key = await alice.send(id, "at ten");
  await world.pass(1_000);
  for (const [who, emoji] of [
    [bob, "👍"],
    [carol, "❤️"],
    [bob, "🙏"],
  ] as const)
    await who.ask({ kind: "react", in: id, key, emoji });
  await bob.ask({ kind: "send", to: id, text: "fine", replyTo: key });
  await world.pass(1_000);
  const gone = { ok: false, error: { kind: "message-gone" } };
  assert.deepEqual(await bob.ask({ kind: "edit", in: id, key, text: "at nine" }), gone);
  assert.deepEqual(await carol.ask({ kind: "delete", in: id, key }), gone);
  const [first, second] = (await carol.conversation(id)).messages.filter(
    ({ content }) => content.kind === "text",
  );
  assert.deepEqual(
    first?.reactions.map(({ emoji, author, mine }) => `${mine ? "me" : author} ${emoji}`),
    ["me ❤️", "Bob 🙏"],
  );
  assert.deepEqual(second?.quote, { key, mine: false, author: "Alice", text: "at ten" });
  await alice.ask({ kind: "delete", in: id, key });
  await world.pass(1_000);
  assert.deepEqual(await textsOf(carol, id), ["Bob: fine"]);
});

test("[GP10] the burn time is for admins to change", async () => {
  const { world, alice, bob, carol, id } = await trio();
  assert.deepEqual(await bob.ask({ kind: "set-burn", in: id, burnMs: 60_000 }), {
    ok: false,
    error: { kind: "group-role" },
  });
  assert.ok((await alice.ask({ kind: "set-burn", in: id, burnMs: 300_000 })).ok);
  await world.pass(1_000);
  assert.equal((await carol.conversation(id)).burnMs, 300_000);
  assert.deepEqual((await noticesOf(carol, id)).at(-1), {
    kind: "burn-changed",
    mine: false,
    by: "Alice",
    burnMs: 300_000,
  });
  await carol.send(id, "gone soon");
  await world.pass(MINUTE_MS);
  assert.deepEqual(await textsOf(bob, id), ["Carol: gone soon"]);
  await world.pass(5 * MINUTE_MS);
  for (const who of [alice, bob, carol]) assert.deepEqual(await textsOf(who, id), []);
});

test("[GP15] a group of too many, of strangers or of nobody that can be reached is not begun", async () => {
  const { people } = await party("Alice", "Bob");
  const [alice, bob] = people as [Person, Person];
  const strangers = Array.from({ length: 100 }, (_, at) => at.toString(16).padStart(64, "0"));
  for (const [members, kind] of [
    [strangers, "group-full"],
    [[bob.id, strangers[0] ?? ""], "member-unreachable"],
    [["nonsense"], "member-unreachable"],
  ] as const)
    assert.deepEqual(await alice.ask({ kind: "create-group", name: "Desk", members }), {
      ok: false,
      error: { kind },
    });
  assert.deepEqual(await alice.ask({ kind: "create-group", name: "\u202e", members: [bob.id] }), {
    ok: false,
    error: { kind: "name-invalid" },
  });
  assert.equal(alice.view.conversations.length, 1);
});

/** Changes entries on their way to a member. */
const changingEntries =
  (change: (reply: Reply) => Reply) =>
  (frame: Uint8Array): Uint8Array => {
    const decoded = decodeReply(frame);
    assert.ok(decoded.ok);
    return encodeReply(decoded.value.number, change(decoded.value.body));
  };
const spoilingCommits = changingEntries((reply) =>
  reply.kind === "pushed" && reply.entry.kind === "commit"
    ? { ...reply, entry: { ...reply.entry, body: random(1_024) } }
    : reply,
);

test("[GP12] a member who cannot read on asks to be taken in again, and nothing they wrote is lost", async () => {
  const { world, people, alice, bob, carol, id } = await trio();
  bob.tamper = spoilingCommits;
  await alice.ask({ kind: "rename-group", in: id, name: "Newsroom" });
  await world.pass(1_000);
  bob.tamper = (frame) => frame;
  assert.ok((await noticesOf(bob, id)).some((one) => (one as { kind: string }).kind === "remade"));
  await bob.send(id, "while it was broken");
  await world.pass(2 * MINUTE_MS);
  await carol.send(id, "all there");
  await world.pass(1_000);
  assert.equal((await bob.conversation(id)).state, "ready");
  assert.equal((await bob.conversation(id)).name, "Newsroom");
  assert.deepEqual(await textsOf(alice, id), ["Bob: while it was broken", "Carol: all there"]);
  assert.deepEqual(await textsOf(bob, id), ["me: while it was broken", "Carol: all there"]);
  for (const who of people)
    assert.equal(await rolesOf(who, id), "Alice owner, Bob member, Carol member", who.name);
});

test("[GP13] an owner who cannot read on makes the channel anew, and everybody and every role comes back", async () => {
  const { world, people, alice, bob, carol, id } = await trio();
  await alice.ask({ kind: "set-role", in: id, member: bob.id, role: "admin" });
  await world.pass(5_000);
  await carol.send(id, "before");
  alice.tamper = spoilingCommits;
  await bob.ask({ kind: "rename-group", in: id, name: "Newsroom" });
  await world.pass(1_000);
  alice.tamper = (frame) => frame;
  await world.pass(3 * MINUTE_MS);
  await carol.send(id, "after");
  await bob.send(id, "after too");
  await world.pass(1_000);
  for (const who of people)
    assert.equal(await rolesOf(who, id), "Alice owner, Bob admin, Carol member", who.name);
  assert.deepEqual(await textsOf(alice, id), ["Carol: before", "Carol: after", "Bob: after too"]);
  await bob.ask({ kind: "rename-group", in: id, name: "Desk again" });
  await world.pass(5_000);
  for (const who of people) assert.equal((await who.conversation(id)).name, "Desk again", who.name);
});

test("[GP3] [GP13] what a member commits who may not is followed by nobody, and they are not asked back", async () => {
  const all = await party("Alice", "Bob", "Carol", "Dave");
  const { world, people } = all;
  const [alice, bob, carol, dave] = people as [Person, Person, Person, Person];
  const id = await grouped(all);
  await alice.send(id, "before");
  await world.pass(1_000);
  // Carol's client believes that Bob is out, and takes him out with its next renewal of keys.
  carol.crash();
  for (const [key, value] of carol.records.kept) {
    if (!key.startsWith(groups.prefix)) continue;
    const read = groups.fromBytes(value);
    assert.ok(read.ok);
    const { roster } = read.value;
    const members = roster.members.filter(({ accountId }) => toHex(accountId) !== bob.id);
    carol.records.kept.set(key, groups.toBytes({ ...read.value, roster: { ...roster, members } }));
  }
  carol.changeEngine = (engine) => ({
    ...engine,
    suite: engine.suite,
    createKeyPackage: engine.createKeyPackage.bind(engine),
    createGroup: engine.createGroup.bind(engine),
    save: engine.save.bind(engine),
    load: engine.load.bind(engine),
    seal: engine.seal.bind(engine),
    open: engine.open.bind(engine),
    join: engine.join.bind(engine),
    exportSecret: engine.exportSecret.bind(engine),
    epochAuthenticator: engine.epochAuthenticator.bind(engine),
    commit(group) {
      const gone = group.members().filter((one) => accountAt(one)?.toHex() === bob.id);
      return engine.commit(group, { kind: "remove", leaves: gone.map(({ leaf }) => leaf) });
    },
  });
  await carol.start();
  for (let count = 0; count <= 50; count++) await carol.send(id, `nothing to see ${count}`);
  await world.pass(5 * MINUTE_MS);
  await bob.send(id, "still here");
  await dave.send(id, "me too");
  await world.pass(1_000);
  for (const who of [alice, bob, dave]) {
    assert.equal(await rolesOf(who, id), "Alice owner, Bob member, Dave member", who.name);
    const texts = await textsOf(who, id);
    assert.deepEqual(
      texts
        .slice(-2)
        .map((line) => line.replace(/^.*: /, ""))
        .toSorted(),
      ["me too", "still here"],
    );
  }
});

/** Numbers of posts that only this test made, later than all others. */
let posted = 1_000_000;

/** Gives these bodies to somebody as posts that came to their inbox, and nothing else that did. */
function posting(who: Person, bodies: readonly Uint8Array[]): void {
  who.tamper = (frame) => {
    const decoded = decodeReply(frame);
    assert.ok(decoded.ok);
    const { body } = decoded.value;
    if (body.kind === "pushed" && body.entry.kind === "post") return undefined;
    if (body.kind !== "page") return frame;
    const others = body.entries.filter(({ kind }) => kind !== "post");
    const posts = bodies.map(
      (one) => ({ kind: "post", seq: ++posted, time: 0, postId: random(16), body: one }) as const,
    );
    return encodeReply(decoded.value.number, { ...body, entries: [...others, ...posts] });
  };
}

/** Opens and seals what is posted to somebody. */
async function inboxOf(who: Person) {
  const link = linkToCard(who.link);
  const stored = inboxes.fromBytes(who.records.kept.get(inboxes.prefix) ?? new Uint8Array());
  assert.ok(link.ok && stored.ok);
  const { value: inbox } = stored;
  const place = { relayId: inbox.endpoint.relayId, inboxId: inbox.inboxId };
  return {
    open: async (body: Uint8Array) => (await openPost(place, inbox, body)) ?? assert.fail("it is for them"),
    async seal(plaintext: Uint8Array): Promise<Uint8Array> {
      const sealed = await sealPost(link.value, new Secret(link.value.shelfKey.slice()), plaintext);
      assert.ok(sealed.ok);
      return sealed.value;
    },
  };
}

/** Everything that is posted to somebody from now on, kept from them. */
function intercepting(who: Person): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  who.tamper = (frame) => {
    const decoded = decodeReply(frame);
    assert.ok(decoded.ok);
    const { body } = decoded.value;
    if (body.kind !== "pushed" || body.entry.kind !== "post") return frame;
    bodies.push(body.entry.body.slice());
    return undefined;
  };
  return bodies;
}

test("[GP9] an invitation that says anything but what is so changes nothing", async () => {
  const all = await party("Alice", "Bob", "Carol");
  const { world, people } = all;
  const [alice, bob, carol] = people as [Person, Person, Person];
  const id = await grouped({ ...all, people: [alice, bob] });
  const posts = intercepting(carol);
  await alice.ask({ kind: "add-members", in: id, members: [carol.id] });
  await world.pass(5_000);
  const inbox = await inboxOf(carol);
  const genuine = decode(groupInvitation, await inbox.open(posts[0] ?? assert.fail("she is invited")));
  assert.ok(genuine.ok);
  const told = genuine.value;
  const [first, second, third] = told.roster.members;
  const [one, two, three] = told.chains;
  assert.ok(first && second && third && one && two && three);
  const rosterOf = (...members: readonly RosterMember[]) => ({ ...told.roster, members });
  const lies: readonly Partial<GroupInvitation>[] = [
    { inviter: second.accountId },
    { roster: rosterOf({ ...first, role: "admin" }, second, third) },
    { roster: rosterOf({ ...first, role: "member" }, { ...second, role: "owner" }, third) },
    { roster: rosterOf(first, second), chains: [one, two] },
    {
      roster: rosterOf(first, second, third, { ...third, accountId: random(32) }),
      chains: [...told.chains, three],
    },
    { chains: [one, three, two] },
    { chains: [one, [{ ...(two[0] ?? assert.fail()), identityKey: random(32) }], three] },
    { start: { ...told.start, epoch: told.start.epoch + 1 } },
    { endpoint: { ...told.endpoint, url: "javascript:alert(1)" } },
    { welcome: random(200) },
  ];
  for (const lie of lies) {
    carol.crash();
    posting(carol, [await inbox.seal(encode(groupInvitation, { ...told, ...lie }))]);
    await carol.start();
    await world.pass(5_000);
    assert.equal(carol.view.conversations.length, 1, Object.keys(lie).join());
  }
  carol.crash();
  posting(carol, [await inbox.seal(encode(groupInvitation, told))]);
  await carol.start();
  await world.pass(5_000);
  assert.equal((await carol.conversation(id)).state, "ready", "the genuine one is followed");
});

test("[GP9] an admin takes nobody who is in the group to another channel of it, and whoever left it nobody does", async () => {
  const { world, alice, bob, carol, id } = await trio();
  await carol.add(bob);
  await world.pass(5_000);
  await alice.ask({ kind: "set-role", in: id, member: bob.id, role: "admin" });
  await world.pass(5_000);
  // Bob's client believes that it is the owner's, and makes the channel anew.
  bob.crash();
  for (const [key, value] of bob.records.kept) {
    if (!key.startsWith(groups.prefix)) continue;
    const read = groups.fromBytes(value);
    assert.ok(read.ok);
    const members = read.value.roster.members.map((one) => ({
      ...one,
      role: toHex(one.accountId) === bob.id ? ("owner" as const) : ("member" as const),
    }));
    const roster = { ...read.value.roster, members };
    bob.records.kept.set(key, groups.toBytes({ ...read.value, roster }));
  }
  await bob.start();
  bob.tamper = spoilingCommits;
  await alice.ask({ kind: "rename-group", in: id, name: "Newsroom" });
  await world.pass(MINUTE_MS);
  bob.tamper = (frame) => frame;
  await world.pass(5 * MINUTE_MS);
  await alice.send(id, "still here");
  await world.pass(1_000);
  assert.deepEqual(await textsOf(carol, id), ["Alice: still here"]);
  assert.equal((await groupOf(carol, id)).members.find(({ name }) => name === "Alice")?.role, "owner");
});

test("[GP14] a knock counts from a device of a member, about the group as it is, and once", async () => {
  const { world, alice, bob, carol, id } = await trio();
  const posts = intercepting(alice);
  bob.tamper = spoilingCommits;
  await alice.ask({ kind: "rename-group", in: id, name: "Newsroom" });
  await world.pass(MINUTE_MS);
  bob.tamper = (frame) => frame;
  const inbox = await inboxOf(alice);
  const read = decode(knockPost, await inbox.open(posts[0] ?? assert.fail("he knocks")));
  assert.ok(read.ok);
  const knock = read.value;
  const card = linkToCard(carol.link);
  assert.ok(card.ok);
  const lies: readonly Partial<Knock>[] = [
    { signature: random(64) },
    { cid: random(32) },
    { groupId: random(32) },
    { epoch: knock.epoch + 1 },
    { card: card.value },
  ];
  for (const lie of lies) {
    alice.crash();
    posting(alice, [await inbox.seal(encode(knockPost, { ...knock, ...lie }))]);
    await alice.start();
    await world.pass(5_000);
    const states = (await groupOf(alice, id)).members.map(({ state }) => state);
    assert.deepEqual(states, ["in", "in", "in"], Object.keys(lie).join());
    assert.equal(alice.records.list("gw/").length, 0);
  }
  const genuine = await inbox.seal(encode(knockPost, knock));
  alice.crash();
  posting(alice, [genuine]);
  await alice.start();
  await world.pass(2 * MINUTE_MS);
  assert.equal((await bob.conversation(id)).state, "ready");
  const added = async (): Promise<number> =>
    (await noticesOf(carol, id)).filter((one) => (one as { kind: string }).kind === "member-added").length;
  const before = await added();
  alice.crash();
  posting(alice, [genuine]);
  await alice.start();
  await world.pass(2 * MINUTE_MS);
  assert.equal(await added(), before, "a knock of before he came in again is of no use");
});

test("[GP16] who lost their device and came back by their kit is in the group again, and the old device is out", async () => {
  const { world, alice, bob, carol, id } = await trio();
  const shown = await bob.ask({ kind: "show-kit" });
  assert.ok(shown.ok && shown.value.kind === "kit");
  assert.ok((await bob.ask({ kind: "finish-kit", withContacts: true })).ok);
  await world.pass(1_000);
  const found = new Person(world, "Bob", bob.relay);
  for (const [key, value] of bob.records.kept) found.records.kept.set(key, value);
  await bob.member?.close();
  bob.crash();
  const again = await world.restore("Bob", bob.relay, shown.value.text);
  assert.ok(again instanceof Person);
  await world.pass(5 * MINUTE_MS);
  world.people.push(found);
  await found.start();
  await carol.send(id, "for Bob himself");
  await world.pass(MINUTE_MS);
  assert.deepEqual(await textsOf(again, id), ["Carol: for Bob himself"]);
  assert.deepEqual(await textsOf(found, id), []);
  assert.equal(await rolesOf(alice, id), "Alice owner, Bob member, Carol member");
});

test("[GP5] [FT1] a file reaches everybody in a group; who was removed sends none, and none that was under way", async () => {
  const { world, here, alice, bob, carol, id } = await trio();
  const file = random(150_000);
  const source = {
    bytes: file.length,
    read: (from: number, length: number) => Promise.resolve(file.slice(from, from + length)),
  };
  const about = {
    to: id,
    source,
    text: "",
    mediaType: "application/pdf",
    name: undefined,
    picture: undefined,
  };
  const sent = await bob.member?.attach(about);
  assert.ok(sent?.ok === true && sent.value.kind === "message");
  const { key } = sent.value;
  await world.pass(5_000);
  for (const who of [alice, carol]) {
    const pieces: Uint8Array[] = [];
    const reading = who.member?.readFile(id, key, (piece) => pieces.push(piece.slice()) > 0);
    await world.pass(2_000);
    assert.deepEqual(await reading, { ok: true, value: undefined }, who.name);
    assert.deepEqual(Buffer.concat(pieces), Buffer.from(file), who.name);
  }
  here.disturb = (method) => (method === "PUT" ? "away" : undefined);
  assert.ok((await bob.member?.attach({ ...about, text: "half way" }))?.ok);
  await world.pass(1_000);
  assert.ok((await textsOf(bob, id)).includes("me: half way"));
  assert.ok((await alice.ask({ kind: "remove-member", in: id, member: bob.id })).ok);
  await world.pass(1_000);
  assert.ok(!(await textsOf(bob, id)).includes("me: half way"));
  assert.deepEqual(bob.records.list("fu/"), []);
  assert.deepEqual(await bob.member?.attach(about), { ok: false, error: { kind: "group-over" } });
});
