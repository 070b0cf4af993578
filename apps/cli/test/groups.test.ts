/** Three people in terminals make a group and talk in it. What happens happens once, in the order of this file. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createFolder, newCode, startRelay, type RelayProcess } from "@sotto/testkit/e2e";
import { followedLine, memberLine, messageLine, rowLine } from "../src/output.ts";
import { acquaint, personCalled, textsOf, type Person } from "./people.ts";

const folder = createFolder();
let relay: RelayProcess;
let alice: Person;
let bob: Person;
let carol: Person;

type Row = { readonly name: string; readonly members?: number; readonly state: string };
type Member = {
  readonly name: string;
  readonly role: string;
  readonly self: boolean;
  readonly state: string;
  readonly addedBy?: string;
};
const friday = async (person: Person): Promise<Row | undefined> =>
  (await person.read<Row>("list")).find(({ name }) => name.startsWith("Friday"));
const members = async (person: Person): Promise<readonly string[]> =>
  (await person.read<Member>("group", "members", "friday")).map(({ name, role }) => `${name} ${role}`);

before(async () => {
  relay = await startRelay({ data: `${folder.path}/relay` });
  [alice, bob, carol] = [
    personCalled("Alice", folder.path, relay.url),
    personCalled("Bob", folder.path, relay.url),
    personCalled("Carol", folder.path, relay.url),
  ];
  await acquaint(alice, bob, [relay.codes[0] ?? "", relay.codes[1] ?? ""]);
  const joined = await carol.join(await newCode(`${folder.path}/relay`));
  assert.equal(joined.status, 0, joined.err);
  await carol.ask("add", await alice.link());
  await alice.run("list");
  await carol.run("list");
});
after(async () => {
  await relay.stop();
  folder.remove();
});

test("[TC20] whoever is no contact cannot be in a group, and nothing is made", async () => {
  const nobody = await alice.run("group", "new", "Friday", "bob", "zoe");
  assert.equal(nobody.status, 1);
  assert.match(nobody.err, /no contact called "zoe"/);
  assert.equal(await friday(alice), undefined);
});

test("[TC20 TC22] a group is made, and everybody in it reads who wrote what", async () => {
  const made = await alice.run("group", "new", "Friday", "bob", "carol");
  assert.equal(made.status, 0, made.err);
  assert.match(made.out, /^[0-9a-f]{8} {2}Friday \(3 people\)/);
  for (const person of [bob, carol]) assert.equal((await friday(person))?.members, 3);
  assert.equal((await bob.run("send", "friday", "from the van")).status, 0);
  assert.equal((await alice.run("send", "friday", "from the desk")).status, 0);
  const read = await carol.run("read", "friday", "--json");
  assert.deepEqual(textsOf(read), ["< from the van", "< from the desk"]);
  const authors = read.json().flatMap(({ author }) => (author === undefined ? [] : [author]));
  assert.deepEqual(authors, ["Bob", "Alice"]);
  const lines = (await carol.run("read", "friday")).out;
  assert.match(lines, /Alice added you to this group[\s\S]*Bob: from the van\n.*Alice: from the desk/);
  assert.match((await alice.run("list")).out, /Friday \(3 people\).*Bob: from the van|you|from the desk/);
});

test("[TC21] the list of members says what each may do and who added them", async () => {
  assert.deepEqual(await members(alice), ["Alice owner", "Bob member", "Carol member"]);
  const { out } = await bob.run("group", "members", "friday");
  assert.match(out, /^[0-9a-f]{8} {2}Bob \(you\): member/m);
  assert.match(out, /^[0-9a-f]{8} {2}Carol: member, added by Alice$/m);
});

test("[TC20 TC4] only what one's role allows is done; the sentence says who may", async () => {
  const renamed = await bob.run("group", "rename", "friday", "Saturday");
  assert.deepEqual([renamed.status, renamed.out], [1, ""]);
  assert.match(renamed.err, /Only the owner or an admin/);
  const left = await alice.run("group", "leave", "friday");
  assert.equal(left.status, 1);
  assert.match(left.err, /Make somebody else the owner first: \.\/sotto group role/);
  assert.match((await alice.run("group", "members", "bob")).err, /"bob" is no group/);
  assert.match((await alice.run("group", "remove", "friday", "dan")).err, /nobody else called "dan"/);
  assert.match((await alice.run("verify", "friday")).err, /no safety number of its own/);
});

test("[TC20] an admin is made, renames the group and removes somebody, who reads nothing of what comes", async () => {
  assert.equal((await alice.run("group", "role", "friday", "bob", "admin")).status, 0);
  await bob.run("list");
  const renamed = await bob.run("group", "rename", "friday", "Friday at four");
  assert.equal(renamed.status, 0, renamed.err);
  const removed = await bob.run("group", "remove", "friday", "carol");
  assert.match(removed.out, /Carol cannot read what comes; what they have, they keep until it burns\./);
  assert.equal((await bob.run("send", "friday", "without her")).status, 0);
  const over = await carol.run("read", "friday", "--json");
  assert.ok(!over.out.includes("without her"));
  assert.equal((await friday(carol))?.state, "over");
  assert.match((await carol.run("read", "friday")).out, /Bob removed you: nothing more comes/);
  assert.match((await carol.run("send", "friday", "hello?")).err, /in this group no longer/);
  assert.match((await carol.run("list")).out, /Friday.*\[over: you are in it no longer\]/);
  const heard = (await alice.run("read", "friday")).out;
  assert.match(heard, /you made Bob an admin/);
  assert.match(heard, /Bob renamed the group from "Friday" to "Friday at four"/);
  assert.match(heard, /Bob removed Carol, who cannot read what comes/);
});

test("[TC20] the owner makes another the owner, and leaves", async () => {
  assert.equal((await alice.run("group", "role", "friday", "bob", "owner")).status, 0);
  await bob.run("list");
  const left = await alice.run("group", "leave", "friday");
  assert.equal(left.status, 0, left.err);
  assert.match(left.out, /You left Friday at four\. What you have stays until it burns\./);
  await bob.run("list");
  await bob.run("list");
  assert.deepEqual(await members(bob), ["Bob owner"]);
  assert.match((await bob.run("read", "friday")).out, /Alice left/);
});

test("[TC3 TC22] names of members print no control sequence, and followed lines say where they were said", () => {
  const name = "Zoe\u001b[31m\u202e";
  const message = {
    key: "k",
    mine: false,
    author: name,
    time: Date.UTC(2026, 4, 14, 12),
    mark: undefined,
    problem: undefined,
    burn: undefined,
    quote: { key: "q", mine: false, author: name, text: "before" },
    reactions: [
      { emoji: "👍", mine: false, author: name },
      { emoji: "🙏", mine: true, author: undefined },
    ],
    isChanging: false,
    isReacting: false,
    isPinned: false,
    content: { kind: "text", text: "hello", edits: [] },
  } as const;
  const line = messageLine({ name: "Friday" }, message);
  const safe = "Zoe\ufffd[31m\ufffd";
  assert.ok(line.endsWith(`${safe}: [re ${safe}: before] hello 👍 (${safe}) 🙏`), line);
  const view = {
    id: "f",
    name: "Friday\u202e",
    isVerified: false,
    group: { role: "member", members: [] },
    state: "ready",
    problem: undefined,
    reachability: { kind: "online" },
    relayHost: "relay.example",
    burnMs: 0,
    isAccepted: true,
    draft: "",
    pinned: [],
    messages: [message],
    hasOlder: false,
    hasNewer: false,
    firstUnread: undefined,
  } as const;
  assert.match(followedLine(view, message), /^\d{4}-\d\d-\d\d \d\d:\d\d \[Friday\ufffd\] k Zoe/);
  const member = {
    id: "0123456789",
    name,
    isSelf: false,
    role: "member",
    addedBy: name,
    isVerified: true,
    state: "joining",
    problem: { kind: "link-refused" },
  } as const;
  assert.match(
    memberLine(member),
    /^01234567 {2}Zoe\ufffd\[31m\ufffd: member, added by Zoe.* \[verified\] \[joining\]\n {10}This contact link/,
  );
  const row = {
    id: "0123456789",
    name,
    isVerified: false,
    members: 1,
    unread: 0,
    draft: "",
    preview: { text: "x", author: name, time: 0, mine: false, mark: undefined },
    state: "ready",
    problem: undefined,
    changedAt: 0,
  } as const;
  assert.match(rowLine(row), /\(1 person\).*Zoe\ufffd\[31m\ufffd: x$/);
});
