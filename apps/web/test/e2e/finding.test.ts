/** Searching with everything real: a relay in a process of its own, a handset, and somebody in a terminal. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  createFolder,
  createTerminal,
  startRelay,
  type RelayProcess,
  type Terminal,
} from "@sotto/testkit/e2e";
import { Handset } from "./handset.ts";

const folder = createFolder();
const data = join(folder.path, "relay");
let relay: RelayProcess;
let alice: Handset;
let carol: Terminal;

before(async () => {
  relay = await startRelay({ data });
  alice = await Handset.open(relay.url, { width: 390, height: 844 });
  const [device, compiled] = [join(folder.path, "carol", "device"), join(folder.path, "compiled")];
  carol = createTerminal({ device, relayUrl: relay.url, compiled });
});
after(async () => {
  await alice.close();
  await relay.stop();
  folder.remove();
});

test("[UI42] [UI43] what a contact wrote is found by its words, leads to its place and back, and not once it is deleted", async () => {
  await alice.join(relay.codes[0] ?? "", "Alice");
  await carol.ask("join", relay.codes[1] ?? "", "--as", "Carol", "--size", "8");
  await carol.ask("add", await alice.link());
  for (const text of ["We meet at the market", "In der Straße bei Köln", "Bring the keys"])
    await carol.ask("send", "alice", text);
  await alice.row("Carol").waitFor();
  await alice.button("Search").click();
  const field = alice.page.getByRole("searchbox");
  const found = alice.page.locator(".found");
  await field.fill("koeln strasse");
  await found.filter({ hasText: "In der Straße bei Köln" }).waitFor();
  assert.deepEqual(await alice.page.locator(".found mark").allTextContents(), ["Straße", "Köln"]);
  await field.fill("nowhere");
  await alice.sees("Nothing found.");
  await field.fill("carol mark");
  await found.filter({ hasText: "We meet at the market" }).click();
  await alice.page
    .locator('article[data-target="true"]:focus', { hasText: "We meet at the market" })
    .waitFor();
  await alice.write("on my way to the market");
  await alice.back();
  await found.filter({ hasText: "on my way to the market" }).waitFor();
  assert.equal(await found.count(), 2);
  assert.equal(await field.inputValue(), "carol mark");
  await found.filter({ hasText: "on my way" }).click();
  await alice.options("on my way to the market");
  await alice.button("Delete for everyone").click();
  await alice.button("Delete this message for everyone").click();
  await alice.sees("This message was deleted.");
  await alice.back();
  await found.filter({ hasText: "We meet at the market" }).waitFor();
  assert.equal(await found.count(), 1);
});

test("[UI43] [UI7] a lock forgets what was searched for, and after it everything is found again", async () => {
  await alice.back();
  await alice.lock();
  await alice.unlock();
  await alice.button("Search").click();
  assert.equal(await alice.page.getByRole("searchbox").inputValue(), "");
  await alice.page.getByRole("searchbox").fill("keys");
  await alice.page.locator(".found", { hasText: "Bring the keys" }).waitFor();
});
