import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { openDevice } from "@sotto/client-adapters/node";
import {
  createFolder,
  newCode,
  startRelay,
  TERMINAL_PASSPHRASE,
  until,
  type Ended,
  type RelayProcess,
} from "@sotto/testkit/e2e";
import { parseCommand } from "../src/arguments.ts";
import { run } from "../src/commands.ts";
import { acquaint, personCalled, textsOf, type Person } from "./people.ts";

const folder = createFolder();
let relay: RelayProcess;
let alice: Person;
let bob: Person;

before(async () => {
  relay = await startRelay({ data: `${folder.path}/relay` });
  alice = personCalled("Alice", folder.path, relay.url);
  bob = personCalled("Bob", folder.path, relay.url);
  await acquaint(alice, bob, [relay.codes[0] ?? "", relay.codes[1] ?? ""]);
});
after(async () => {
  await relay.stop();
  folder.remove();
});

test("[TC9 DV2] a joined device is its owner's alone, and its link is shown for people and for programs", async () => {
  assert.equal(statSync(dirname(alice.device)).mode & 0o777, 0o700);
  const shown = await alice.run("link");
  assert.match(shown.out, /█[\s\S]*\nhttp:\/\/localhost:\d+\/#c[\w-]+\n$/);
  assert.ok(shown.out.includes(await alice.link()));
});

test("[TC2 TC5] both write and read, each message once and in order, also from standard input", async () => {
  const first = await bob.run("send", "alice", "hello", "--json");
  assert.equal(first.status, 0);
  assert.equal(first.json()[0]?.["mark"], "sent");
  assert.equal((await alice.pipe("hello\nyourself\n", "send", "bob")).status, 0);
  assert.equal((await bob.run("send", "al", "--", "--json is no option here")).status, 0);

  const row = (await alice.run("list", "--json")).json()[0];
  assert.deepEqual([row?.["name"], row?.["unread"], row?.["verified"]], ["Bob", 2, false]);
  const expected = ["< hello", "> hello\nyourself", "< --json is no option here"];
  assert.deepEqual(textsOf(await alice.run("read", "bob", "--json")), expected);
  assert.match(
    (await alice.run("read", "bob", "--count", "2")).out,
    /you: hello\n {6}yourself ✓✓?\n.*Bob: --json/,
  );
  assert.equal((await alice.run("list", "--json")).json()[0]?.["unread"], 0);
});

test("[TC30] [TC31] find prints people and messages with what was looked for, and read goes to where one stands", async () => {
  assert.match(
    (await alice.run("find", "YOURS")).out,
    /^\d{4}-\d\d-\d\d \d\d:\d\d you to Bob: hello «yours»elf\n$/,
  );
  const [hit] = (await bob.run("find", "option", "--in", "alice", "--json")).json();
  assert.deepEqual(
    [hit?.["name"], hit?.["mine"], hit?.["text"]],
    ["Alice", true, "--json is no option here"],
  );
  assert.match((await bob.run("find", "ali")).out, /^[0-9a-f]{8} {2}«Ali»ce\n$/);
  assert.equal((await bob.run("find", "nowhere")).out, "Nothing found.\n");
  assert.equal((await bob.run("find", "hello", "--until", "2020-01-01")).out, "Nothing found.\n");
  const nothing = await bob.run("find", "?!");
  assert.deepEqual([nothing.status, nothing.out], [1, ""]);
  assert.match(nothing.err, /no word/);
  const day = new Date(Number(hit?.["time"]) - 86_400_000).toISOString().slice(0, 10);
  const from = await bob.run("read", "alice", "--at", day, "--count", "2", "--json");
  assert.deepEqual(textsOf(from), ["> hello", "< hello\nyourself"]);
  assert.equal((await bob.run("read", "alice", "--at", "2100-01-01")).out, "");
});

/** The letters that `read` shows before the newest message that says so. */
async function lettersOf(who: Person, of: string, text: string): Promise<string> {
  const line = (await who.run("read", of)).out.split("\n").findLast((one) => one.includes(text)) ?? "";
  return /^\S+ \S+ ([0-9a-f]{6}) /.exec(line)?.[1] ?? assert.fail(`"${text}" has letters before it`);
}

test("[TC15] a message is answered, reacted to, edited and deleted by the letters that name it", async () => {
  await bob.ask("send", "alice", "shall we meet");
  const theirs = await lettersOf(alice, "bob", "shall we meet");
  assert.equal((await alice.run("react", "bob", theirs, "👍")).status, 0);
  assert.equal((await alice.run("reply", "bob", theirs, "at ten")).status, 0);
  const own = await lettersOf(alice, "bob", "at ten");
  assert.equal((await alice.pipe("at eleven\n", "edit", "bob", own)).status, 0);
  const shown = (await bob.run("read", "alice", "--count", "2")).out;
  assert.match(shown, /you: shall we meet 👍/);
  assert.match(shown, /Alice: \[re: shall we meet\] at eleven \(edited\)/);

  assert.equal((await alice.run("forward", "bob", own, "bob")).status, 0);
  assert.match((await bob.run("read", "alice", "--count", "1")).out, /Alice: \[forwarded\] at eleven\n/);

  assert.equal((await alice.run("pin-message", "bob", theirs)).status, 0);
  const pinned = (await bob.run("read", "alice", "--count", "4")).out;
  assert.match(pinned, /you: shall we meet 👍 ✓✓ \(pinned\)/);
  assert.match(pinned, /— the contact pinned a message/);
  assert.equal((await alice.run("unpin-message", "bob", theirs)).status, 0);

  assert.equal((await alice.run("react", "bob", theirs)).status, 0);
  assert.equal((await alice.run("delete", "bob", own)).status, 0);
  const after = (await bob.run("read", "alice", "--count", "9", "--json")).json();
  assert.deepEqual(after.find(({ key }) => String(key).startsWith(theirs))?.["reactions"], []);
  assert.deepEqual(after.find(({ key }) => String(key).startsWith(own))?.["content"], { kind: "deleted" });
});

test("[TC16] what burns from reading says so on both sides, and its writer learns when it was read", async () => {
  assert.equal((await alice.run("send", "bob", "once", "--burn-after-reading", "1h")).status, 0);
  const waiting = (await alice.run("read", "bob", "--count", "1")).out;
  assert.match(waiting, /you: once ✓✓? \(burns 1 hours after reading; you learn when\)/);
  const theirs = (await bob.run("read", "alice", "--count", "1")).out;
  assert.match(theirs, /Alice: once \(burns 1 hours after reading; its writer learns when\)/);
  await bob.run("list"); // tells
  assert.match(
    (await bob.run("read", "alice", "--count", "1")).out,
    /\(read .*; its writer was told; burns /,
  );
  assert.match((await alice.run("read", "bob", "--count", "1")).out, /you: once ✓✓ \(read .*; burns /);
});

test("[TC15] what names no message, more than one, or another's to edit, changes nothing", async () => {
  const theirs = await lettersOf(alice, "bob", "shall we meet");
  for (const [words, says] of [
    [["react", "bob", "zzzz", "👍"], /No message here is called "zzzz"/],
    [["delete", "bob", theirs.slice(0, 3)], /No message here is called/],
    [["edit", "bob", theirs, "shall we not"], /not here any more/],
    [["delete", "bob", theirs], /not here any more/],
    [["react", "bob", theirs, "no"], /not here any more/],
    [["forward", "bob", theirs, "nobody"], /no conversation with "nobody"/],
    [["reply", "nobody", theirs, "x"], /no conversation with "nobody"/],
  ] as const) {
    const { status, err, out } = await alice.run(...words);
    assert.match(err, says);
    assert.deepEqual([status, out], [1, ""]);
  }
});

test("[TC10] follow prints what came meanwhile and then each message as it comes, until it is told to stop", async () => {
  await alice.run("send", "bob", "while away");
  const following = bob.start("follow", "--json");
  await until("the first message", () => following.out().includes("while away"));

  const second = await bob.run("list");
  assert.equal(second.status, 1);
  assert.match(second.err, /in use by another Sotto/);

  await alice.run("send", "bob", "while there");
  await until("the second message", () => following.out().includes("while there"));
  following.child.kill("SIGTERM");
  const ended = await following.ended;
  assert.equal(ended.status, 0);
  assert.deepEqual(textsOf(ended).slice(-2), ["< while away", "< while there"]);
  assert.equal((await bob.run("list", "--json")).json()[0]?.["unread"], 0);
});

test("[TC11] the safety number is the same on both sides, and what was found is kept", async () => {
  const [mine, theirs] = await Promise.all([
    alice.run("verify", "bob", "--json"),
    bob.run("verify", "alice", "--json"),
  ]);
  const { groups } = mine.json()[0] ?? {};
  assert.ok(Array.isArray(groups) && groups.length === 12);
  assert.deepEqual(theirs.json()[0]?.["groups"], groups);
  assert.equal(mine.json()[0]?.["verified"], false);
  assert.match((await alice.run("verify", "bob", "--matches")).out, /You have verified this contact/);
  assert.match((await alice.run("list")).out, /Bob \[verified\]/);
});

test("[TC4 TC6] a device is not opened or made with what is wrong, and the sentence says what", async () => {
  const carol = personCalled("Carol", folder.path, relay.url);
  const used = relay.codes[0] ?? "";
  const mistyped = used.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
  const tries: readonly (readonly [Promise<Ended>, RegExp])[] = [
    [carol.join(mistyped), /mistyped/],
    [carol.runAs("short", "join", used, "--as", "Carol"), /at least 12 characters/],
    [carol.run("list"), /no profile on this device yet/],
    [bob.runAs("not the passphrase", "list"), /does not open this device/],
  ];
  for (const [ended, says] of tries) {
    const { status, err, out } = await ended;
    assert.match(err, says);
    assert.deepEqual([status, out], [1, ""]);
  }
});

test("[TC4] what a person asks for in vain is answered by a sentence, and nothing is shown or sent", async () => {
  const opened = await openDevice({ file: alice.device, passphrase: TERMINAL_PASSPHRASE });
  assert.ok(opened.ok);
  const device = opened.value;
  const link = device.member.view().me.link ?? "";
  for (const [words, says] of [
    [["add", "https://example.org/"], /not a contact link/],
    [["add", `${link.slice(0, -9)}${link.slice(-8)}`], /incomplete or altered/],
    [["add", link], /your own contact link/],
    [["send", "nobody", "hello"], /no conversation with "nobody"/],
    [["send", "bob", " "], /nothing to send/],
    [["send", "bob", "ä".repeat(16_385)], /too long/],
  ] as const) {
    const command = parseCommand(words, {});
    assert.ok(command.ok);
    const printed: string[] = [];
    const streams = {
      out: (line: string) => Promise.resolve(void printed.push(line)),
      input: () => Promise.resolve(""),
      stopped: new AbortController().signal,
    };
    const ended = await run({ command: command.value, device, streams });
    assert.deepEqual(printed, []);
    assert.match(ended.ok ? "" : ended.error, says);
  }
  await device.close();
});

test("[TC8] a refused code leaves a device that joins with the next one, and a joined one stays as it is", async () => {
  const carol = personCalled("Carla", folder.path, relay.url);
  const refused = await carol.join(relay.codes[0] ?? "");
  assert.match(refused.err, /does not accept this activation code/);
  assert.equal(refused.status, 1);
  const code = await newCode(`${folder.path}/relay`);
  assert.equal((await carol.join(code)).status, 0);
  const again = await carol.join(await newCode(`${folder.path}/relay`));
  assert.match(again.err, /There is a profile on this device already/);
  assert.equal((await carol.run("list")).status, 0);
});
