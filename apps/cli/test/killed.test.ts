import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { createFolder, startRelay, type RelayProcess } from "@sotto/testkit/e2e";
import { acquaint, personCalled, textsOf, type Person } from "./people.ts";

const folder = createFolder();
const data = `${folder.path}/relay`;
let relay: RelayProcess;
let alice: Person;
let bob: Person;

before(async () => {
  relay = await startRelay({ data });
  alice = personCalled("Alice", folder.path, relay.url);
  bob = personCalled("Bob", folder.path, relay.url);
  await acquaint(alice, bob, [relay.codes[0] ?? "", relay.codes[1] ?? ""]);
});
after(async () => {
  await relay.stop();
  folder.remove();
});

const own = (texts: readonly string[]): readonly string[] =>
  texts.filter((text) => text.startsWith("> ")).map((text) => text.slice(2));
const theirs = (texts: readonly string[]): readonly string[] =>
  texts.filter((text) => text.startsWith("< ")).map((text) => text.slice(2));
const everything = async (who: Person, of: string): Promise<readonly string[]> =>
  textsOf(await who.run("read", of, "--count", "100", "--json"));

test("[TC5] with the relay killed, send says so, keeps the message, and a later command sends it", async () => {
  assert.equal((await alice.run("send", "bob", "before")).status, 0);
  await relay.kill();
  const kept = await alice.run("send", "bob", "kept", "--timeout", "2");
  assert.equal(kept.status, 1);
  assert.match(kept.err, /relay cannot be reached.*Not sent yet/s);
  const seen = await bob.run("read", "alice", "--json");
  assert.deepEqual(
    [seen.status, textsOf(seen)],
    [1, []],
    "what is there is shown, and that more may be missing",
  );

  relay = await startRelay({ data, port: relay.port });
  assert.equal((await alice.run("list")).status, 0);
  assert.deepEqual(theirs(await everything(bob, "alice")), ["before", "kept"]);
});

test("[TC7] a client killed while it sends loses and doubles nothing that it had taken in", async () => {
  const before = own(await everything(alice, "bob"));
  const told: string[] = [];
  for (const afterMs of [600, 900, 1_100, 1_300, 1_600]) {
    const text = `killed after ${afterMs} ms`;
    const { child, ended } = alice.start("send", "bob", text);
    await Promise.race([ended, sleep(afterMs)]);
    child.kill("SIGKILL");
    if ((await ended).status === 0) told.push(text);
  }
  assert.equal((await alice.run("send", "bob", "last")).status, 0);
  const sent = own(await everything(alice, "bob"));
  for (const text of [...told, "last"]) assert.ok(sent.includes(text), "what it said was sent is there");
  assert.equal(new Set(sent).size, sent.length);
  assert.deepEqual(sent.slice(0, before.length), before);
  assert.deepEqual(theirs(await everything(bob, "alice")), sent);
});
