import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createGuardianMount, startGossip, type QueuedMessage } from "@sotto/guardian-adapters/node";
import { envelopePublicKey, openRequest } from "@sotto/oprf";
import {
  decode,
  encode,
  guardianAnswerCodec,
  guardianRequestCodec,
  ok,
  requestEnvelopeBytes,
  Secret,
  type GuardianAddress,
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
function queueOf(messages: readonly QueuedMessage[]) {
  let waiting = messages;
  const waits = new Map<QueuedMessage, number>();
  return {
    waits,
    left: (): readonly QueuedMessage[] => waiting,
    queuedMessages: () => waiting.filter((one) => waiting.find(({ gid }) => gid === one.gid) === one),
    putOffMessage(message: QueuedMessage, due: number) {
      waits.set(message, due - Date.now());
      return this.dropMessage(message);
    },
    dropMessage(message: QueuedMessage) {
      waiting = waiting.filter((one) => one !== message);
      return ok(undefined);
    },
  };
}

const messageTo = ({ gid }: GuardianAddress, tries = 0): QueuedMessage => ({
  kind: "kill",
  gid,
  kid: random(16),
  token: random(32),
  passedOn: false,
  place: 0,
  tries,
});

async function gossipUntil(
  queue: ReturnType<typeof queueOf>,
  peers: readonly GuardianAddress[],
  isEnough: () => boolean,
): Promise<void> {
  const gossip = startGossip(queue, peers, assert.ifError);
  for (const late = Date.now() + 4_000; !isEnough() && Date.now() < late;) await sleep(20);
  await gossip.stop();
  assert.ok(isEnough());
}

test("[GD20 GD21] messages go to one receiver in their order", async (t) => {
  const { address, heard } = await listenFor(t, DONE);
  const messages = [0, 1, 2].map(() => messageTo(address));
  const queue = queueOf(messages);
  await gossipUntil(queue, [address], () => queue.left().length === 0);
  assert.deepEqual(
    heard,
    messages.map(({ token }) => token.toHex()),
  );
  assert.equal(queue.waits.size, 0);
});

test("[GD19 GD21 GD22] whatever is no acknowledgement puts off, longer each time and ten minutes at most", async (t) => {
  const full = await listenFor(t, FULL);
  const nonsense = await listenFor(t, "nonsense");
  const nobody = { ...full.address, gid: random(32), url: "http://127.0.0.1:1" };
  const stranger = { ...full.address, gid: random(32) };
  const messages = [
    messageTo(full.address),
    messageTo(nonsense.address, 3),
    messageTo(nobody, 2_000),
    messageTo(stranger, 2),
  ];
  const queue = queueOf(messages);
  const peers = [full.address, nonsense.address, nobody];
  await gossipUntil(queue, peers, () => queue.waits.size === messages.length);
  const seconds = messages.map((message) => Math.round((queue.waits.get(message) ?? 0) / 1_000));
  assert.deepEqual(seconds, [1, 8, 600, 4]);
  assert.equal(full.heard.length, 1, "nothing goes to who is no peer");
});

test("[GD22] a receiver that does not answer keeps none of its round back, and a stop does not wait for it", async (t) => {
  const [silent, prompt] = [await listenFor(t, "nothing"), await listenFor(t, DONE)];
  const message = messageTo(silent.address);
  const queue = queueOf([message, messageTo(prompt.address)]);
  const peers = [silent.address, prompt.address];
  await gossipUntil(queue, peers, () => silent.heard.length === 1 && queue.left().length === 1);
  assert.deepEqual([prompt.heard.length, queue.waits.size], [1, 0]);
  assert.deepEqual(queue.left(), [message]);
});
