import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { decodeReply, encodeRequest, textToCode, type Reply, type Request } from "@sotto/protocol";
import { nativeRandom } from "@sotto/relay-adapters/node";
import { createEvents } from "../src/events.ts";
import { start } from "../src/start.ts";

const MAIN = resolve(import.meta.dirname, "../src/main.ts");
const CODE = /[0-9A-Z]{5}(?:-[0-9A-Z]{5}){4}-[0-9A-Z]{2}/g;

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sotto-server-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "data");
}

/** Runs the program until it has said `until`, or ended. */
async function run(t: TestContext, args: readonly string[], until = /$^/) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  const said = { out: "", err: "" };
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said.err += chunk));
  const ended = once(child, "close");
  await new Promise<void>((done) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said.out += chunk;
      if (until.test(said.out)) done();
    });
    void ended.then(() => done());
  });
  return { said, child, ended, port: Number(/localhost:(\d+)/.exec(said.out)?.[1]) };
}
const startRelay = (t: TestContext, path: string, ...more: readonly string[]) =>
  run(t, ["start", "--port", "0", "--data", path, ...more], /Ctrl-C/);

const codesIn = (text: string): string[] => text.match(CODE) ?? [];

/** One request over a connection of its own. */
async function ask(port: number, request: Request): Promise<Reply> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1`);
  socket.binaryType = "arraybuffer";
  await once(socket, "open");
  const answer = async (number: number, body: Request): Promise<Reply> => {
    socket.send(encodeRequest(number, body));
    const [event] = (await once(socket, "message")) as [MessageEvent];
    const reply = decodeReply(new Uint8Array(event.data as ArrayBuffer));
    assert.ok(reply.ok);
    return reply.value.body;
  };
  await answer(1, { kind: "hello", nonce: nativeRandom(32) });
  const reply = await answer(2, request);
  socket.close();
  return reply;
}
function activation(text: string): Request {
  const code = textToCode(text);
  assert.ok(code.ok);
  return { kind: "activate", code: code.value, tokenHashes: [nativeRandom(32)] };
}

test("[LI20 LI24 LI25] start shows two codes; killed and started again, those nobody has used", async (t) => {
  const path = folderFor(t);
  const first = await startRelay(t, path);
  const codes = codesIn(first.said.out);
  assert.equal(codes.length, 2);
  assert.ok(first.said.out.includes(path));
  assert.equal((await fetch(`http://127.0.0.1:${first.port}/healthz`)).status, 200);
  assert.equal((await ask(first.port, activation(codes[0] ?? ""))).kind, "activated");
  first.child.kill("SIGKILL");
  await first.ended;
  const second = await startRelay(t, path);
  assert.deepEqual(codesIn(second.said.out), codes.slice(1));
  assert.equal((await ask(second.port, activation(codes[0] ?? ""))).kind, "refused");
  second.child.kill("SIGTERM");
  assert.deepEqual(await second.ended, [0, null]);
  assert.equal(second.said.err, "");
});

test("[LI21] another code works at once in the relay that runs", async (t) => {
  const path = folderFor(t);
  const relay = await startRelay(t, path);
  const { said } = await run(t, ["code", "--data", path]);
  const [code] = codesIn(said.out);
  assert.ok(code);
  assert.equal((await ask(relay.port, activation(code))).kind, "activated");
});

test("[LI22] what keeps it from starting is one plain sentence and exit code 1", async (t) => {
  const path = folderFor(t);
  const relay = await startRelay(t, path);
  const fails = async (args: readonly string[], sentence: RegExp): Promise<void> => {
    const { said, ended } = await run(t, args);
    assert.deepEqual(await ended, [1, null]);
    assert.equal(said.out, "");
    assert.match(said.err, sentence);
    assert.equal(said.err.trim().split("\n").length, 1);
  };
  const other = folderFor(t);
  await fails(["start", "--port", "0", "--data", path], /^Another relay is running on the data/);
  await fails(["start", "--port", String(relay.port), "--data", other], /^Port \d+ is in use/);
  await fails(["start", "--port", "seven"], /^--port takes a number/);
  await fails(["start", "--tls-cert", "/nowhere.pem"], /go together/);
  const tls = ["--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key"];
  await fails(["start", "--data", other, ...tls], /certificate \/nowhere\.pem cannot be read/);
  await fails(["code", "--data", folderFor(t)], /^There is no relay in/);
  await fails(["start", "--data", join(MAIN, "folder")], /cannot be written to/);
  await fails(["start", "--colour"], /^Usage: /);
  await fails(["begin"], /^Usage: /);
});

test("[LI22 ST20] data of a newer version and a damaged key are refused", async (t) => {
  const path = folderFor(t);
  const relay = await startRelay(t, path);
  relay.child.kill("SIGTERM");
  await relay.ended;
  const events = createEvents(() => undefined);
  const options = { host: "127.0.0.1", port: 0, path, tls: undefined };
  const db = new DatabaseSync(join(path, "relay.sqlite"));
  db.exec("PRAGMA user_version = 99");
  db.close();
  const newer = await start(options, events);
  assert.ok(!newer.ok && newer.error.includes("newer version"));
  writeFileSync(join(path, "relay.key"), "not a key");
  const damaged = await start(options, events);
  assert.ok(!damaged.ok && damaged.error.includes("damaged"));
});

test("[LI23] the folder, the key, the codes and the database are their owner's alone", async (t) => {
  const path = folderFor(t);
  const relay = await startRelay(t, path);
  const modeOf = (name: string): number => statSync(join(path, name)).mode & 0o777;
  assert.equal(modeOf("."), 0o700);
  for (const name of ["relay.key", "codes", "relay.sqlite", "relay.sqlite-wal", "lock"])
    assert.equal(modeOf(name), 0o600, name);
  assert.match(readFileSync(join(path, "relay.key"), "utf8"), /^[0-9a-f]{64}\n$/);
  chmodSync(path, 0o700);
  relay.child.kill("SIGTERM");
});

test("[LG2 LG4] a talkative relay logs nothing of what it was asked, and a usual one nothing at all", async (t) => {
  const path = folderFor(t);
  const verbose = await startRelay(t, path, "--verbose");
  const [code = ""] = codesIn(verbose.said.out);
  const inboxId = new Uint8Array(32).fill(0xab);
  const postToken = new Uint8Array(32).fill(0xcd);
  assert.equal((await ask(verbose.port, activation(code))).kind, "activated");
  assert.equal((await ask(verbose.port, { kind: "claim", inboxId, postToken })).kind, "refused");
  verbose.child.kill("SIGTERM");
  await verbose.ended;
  const log = verbose.said.err;
  assert.match(log, /request\.refused/);
  for (const line of log.trim().split("\n")) assert.ok(typeof JSON.parse(line) === "object");
  for (const trace of [code, "abab", "cdcd", "127.0.0.1", path, Buffer.from(inboxId).toString("base64")])
    assert.ok(!log.includes(trace), trace);
});

test("[LG5] metrics are for this machine, without names, and not for what a proxy forwards", async (t) => {
  const relay = await startRelay(t, folderFor(t));
  const url = `http://127.0.0.1:${relay.port}/metrics`;
  const text = await (await fetch(url)).text();
  assert.match(text, /^sotto_connections 0$/m);
  assert.ok(!text.includes("127.0.0.1"));
  assert.equal((await fetch(url, { headers: { "x-forwarded-for": "192.0.2.1" } })).status, 404);
});
