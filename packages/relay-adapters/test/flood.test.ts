/** Connections that send what is no request: the relay holds little for them, and little in all. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { networkOf } from "@sotto/relay-adapters/node";
import { WebSocket } from "ws";
import { connectClient, startRelay } from "./network-rig.ts";

async function dial(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on("error", () => undefined);
  await once(socket, "open");
  return socket;
}

const isClosed = (socket: WebSocket): boolean => socket.readyState !== WebSocket.OPEN;

test("[LI16] a ping is answered, and whoever does nothing but ping is cut off", async (t) => {
  const relay = await startRelay(t);
  const honest = await connectClient(relay.url);
  honest.socket.ping(Uint8Array.of(7));
  const [payload] = await once(honest.socket, "pong");
  assert.deepEqual([...(payload as Uint8Array)], [7]);
  const socket = await dial(relay.url);
  const ended = once(socket, "close");
  for (let count = 0; count < 100_000 && !isClosed(socket); count++) {
    socket.ping(new Uint8Array(125));
    if (count % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  await honest.expect("refused", { kind: "attest", handle: 1 });
});

test("[LI16] frames that never end hold so much memory in all, and whoever goes on with one is cut off", async (t) => {
  const relay = await startRelay(t, { limits: { quietBytes: 1_048_576 } });
  const honest = await connectClient(relay.url);
  const half = { fin: false, binary: true };
  const sockets = await Promise.all([dial(relay.url), dial(relay.url)]);
  const ended = Promise.race(sockets.map((socket) => once(socket, "close")));
  for (const socket of sockets) socket.send(new Uint8Array(800_000), half);
  await ended;
  await honest.expect("refused", { kind: "attest", handle: 1 });
  for (const socket of sockets) socket.terminate();
});

test("[LI17] connections are counted by IPv4 address and by IPv6 network; loopback is not", () => {
  const networks = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::9", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["::1", undefined],
    ["127.0.0.1", undefined],
    ["::ffff:127.0.0.1", undefined],
  ] as const;
  for (const [address, network] of networks) assert.equal(networkOf(address), network, address);
  assert.equal(networkOf(undefined), undefined);
});
