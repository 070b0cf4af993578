/** Connections that want more than their share: of time, of sockets, of one address. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { connect, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { WebSocket } from "ws";
import { createCertificate } from "../../testkit/src/e2e/certificate.ts";
import { startRelay } from "./network-rig.ts";

const HEADERS_WAIT_MS = 400;
/** The wait, how often it is looked at, and a slow machine. */
const CUT_OFF_MS = HEADERS_WAIT_MS + 500 + 4_000;

const mounts = [
  { path: "/", serve: (_: unknown, response: { end(text: string): void }) => response.end("ok") },
];

function dial(t: TestContext, port: number, host = "127.0.0.1"): Socket {
  const socket = connect({ port, host, allowHalfOpen: true });
  socket.on("error", () => undefined);
  t.after(() => socket.destroy());
  return socket;
}

/** Resolves when the other side has ended the connection; false when it has not in time. */
async function isCutOff(socket: Socket, ms = CUT_OFF_MS): Promise<boolean> {
  if (socket.readableEnded || socket.closed) return true;
  const signal = AbortSignal.timeout(ms);
  socket.resume();
  const ended = Promise.race([once(socket, "end", { signal }), once(socket, "close", { signal })]);
  return ended.then(
    () => true,
    () => !signal.aborted,
  );
}

function createTls(t: TestContext): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), "sotto-tls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { certPath, keyPath } = createCertificate(folder);
  return { cert: readFileSync(certPath, "utf8"), key: readFileSync(keyPath, "utf8") };
}

const upgradeTo = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

/** Of the answer; empty where there is none. */
async function statusOf(socket: Socket, sent: string): Promise<string> {
  socket.write(sent);
  const events = ["data", "end", "close"].map((event) => once(socket, event));
  const [answer] = (await Promise.race(events)) as unknown[];
  return answer instanceof Buffer ? answer.toString("latin1", 9, 12) : "";
}

test("[LI18] headers that come byte by byte, and none at all, end their connections in time", async (t) => {
  const relay = await startRelay(t, { mounts, limits: { headersWaitMs: HEADERS_WAIT_MS } });
  const [slow, silent] = [dial(t, relay.port), dial(t, relay.port)];
  const dripping = setInterval(() => slow.write("x"), 20);
  t.after(() => clearInterval(dripping));
  slow.write("GET / HTTP/1.1\r\nX-");
  await sleep(HEADERS_WAIT_MS / 2);
  assert.ok(!slow.readableEnded && !silent.readableEnded);
  assert.deepEqual(await Promise.all([isCutOff(slow), isCutOff(silent)]), [true, true]);
  assert.equal(await statusOf(dial(t, relay.port), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "200");
});

test("[LI18] a request that never ends is ended in time, whether it was answered or not", async (t) => {
  const limits = { headersWaitMs: HEADERS_WAIT_MS, requestWaitMs: 2 * HEADERS_WAIT_MS };
  const relay = await startRelay(t, { mounts, limits });
  const slow = dial(t, relay.port);
  const dripping = setInterval(() => slow.write("x"), 20);
  t.after(() => clearInterval(dripping));
  const headers = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n";
  assert.equal(await statusOf(slow, headers), "200");
  assert.equal(await isCutOff(slow, HEADERS_WAIT_MS), false);
  assert.ok(await isCutOff(slow));
});

test("[LI18 LI19] a TLS handshake that never ends takes a socket's place, and only for a while", async (t) => {
  const tls = createTls(t);
  const limits = { headersWaitMs: HEADERS_WAIT_MS, sockets: 2 };
  const relay = await startRelay(t, { mounts, tls, limits });
  const [silent, half] = [dial(t, relay.port), dial(t, relay.port)];
  await Promise.all([once(silent, "connect"), once(half, "connect")]);
  half.write(Uint8Array.of(22, 3, 1, 2, 0, 1)); // how a ClientHello begins
  const over = dial(t, relay.port);
  assert.ok(await isCutOff(over, HEADERS_WAIT_MS / 2));
  assert.ok(!silent.readableEnded && !half.readableEnded);
  assert.deepEqual(await Promise.all([isCutOff(silent), isCutOff(half)]), [true, true]);
  const asked = request({ host: "127.0.0.1", port: relay.port, ca: tls.cert, agent: false }).end();
  const [{ statusCode }] = (await once(asked, "response")) as [{ statusCode: number }];
  assert.equal(statusCode, 200);
  asked.destroy();
});

test("[LI13] a stop does not wait for a handshake that never ends", async (t) => {
  const tls = createTls(t);
  const relay = await startRelay(t, { mounts, tls });
  const silent = dial(t, relay.port);
  const handset = connectTls({ host: "127.0.0.1", port: relay.port, ca: tls.cert });
  t.after(() => handset.destroy());
  await Promise.all([once(silent, "connect"), once(handset, "secureConnect")]);
  await Promise.race([
    relay.stop(),
    sleep(4_000, undefined, { ref: false }).then(() => assert.fail("waits")),
  ]);
  assert.ok(await isCutOff(silent));
});

test("[LI19] one connection over the limit is told so, and one that ends makes room for one", async (t) => {
  const relay = await startRelay(t, { limits: { connections: 2 } });
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(relay.url);
    await once(socket, "open");
    return socket;
  };
  const [first, second] = [await open(), await open()];
  const over = dial(t, relay.port);
  assert.equal(await statusOf(over, upgradeTo("/v1")), "503");
  assert.equal(relay.listener.connections(), 2);
  first.close();
  await once(first, "close");
  await sleep(50);
  assert.equal(relay.listener.connections(), 1);
  const third = await open();
  for (const socket of [second, third]) socket.terminate();
});

test("[LI19] an upgrade that was refused leaves no socket behind, whatever its other side does", async (t) => {
  const relay = await startRelay(t, { mounts, limits: { sockets: 2 } });
  for (let count = 0; count < 6; count++) {
    const socket = dial(t, relay.port); // never closes its own side
    assert.equal(await statusOf(socket, upgradeTo("/v2")), "404");
    assert.ok(await isCutOff(socket));
  }
  assert.equal(await statusOf(dial(t, relay.port), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "200");
});

/** An address of this machine that others could connect from. */
const ownAddresses = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0);

for (const { what, address, isCounted } of [
  { what: "from loopback any number of sockets is taken", address: "127.0.0.1", isCounted: false },
  ...ownAddresses.map(({ address, family }) => ({
    what: `from one ${family} address only so many sockets are taken, and one that ends makes room`,
    address,
    isCounted: true,
  })),
])
  test(`[LI17] ${what}`, async (t) => {
    const relay = await startRelay(t, { mounts, host: address, limits: { socketsPerAddress: 2 } });
    const [first, second, third] = [0, 1, 2].map(() => dial(t, relay.port, address));
    assert.ok(first && second && third);
    await Promise.all([first, second, third].map((socket) => once(socket, "connect")));
    assert.equal(await isCutOff(third, 500), isCounted);
    first.destroy();
    await sleep(100);
    const fourth = dial(t, relay.port, address);
    assert.equal(await statusOf(fourth, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "200");
    assert.ok(!second.readableEnded);
  });
