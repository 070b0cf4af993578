import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createFolder, startRelay } from "@sotto/testkit/e2e";
import { acquaint, personCalled, textsOf } from "./people.ts";

const folder = createFolder();
const relays = await Promise.all([
  startRelay({ data: `${folder.path}/one` }),
  startRelay({ data: `${folder.path}/other` }),
]);
after(async () => {
  await Promise.all(relays.map((relay) => relay.stop()));
  folder.remove();
});

test("[TC5 TC9] two people at two relays talk both ways", async () => {
  const [one, other] = relays;
  const alice = personCalled("Alice", folder.path, one.url);
  const bob = personCalled("Bob", folder.path, other.url);
  await acquaint(alice, bob, [one.codes[0] ?? "", other.codes[0] ?? ""]);
  assert.equal((await alice.run("send", "bob", "from here")).status, 0);
  assert.equal((await bob.run("send", "alice", "from there")).status, 0);
  assert.deepEqual(textsOf(await alice.run("read", "bob", "--json")), ["> from here", "< from there"]);
  assert.deepEqual(textsOf(await bob.run("read", "alice", "--json")), ["< from here", "> from there"]);
});

test("[TC8] whoever gave another relay's address joins again with the right one", async () => {
  const [one] = relays;
  const lost = personCalled("Carol", folder.path, "http://127.0.0.1:9");
  const code = one.codes[1] ?? "";
  const away = await lost.join(code, "--timeout", "2");
  assert.match(away.err, /relay cannot be reached/);
  assert.equal(away.status, 1);
  assert.equal((await lost.join(code, "--relay", one.url)).status, 0);
});
