import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { openDevice, type Device } from "@sotto/client-adapters/node";
import { createFolder, until } from "@sotto/testkit/e2e";
import { linesInOrder, PASSPHRASE } from "../demo/seed.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = createFolder();
const data = join(folder.path, "relay");
const port = await freePort();
const url = `http://localhost:${port}`;
const started: ChildProcess[] = [];
after(async () => {
  await Promise.all(started.map(end));
  folder.remove();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as AddressInfo;
  server.close();
  return free;
}

function start(program: string, ...args: readonly string[]): { child: ChildProcess; out(): string } {
  const child = spawn(
    process.execPath,
    [join(ROOT, program), ...args, "--port", String(port), "--data", data],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  started.push(child);
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
  return { child, out: () => out };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "close");
}

const RELAY = "apps/relay-server/src/main.ts";

async function take(name: string): Promise<Device> {
  const answer = await fetch(`${url}/demo/${name}.sotto`);
  assert.equal(answer.status, 200);
  const file = join(folder.path, name);
  writeFileSync(file, new Uint8Array(await answer.arrayBuffer()));
  const device = await openDevice({ file, passphrase: PASSPHRASE });
  assert.ok(device.ok);
  return device.value;
}

test("[DM1] the conversations are of the last six days, and none of it is written in the future", () => {
  const now = Date.now();
  const lines = linesInOrder(now);
  assert.ok(lines.length > 100);
  for (const { time } of lines) assert.ok(time < now && time > now - 7 * 86_400_000);
});

test("[DM1 DM2 DM3] profiles are made once and go to one browser each; the others in them answer", async () => {
  const relay = start(RELAY, "start", "--demo");
  const demo = start("scripts/demo.ts");
  await until("the profiles", () => demo.out().includes("passphrase"), 180_000);

  const { member, close } = await take("alice");
  const rows = member.view().conversations;
  assert.equal(rows.length, 5);
  const bob = rows.find(({ name }) => name.startsWith("Bob"));
  const mara = rows.find(({ name }) => name.startsWith("Mara"));
  assert.ok(bob && mara);
  assert.deepEqual([bob.isVerified, bob.unread, mara.unread], [true, 1, 2]);
  assert.notEqual(mara.draft, "");
  assert.equal(rows.filter(({ state }) => state === "setting-up").length, 1);
  await member.ask({ kind: "send", to: mara.id, text: "Are you back?" });
  await until("Mara's answer", () =>
    member.view().conversations.find(({ id, unread }) => id === mara.id && unread === 3),
  );
  await close();

  assert.equal((await fetch(`${url}/demo/alice.sotto`, { method: "DELETE" })).status, 204);
  assert.equal((await fetch(`${url}/demo/alice.sotto`)).status, 404);
  for (const path of ["mara.sotto", "..%2frelay.key", "../relay.key", "bob.sotto.lock"])
    assert.equal((await fetch(`${url}/demo/${path}`)).status, 404);
  const proxied = await fetch(`${url}/demo/bob.sotto`, { headers: { "x-forwarded-for": "203.0.113.9" } });
  assert.equal(proxied.status, 404);

  const before = statSync(join(data, "demo", "bob.sotto"));
  await end(relay.child);
  await end(demo.child);
  const quiet = start(RELAY, "start");
  await until("the relay", () => quiet.out().includes("Stop"));
  assert.equal((await fetch(`${url}/demo/bob.sotto`)).status, 404);
  await end(quiet.child);

  start(RELAY, "start", "--demo");
  const again = start("scripts/demo.ts");
  await until("the profiles", () => again.out().includes("passphrase"));
  assert.doesNotMatch(again.out(), /making/);
  assert.deepEqual(statSync(join(data, "demo", "bob.sotto")), before);
  const second = await take("bob");
  assert.equal(second.member.view().conversations.length, 4);
  await second.close();
});
