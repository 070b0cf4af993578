import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createFolder, newCode, startRelay, type RelayProcess } from "@sotto/testkit/e2e";
import { personCalled, type Person } from "./people.ts";

const PIN = "482913";
const NEXT = "506172";
const folder = createFolder();
const data = join(folder.path, "relay");
let relay: RelayProcess;
let alice: Person;

before(async () => {
  relay = await startRelay({ data });
  process.env["SOTTO_NEW_PIN"] = NEXT; // what every terminal from here on is given
  alice = personCalled("Alice", folder.path, relay.url);
});
after(async () => {
  await relay.stop();
  folder.remove();
});

test("[TC12] a device with a PIN: joined, opened, its PIN changed", async () => {
  const code = await newCode(data);
  const join = ["join", code, "--as", "Alice", "--size", "8", "--pin"];
  const common = await alice.runAs("123456", ...join);
  assert.match(common.err, /tried first/);
  const joined = await alice.runAs(PIN, ...join);
  assert.equal(joined.status, 0, joined.err);
  assert.match((await alice.runAs("640275", "list")).err, /opens nothing/);
  const changed = await alice.runAs(PIN, "pin");
  assert.equal(changed.status, 0, changed.err);
  assert.match((await alice.runAs(PIN, "list")).err, /opens nothing/);
  assert.equal((await alice.runAs(NEXT, "list")).status, 0);
});

test("[TC13 VT25] two of three texts wipe a device from another machine", async () => {
  const shown = await alice.runAs(NEXT, "wipe-texts");
  const [first = "", second = "", third = ""] = shown.out.trim().split("\n");
  assert.match(third, /^sotto-wipe:/);
  const bob = personCalled("Bob", folder.path, relay.url);
  assert.match((await bob.run("wipe", first, first)).err, /do not belong together/);
  assert.match((await bob.run("wipe", first, second)).err, /1 of 1 guardians have forgotten/);
  assert.match((await alice.runAs(NEXT, "list")).err, /guardians did not accept/);
});

test("[TC13 DV8] wiping here leaves no file", async () => {
  const carol = personCalled("Carol", folder.path, relay.url);
  const join = async (): Promise<void> => {
    const words = ["join", await newCode(data), "--as", "Carol", "--size", "8", "--pin"];
    const joined = await carol.runAs(PIN, ...words);
    assert.equal(joined.status, 0, joined.err);
  };
  await join();
  assert.match((await carol.runAs(PIN, "wipe", "--this-device")).out, /is wiped/);
  assert.equal(existsSync(carol.device), false);
  assert.match((await carol.runAs(PIN, "list")).err, /no profile on this device/);
});
