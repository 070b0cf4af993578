import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createGuardianMount, startGossip, type QueuedKill } from "@sotto/guardian-adapters/node";
import { envelopePublicKey, openRequest, requestEnvelopeBytes } from "@sotto/oprf";
import {
  decode,
  encode,
  guardianAnswerCodec,
  guardianRequestCodec,
  ok,
  Secret,
  type GuardianAnswer,
} from "@sotto/protocol";

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
const DONE: GuardianAnswer = { kind: "done", counter: 0 };
const FULL: GuardianAnswer = { kind: "refused", code: "storageFull", detail: 0 };

/** Another guardian at an address of its own, which hears tokens and answers all of them alike. */
async function listenFor(t: TestContext, answer: GuardianAnswer | "nonsense" | "nothing") {
  const [gid, seed] = [random(32), new Secret(random(32))];
  const heard: string[] = [];
  const mount = createGuardianMount({
    guardian: {
      async answer(envelope) {
        assert.equal(envelope.length, requestEnvelopeBytes("ordinary"));
        const opened = await openRequest({ gid, seed }, envelope);
        const request = opened && decode(guardianRequestCodec, opened.message);
        assert.ok(request?.ok && request.value.kind === "kill");
        heard.push(request.value.token.toHex());
        if (answer === "nothing") return new Promise<undefined>(() => undefined);
        return answer === "nonsense" ? random(273) : opened?.sealAnswer(encode(guardianAnswerCodec, answer));
      },
    },
    onServed: () => undefined,
    onBug: assert.ifError,
  });
  const server = createServer((request, response) => void mount.serve(request, response));
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address: { url, gid, gx: await envelopePublicKey(seed) }, heard };
}

/** A queue that gives out the oldest for each receiver, and never again what was put off. */
function queueOf(kills: readonly QueuedKill[]) {
  let waiting = kills;
  const waits = new Map<QueuedKill, number>();
  return {
    waits,
    left: (): readonly QueuedKill[] => waiting,
    queuedKills: () => waiting.filter((one) => waiting.find(({ url }) => url === one.url) === one),
    putOffKill(kill: QueuedKill, due: number) {
      waits.set(kill, due - Date.now());
      return this.dropKill(kill);
    },
    dropKill(kill: QueuedKill) {
      waiting = waiting.filter((one) => one !== kill);
      return Promise.resolve(ok(undefined));
    },
  };
}

const killTo = (
  address: { readonly url: string; readonly gid: Uint8Array; readonly gx: Uint8Array },
  tries = 0,
): QueuedKill => ({ ...address, kid: random(16), token: random(32), place: 0, tries });

async function gossipUntil(queue: ReturnType<typeof queueOf>, isEnough: () => boolean): Promise<void> {
  const gossip = startGossip(queue, assert.ifError);
  for (const late = Date.now() + 4_000; !isEnough() && Date.now() < late;) await sleep(20);
  await gossip.stop();
  assert.ok(isEnough());
}

test("[GD20 GD21] messages go to one receiver in their order; those to nobody are given up", async (t) => {
  const { address, heard } = await listenFor(t, DONE);
  const kills = [0, 1, 2].map(() => killTo(address));
  const astray = [killTo({ ...address, url: "file:///etc" }), killTo({ ...address, url: "", gx: random(5) })];
  const queue = queueOf([...astray, ...kills]);
  await gossipUntil(queue, () => queue.left().length === 0);
  assert.deepEqual(
    heard,
    kills.map(({ token }) => token.toHex()),
  );
  assert.equal(queue.waits.size, 0);
});

test("[GD21 GD22] whatever is no acknowledgement puts off, longer each time and ten minutes at most", async (t) => {
  const full = await listenFor(t, FULL);
  const nonsense = await listenFor(t, "nonsense");
  const nobody = { ...full.address, url: "http://127.0.0.1:1" };
  const kills = [killTo(full.address), killTo(nonsense.address, 3), killTo(nobody, 2_000)];
  const queue = queueOf(kills);
  await gossipUntil(queue, () => queue.waits.size === kills.length);
  const seconds = kills.map((kill) => Math.round((queue.waits.get(kill) ?? 0) / 1_000));
  assert.deepEqual(seconds, [1, 8, 600]);
});

test("[GD22] a receiver that does not answer keeps none of its round back, and a stop does not wait for it", async (t) => {
  const [silent, prompt] = [await listenFor(t, "nothing"), await listenFor(t, DONE)];
  const kill = killTo(silent.address);
  const queue = queueOf([kill, killTo(prompt.address)]);
  await gossipUntil(queue, () => silent.heard.length === 1 && queue.left().length === 1);
  assert.deepEqual([prompt.heard.length, queue.waits.size], [1, 0]);
  assert.deepEqual(queue.left(), [kill]);
});
