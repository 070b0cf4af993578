/**
 * What a curious person does first: starts a relay with example profiles, opens one of the links it prints, and is in.
 * Spec: spec/terminal.md, DM1 to DM3; spec/handset.md, UI23.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { createFolder, until } from "@sotto/testkit/e2e";
import { Handset } from "./handset.ts";

const FRONT_DOOR = resolve(import.meta.dirname, "../../../../sotto");
const MAKING_MS_MAX = 180_000;

const folder = createFolder();
let relay: ChildProcess;
let said = "";
const closing: (() => Promise<void>)[] = [];

before(async () => {
  const port = String(await freePort());
  relay = spawn(FRONT_DOOR, ["start", "--demo", "--port", port, "--data", join(folder.path, "relay")]);
  for (const stream of [relay.stdout, relay.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  await until("the links", () => said.includes("passphrase:"), MAKING_MS_MAX);
});
after(async () => {
  for (const close of closing) await close();
  relay.kill();
  await once(relay, "close"); // with it goes what answers for the others
  folder.remove();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test("[DM1 DM3 UI23] a printed link leads to a question, a shown passphrase, and conversations that answer", async () => {
  const link = /http:\/\/\S+#demo=alice/.exec(said)?.[0] ?? "";
  const handset = await Handset.open(link);
  closing.push(() => handset.close());
  await handset.sees("Try Sotto with a made-up profile?");
  await handset.button("Try it").click();
  await handset.sees("Its passphrase:");
  const shown = await handset.page.getByText("Its passphrase:").textContent();
  await handset.unlock(shown?.split("Its passphrase: ")[1]);
  await until("the conversations", async () => (await handset.page.locator("[data-row]").count()) === 5);
  await handset.openConversation("Mara");
  await handset.write("Are you there?");
  const texts = await until("an answer", async () => {
    const lines = await handset.lines();
    const at = lines.findIndex(({ text }) => text === "Are you there?");
    return at >= 0 && lines.slice(at + 1).some(({ mine }) => !mine) && lines.length;
  });
  assert.ok(texts > 2);
  assert.deepEqual(handset.window.complaints, []);
});
