import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import {
  createBytes,
  decodeReply,
  encodeRequest,
  openWriteBytes,
  textToCode,
  toHex,
  type Reply,
  type Request,
} from "@sotto/protocol";
import { nativeRandom, nativeSha256 } from "@sotto/relay-adapters/node";
import { createPair } from "../../../packages/relay/test/rig.ts";
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

/** One connection, after its hello. */
async function dial(port: number) {
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
  const welcome = await answer(1, { kind: "hello", nonce: nativeRandom(32) });
  assert.ok(welcome.kind === "welcome");
  return { welcome, answer, close: (): void => socket.close() };
}

/** One request over a connection of its own. */
async function ask(port: number, request: Request): Promise<Reply> {
  const { answer, close } = await dial(port);
  const reply = await answer(2, request);
  close();
  return reply;
}
function activation(text: string): Request {
  const code = textToCode(text);
  assert.ok(code.ok);
  return { kind: "activate", code: code.value, tokenHashes: [nativeRandom(32)] };
}

/** Makes a channel, opens it for writing and asks for the right to put a blob. */
async function grantBlob(relay: { port: number; said: { out: string } }, bytes: number) {
  const { welcome, answer, close } = await dial(relay.port);
  const { relayId, nonce } = welcome;
  const [write, commit] = [createPair(), createPair()];
  const [token, cid, blobId] = [nativeRandom(32), nativeRandom(32), nativeRandom(32)];
  const keys = { write: write.key, commit: commit.key, admin: undefined, readers: [createPair().key] };
  const code = textToCode(codesIn(relay.said.out)[0] ?? "");
  assert.ok(code.ok);
  await answer(2, { kind: "activate", code: code.value, tokenHashes: [nativeSha256(token)] });
  const signature = commit.sign(createBytes(relayId, cid, keys));
  await answer(3, { kind: "create", cid, keys, token, signature });
  const proof = write.sign(openWriteBytes(relayId, cid, 0, nonce));
  const opened = await answer(4, { kind: "open", cid, epoch: 0, write: proof, read: undefined });
  assert.ok(opened.kind === "opened");
  const granted = await answer(5, { kind: "grantBlob", handle: opened.handle, blobId, bytes, rung: "1h" });
  assert.ok(granted.kind === "blobGranted");
  close();
  return { path: `/blob/${toHex(blobId)}`, headers: { authorization: `Bearer ${toHex(granted.token)}` } };
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

test("[BL34 LI24] blobs are served beside the wire, and survive a kill", async (t) => {
  const path = folderFor(t);
  const first = await startRelay(t, path);
  const bytes = nativeRandom(100_000);
  const blob = await grantBlob(first, bytes.length);
  const put = (port: number, from: number, to: number) =>
    fetch(`http://127.0.0.1:${port}${blob.path}`, {
      method: "PUT",
      headers: { ...blob.headers, "upload-offset": String(from) },
      body: bytes.subarray(from, to),
    });
  assert.equal((await put(first.port, 0, 60_000)).status, 204);
  assert.match(
    await (await fetch(`http://127.0.0.1:${first.port}/metrics`)).text(),
    /^sotto_blob_bytes 100000$/m,
  );
  first.child.kill("SIGKILL");
  await first.ended;
  const second = await startRelay(t, path);
  const url = `http://127.0.0.1:${second.port}${blob.path}`;
  const head = await fetch(url, { method: "HEAD", headers: blob.headers });
  assert.equal(head.headers.get("upload-offset"), "60000");
  assert.equal((await put(second.port, 60_000, 100_000)).status, 204);
  assert.deepEqual(await (await fetch(url)).bytes(), bytes);
  second.child.kill("SIGTERM");
  assert.deepEqual(await second.ended, [0, null]);
  assert.equal(second.said.err, "");
});

test("[LI22] a folder of blobs that cannot be written is one plain sentence", async (t) => {
  const path = folderFor(t);
  const { child, ended } = await startRelay(t, path);
  child.kill("SIGTERM");
  await ended;
  rmSync(join(path, "blobs"), { recursive: true });
  writeFileSync(join(path, "blobs"), "a file");
  const again = await startRelay(t, path);
  assert.deepEqual(await again.ended, [1, null]);
  assert.match(again.said.err, /^.* cannot be written to\. Make it yours to write, .*\n$/);
});

test("[LG2 BL35] a talkative relay logs nothing of the blobs it was asked for", async (t) => {
  const relay = await startRelay(t, folderFor(t), "--verbose");
  const { path, headers } = await grantBlob(relay, 3);
  const url = `http://127.0.0.1:${relay.port}`;
  await fetch(`${url}${path}`, { method: "PUT", headers: { ...headers, "upload-offset": "0" }, body: "abc" });
  await fetch(`${url}${path}`);
  await fetch(`${url}/blob/${"ab".repeat(32)}`);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /^sotto_blobs_total\{what="served"\} 1$/m);
  relay.child.kill("SIGTERM");
  await relay.ended;
  for (const trace of [path.slice(6), headers.authorization.slice(7), "abab", "/blob"])
    assert.ok(!relay.said.err.includes(trace) && !metrics.includes(trace), trace);
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
