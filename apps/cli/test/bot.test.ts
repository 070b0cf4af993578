import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { createFolder, startRelay, TERMINAL_PASSPHRASE, until } from "@sotto/testkit/e2e";
import { personCalled, textsOf } from "./people.ts";

const BOT = resolve(import.meta.dirname, "../examples/answering-bot.ts");
const LINES_MAX = 60;

const folder = createFolder();
const relay = await startRelay({ data: `${folder.path}/relay` });
after(async () => {
  await relay.stop();
  folder.remove();
});

function startBot(environment: Readonly<Record<string, string>>): { child: ChildProcess; out(): string } {
  const child = spawn(process.execPath, [BOT], {
    env: {
      ...process.env,
      SOTTO_DEVICE: join(folder.path, "bot", "device"),
      SOTTO_PASSPHRASE: TERMINAL_PASSPHRASE,
      SOTTO_RELAY: relay.url,
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
  return { child, out: () => out };
}

test("[FW1 FW3 DV7] the example bot answers, and after being killed goes on with what came meanwhile", async () => {
  assert.ok(readFileSync(BOT, "utf8").split("\n").length <= LINES_MAX);
  const alice = personCalled("Alice", folder.path, relay.url);
  const first = startBot({ SOTTO_CODE: relay.codes[0] ?? "" });
  assert.equal((await alice.join(relay.codes[1] ?? "")).status, 0);
  const link = await until("the bot's link", () => /^http\S+/.exec(first.out())?.[0]);
  assert.equal((await alice.run("add", link)).status, 0);
  const [bot] = (await alice.run("list", "--json")).json();
  const id = String(bot?.["id"]);

  assert.equal((await alice.run("send", id, "count to be or not to be")).status, 0);
  const answered = await until("the answer", async () => {
    const texts = textsOf(await alice.run("read", id, "--json"));
    return texts.length === 2 && texts;
  });
  assert.deepEqual(answered, ["> count to be or not to be", "< 6 words"]);

  first.child.kill("SIGKILL");
  await once(first.child, "close");
  assert.equal((await alice.run("send", id, "still there?")).status, 0);
  const second = startBot({});
  const later = await until("the late answer", async () => {
    const texts = textsOf(await alice.run("read", id, "--json"));
    return texts.length === 4 && texts;
  });
  assert.deepEqual(later.slice(2), ["> still there?", "< still there?"]);
  second.child.kill("SIGTERM");
  const [status] = (await once(second.child, "close")) as [number | null];
  assert.equal(status, 0);
});
