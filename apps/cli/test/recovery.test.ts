import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createFolder, newCode, startRelay, type RelayProcess } from "@sotto/testkit/e2e";
import { acquaint, personCalled, type Person } from "./people.ts";

const folder = createFolder();
const data = join(folder.path, "relay");
let relay: RelayProcess;
let alice: Person;
let bob: Person;
let words: readonly string[];

before(async () => {
  relay = await startRelay({ data });
  alice = personCalled("Alice", folder.path, relay.url);
  bob = personCalled("Bob", folder.path, relay.url);
  await acquaint(alice, bob, [await newCode(data), await newCode(data)]);
});
after(async () => {
  await relay.stop();
  folder.remove();
});

/** A terminal that is given a kit to read back. */
function holding(kit: string, name = "Alice"): Person {
  process.env["SOTTO_KIT"] = kit;
  const person = personCalled(name, folder.path, relay.url);
  delete process.env["SOTTO_KIT"];
  return person;
}

test("[TC14 RK12] a kit is printed, read back from paper, and then shown no more", async () => {
  const [kit] = await alice.read<{ words: readonly string[] }>("kit");
  assert.ok(kit?.words.length === 24);
  ({ words } = kit);
  assert.match(await alice.ask("kit"), /^ 1 \w+/m);
  const short = await holding(words.slice(1).join(" ")).run("kit", "--done");
  assert.match(short.err, /has 24 words; these are 23/);
  const another = await holding(`${"abandon ".repeat(23)}art`).run("kit", "--done");
  assert.match(another.err, /another recovery kit/);
  await holding(words.join(" ")).ask("kit", "--done");
  assert.match((await alice.run("kit")).err, /cannot show it again/);
});

test("[TC14 RK17 RK18] on another machine the words bring back the account and its contact", async () => {
  await bob.ask("send", "Alice", "are you there?");
  const again = holding(words.join(" "), "Alice again");
  const joined = await again.join(await newCode(data), "--kit");
  assert.equal(joined.status, 0, joined.err);
  assert.match(await again.ask("list"), /Bob/);
  await bob.ask("list");
  await again.ask("send", "Bob", "on a new phone");
  assert.match(await bob.ask("read", "Alice"), /on a new phone/);
  assert.match(await again.ask("read", "Bob"), /are you there\?/);
});
