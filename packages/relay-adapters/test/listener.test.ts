import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createBytes, openReadBytes, openWriteBytes, type EpochPublicKeys } from "@sotto/protocol";
import {
  createStaticFiles,
  listen,
  nativeRandom as random,
  nativeSha256 as sha256,
  pagePolicyHeaders,
} from "@sotto/relay-adapters/node";
import { createPair } from "../../relay/test/rig.ts";
import { framesToBuffers } from "../src/node/socket-link.ts";
import { connectClient, startRelay, type NetworkClient } from "./network-rig.ts";

function handset(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sotto-static-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const dist = join(folder, "dist");
  mkdirSync(join(dist, "assets"), { recursive: true });
  writeFileSync(join(dist, "index.html"), "<!doctype html>handset");
  writeFileSync(join(dist, "assets", "app-1a2b.js"), "export {};");
  writeFileSync(join(dist, "engine.wasm"), Uint8Array.of(0, 97, 115, 109));
  writeFileSync(join(folder, "secret"), "outside");
  symlinkSync(join(folder, "secret"), join(dist, "link.json"));
  return dist;
}

/** A path exactly as given: `fetch` would tidy it up. */
function get(port: number, path: string, headers: Record<string, string> = {}, method = "GET") {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      const request = httpRequest({ host: "127.0.0.1", port, path, headers, method }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      });
      request.on("error", reject).end();
    },
  );
}

test("[LI1 FD20] the handset is served with its types, the page policy and a tag for its cache", async (t) => {
  const relay = await startRelay(t, { mounts: [{ path: "/", serve: createStaticFiles(handset(t)) }] });
  const index = await get(relay.port, "/");
  assert.deepEqual([index.status, index.body], [200, "<!doctype html>handset"]);
  assert.equal(index.headers["content-type"], "text/html; charset=utf-8");
  for (const [name, value] of Object.entries(pagePolicyHeaders()))
    assert.equal(index.headers[name.toLowerCase()], value);
  const script = await get(relay.port, "/assets/app-1a2b.js");
  assert.equal(script.headers["content-type"], "text/javascript; charset=utf-8");
  assert.match(String(script.headers["cache-control"]), /immutable/);
  assert.equal((await get(relay.port, "/engine.wasm")).headers["content-type"], "application/wasm");
  const again = await get(relay.port, "/", { "if-none-match": String(index.headers.etag) });
  assert.deepEqual([again.status, again.body], [304, ""]);
  const head = await get(relay.port, "/", {}, "HEAD");
  assert.deepEqual([head.status, head.body, head.headers["content-length"]], [200, "", "22"]);
  assert.equal((await get(relay.port, "/", {}, "POST")).status, 405);
});

test("[LI2] a place inside the app is the app; a file that is not there is not", async (t) => {
  const relay = await startRelay(t, { mounts: [{ path: "/", serve: createStaticFiles(handset(t)) }] });
  assert.equal((await get(relay.port, "/conversation/7?x=1")).body, "<!doctype html>handset");
  assert.equal((await get(relay.port, "/missing.js")).status, 404);
});

test("[LI3] no path leaves the folder", async (t) => {
  const relay = await startRelay(t, { mounts: [{ path: "/", serve: createStaticFiles(handset(t)) }] });
  for (const path of [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/assets/../../secret.json",
    "/%2e%2e/secret.js",
    "/link.json",
    "/%00.js",
    "/%zz.js",
    "//secret.js",
    "/assets.js/../../secret",
  ]) {
    const { status, body } = await get(relay.port, path);
    assert.ok(status === 404 || body === "<!doctype html>handset", path);
    assert.ok(!body.includes("outside"), path);
  }
});

test("[LI4] mount points: the longest path that fits serves", async (t) => {
  const say = (text: string) => (_: unknown, response: { end(text: string): void }) => response.end(text);
  const mounts = [
    { path: "/", serve: say("handset") },
    { path: "/console/", serve: say("console") },
    { path: "/healthz", serve: say("ok") },
  ];
  const { port } = await startRelay(t, { mounts });
  const bodies = await Promise.all(
    ["/", "/console/page", "/healthz", "/healthz/more"].map(async (path) => (await get(port, path)).body),
  );
  assert.deepEqual(bodies, ["handset", "console", "ok", "handset"]);
});

test("[LI5] a busy port and an address that is not ours are told apart", async (t) => {
  const { port } = await startRelay(t);
  const options = {
    relay: { connect: () => assert.fail(), openHandles: () => 0, stop: () => Promise.resolve() },
    mounts: [],
    onBug: () => undefined,
  };
  const busy = await listen({ ...options, host: "127.0.0.1", port });
  assert.ok(!busy.ok && busy.error.kind === "portBusy");
  const elsewhere = await listen({ ...options, host: "192.0.2.1", port: 0 });
  assert.ok(!elsewhere.ok && elsewhere.error.kind === "noSuchHost");
  const tls = { cert: "not a certificate", key: "not a key" };
  const broken = await listen({ ...options, host: "127.0.0.1", port: 0, tls });
  assert.ok(!broken.ok && broken.error.kind === "badTls");
});

test("[LI6] the wire is at /v1 and nowhere else", async (t) => {
  const { port } = await startRelay(t);
  const socket = connect(port, "127.0.0.1");
  socket.write(
    "GET /v2 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 404 /);
  socket.destroy();
});

async function openChannel(alice: NetworkClient, bob: NetworkClient, code: Uint8Array) {
  const [write, commit, reader] = [createPair(), createPair(), createPair()];
  const keys: EpochPublicKeys = {
    write: write.key,
    commit: commit.key,
    admin: undefined,
    readers: [reader.key],
  };
  const [token, cid] = [random(32), random(32)];
  await alice.expect("activated", { kind: "activate", code, tokenHashes: [sha256(token)] });
  const { relayId } = alice.welcome;
  const signature = commit.sign(createBytes(relayId, cid, keys));
  await alice.expect("created", { kind: "create", cid, keys, token, signature });
  const writing = write.sign(openWriteBytes(relayId, cid, 0, alice.welcome.nonce));
  const a = await alice.expect("opened", { kind: "open", cid, epoch: 0, write: writing, read: undefined });
  const proof = {
    reader: reader.key,
    signature: reader.sign(openReadBytes(relayId, cid, 0, bob.welcome.nonce)),
  };
  const b = await bob.expect("opened", { kind: "open", cid, epoch: 0, write: undefined, read: proof });
  await bob.expect("page", { kind: "read", handle: b.handle, after: 0 });
  return { a: a.handle, b: b.handle };
}

test("[CH34 LI12] two clients pass opaque bodies of every size over real WebSockets", async (t) => {
  const relay = await startRelay(t);
  const alice = await connectClient(relay.url);
  const bob = await connectClient(relay.url);
  const { a, b } = await openChannel(alice, bob, await relay.mintCode());
  const bodies = [0, 1, 90, 126, 1_024, 16_384, 65_535, 65_536].map((length) => random(length));
  for (const body of bodies)
    await alice.expect("accepted", {
      kind: "append",
      handle: a,
      messageId: random(16),
      rung: "1h",
      commitment: undefined,
      body,
    });
  while (bob.pushes.length < bodies.length) await once(bob.socket, "message");
  const received = bob.pushes.map(
    (push) => push.kind === "pushed" && push.entry.kind === "message" && push.entry.body,
  );
  assert.deepEqual(received, bodies);
  bob.tell({ kind: "ack", handle: b, through: bodies.length });
  while (!alice.pushes.some((push) => push.kind === "delivered" && push.through === bodies.length))
    await once(alice.socket, "message");
  alice.socket.close();
  bob.socket.close();
});

test("[LI13] a stop answers what is under way, closes what is open, and takes nothing new", async (t) => {
  const relay = await startRelay(t);
  const alice = await connectClient(relay.url);
  const bob = await connectClient(relay.url);
  const { a } = await openChannel(alice, bob, await relay.mintCode());
  const append = {
    kind: "append",
    handle: a,
    messageId: random(16),
    rung: "1h",
    commitment: undefined,
    body: random(9),
  } as const;
  const asked = alice.ask(append);
  await alice.ask({ kind: "close", handle: 99 }); // answered at once, so the APPEND is under way
  const [reply] = await Promise.all([asked, once(alice.socket, "close"), relay.stop()]);
  assert.equal(reply.kind, "accepted");
  await assert.rejects(connectClient(relay.url));
});

test("[LI14] frames are put on the wire as RFC 6455 says, large bodies without a copy", () => {
  for (const bodyBytes of [0, 100, 125, 126, 16_383, 16_384, 65_530, 65_536]) {
    const [head, body] = [random(10), random(bodyBytes)];
    const buffers = framesToBuffers([
      { head, body },
      { head, body: undefined },
    ]);
    const bytes = Buffer.concat(buffers);
    const length = 10 + bodyBytes;
    const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
    const told =
      headerBytes === 2
        ? bytes[1]
        : headerBytes === 4
          ? bytes.readUInt16BE(2)
          : Number(bytes.readBigUInt64BE(2));
    assert.equal(bytes[0], 0x82);
    assert.equal(told, length);
    assert.deepEqual(
      new Uint8Array(bytes.subarray(headerBytes, headerBytes + length)),
      new Uint8Array([...head, ...body]),
    );
    assert.deepEqual(
      new Uint8Array(bytes.subarray(headerBytes + length)),
      new Uint8Array([0x82, 10, ...head]),
    );
    assert.equal(buffers.includes(body), bodyBytes >= 16_384);
  }
});
