import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { encodeRequest, FRAME_BYTES_MAX, type Request } from "@sotto/protocol";
import { nativeRandom } from "@sotto/relay-adapters/node";
import { WebSocket } from "ws";
import { createRng, type Rng } from "@sotto/testkit/rng";
import { connectClient, startRelay } from "./network-rig.ts";

const FRAMES = 100_000;
/** Frames of one connection: about as many as the relay bears before it hangs up. */
const PER_CONNECTION = 24;
const GROWTH_BYTES_MAX = 24 * 1_048_576;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
function bytesHeld(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const key = new Uint8Array(32);
const signature = new Uint8Array(64);
const keys = { write: key, commit: key, admin: undefined, readers: [key] };
const VALID: readonly Request[] = [
  { kind: "hello", nonce: key },
  { kind: "activate", code: new Uint8Array(16), tokenHashes: [key] },
  { kind: "create", cid: key, keys, token: key, signature },
  { kind: "open", cid: key, epoch: 0, write: signature, read: { reader: key, signature } },
  { kind: "resume", ticket: new Uint8Array(120) },
  { kind: "append", handle: 1, messageId: new Uint8Array(16), rung: "1h", commitment: key, body: key },
  { kind: "commit", cid: key, epoch: 0, body: key, next: keys, signature, adminSignature: signature },
  { kind: "read", handle: 1, after: 0 },
  { kind: "ack", handle: 1, through: 2 ** 50 },
  { kind: "attest", handle: 1 },
  { kind: "close", handle: 1 },
  {
    kind: "inboxCreate",
    inboxId: key,
    owner: key,
    readers: [key],
    postTokenHashes: [key],
    token: key,
    signature,
  },
  { kind: "inboxOpen", inboxId: key, reader: key, signature },
  { kind: "allow", handle: 1, postTokenHash: key },
  { kind: "revoke", handle: 1, postTokenHash: key },
  { kind: "shelve", handle: 1, items: [key], lastResort: key },
  { kind: "claim", inboxId: key, postToken: key },
  { kind: "post", inboxId: key, postToken: key, postId: new Uint8Array(16), body: key },
];

function hostileFrame(rng: Rng): Uint8Array {
  const valid = encodeRequest(rng.below(2 ** 32), rng.pick(VALID));
  switch (rng.below(6)) {
    case 0:
      return rng.bytes(rng.below(200));
    case 1:
      return valid.subarray(0, rng.below(valid.length));
    case 2: {
      const mutated = valid.slice();
      for (let count = 0; count <= rng.below(4); count++) mutated[rng.below(valid.length)] = rng.below(256);
      return mutated;
    }
    case 3: {
      // a length that lies: four bytes of 0xff somewhere
      const lying = valid.slice();
      lying.fill(0xff, rng.below(valid.length));
      return lying;
    }
    case 4: {
      const longer = new Uint8Array(valid.length + 1 + rng.below(64));
      longer.set(valid);
      return longer;
    }
    default:
      return valid; // in the wrong order, for what is not there
  }
}

test("[CH63 LI10] 100,000 hostile frames: no crash, no bug, bounded memory, and others are served all the while", async (t) => {
  const relay = await startRelay(t);
  const rng = createRng(1);
  const honest = await connectClient(relay.url);
  const before = bytesHeld();
  let sent = 0;
  const attack = async (own: Rng): Promise<void> => {
    while (sent < FRAMES) {
      const socket = new WebSocket(relay.url, { perMessageDeflate: false });
      socket.on("error", () => undefined);
      await once(socket, "open");
      if (own.chance(0.9)) socket.send(encodeRequest(1, { kind: "hello", nonce: own.bytes(32) }));
      for (let count = 0; count < PER_CONNECTION && sent < FRAMES; count++) {
        if (socket.readyState !== WebSocket.OPEN) break;
        sent += 1;
        socket.send(hostileFrame(own));
        if (count % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
      }
      socket.terminate();
    }
  };
  await Promise.all(Array.from({ length: 16 }, () => attack(rng.fork())));
  const answer = await honest.ask({ kind: "claim", inboxId: nativeRandom(32), postToken: nativeRandom(32) });
  assert.equal(answer.kind, "refused");
  assert.deepEqual(relay.bugs, []);
  await sleep(200);
  const growth = bytesHeld() - before;
  assert.ok(growth < GROWTH_BYTES_MAX, `grew by ${growth} bytes`);
  assert.equal(relay.listener.connections(), 1);
  honest.socket.close();
});

test("[LI11] a frame over the limit, and text, end the connection and nothing else", async (t) => {
  const relay = await startRelay(t);
  const honest = await connectClient(relay.url);
  for (const payload of [new Uint8Array(FRAME_BYTES_MAX + 1), "text"]) {
    const { socket } = await connectClient(relay.url);
    socket.on("error", () => undefined);
    socket.send(payload);
    await once(socket, "close");
  }
  const largest = new Uint8Array(FRAME_BYTES_MAX);
  honest.socket.send(largest);
  const answer = await honest.ask({ kind: "close", handle: 1 });
  assert.equal(answer.kind, "refused");
  assert.deepEqual(relay.bugs, []);
  honest.socket.close();
});
