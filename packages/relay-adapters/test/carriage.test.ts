import assert from "node:assert/strict";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { test, type TestContext } from "node:test";
import { postEnvelope } from "@sotto/guardian-adapters/node";
import {
  ANSWER_ENVELOPE_BYTES,
  CARRY_PATH,
  requestEnvelopeBytes,
  textToUnlockOffer,
  toHex,
  UNLOCK_OFFER_BYTES_MAX,
  type UnlockOffer,
} from "@sotto/protocol";
import {
  createCarriageMount,
  createUnlockOfferMount,
  nativeRandom as random,
  type CarriedGuardian,
} from "@sotto/relay-adapters/node";
import { serve } from "@sotto/testkit/e2e";
import { startRelay } from "./network-rig.ts";

const ORDINARY = requestEnvelopeBytes("ordinary");
const REGISTRATION = requestEnvelopeBytes("registration");
const TYPE = { "content-type": "application/octet-stream" };

type Serve = (body: Buffer, response: ServerResponse, request: IncomingMessage) => void;
const answerWith = (answer: Uint8Array): Serve => {
  return (_body, response) => void response.writeHead(200, TYPE).end(answer);
};

/** What stands where a guardian does, and what it got. */
async function startGuardian(t: TestContext, answer: Serve) {
  const { url, stop } = await serve(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(Buffer.concat(chunks), response, request));
  });
  const never = new AbortController().signal;
  const guardian: CarriedGuardian = {
    gid: random(32),
    ask: (envelope) => postEnvelope(url, envelope, never),
  };
  return { ...guardian, stop };
}

async function startCarriage(t: TestContext, guardians: readonly CarriedGuardian[], underWayMax?: number) {
  const relay = await startRelay(t, { mounts: [createCarriageMount(guardians, underWayMax)] });
  const pathOf = (gid: Uint8Array): string => `http://127.0.0.1:${relay.port}${CARRY_PATH}${toHex(gid)}`;
  return {
    ...relay,
    pathOf,
    carry: (gid: Uint8Array, body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = TYPE) =>
      fetch(pathOf(gid), { method: "POST", headers, body }),
  };
}

/** From another address of this machine, and with whatever a client or a proxy might add. */
function postFrom(localAddress: string, url: string, body: Uint8Array, headers: Record<string, string>) {
  return new Promise<number>((resolve, reject) => {
    const options = { method: "POST", localAddress, headers: { ...TYPE, ...headers } };
    const sent = httpRequest(url, options, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", reject).end(body);
  });
}

test("[GC4] an envelope goes there as it is, its answer comes back as it is, for both sizes", async (t) => {
  const got: Buffer[] = [];
  const answers = [random(ANSWER_ENVELOPE_BYTES), random(ANSWER_ENVELOPE_BYTES)];
  const guardian = await startGuardian(t, (body, response) => {
    const answer = answers[got.push(body) - 1];
    response.writeHead(200, TYPE).end(answer);
  });
  const relay = await startCarriage(t, [guardian]);
  const envelopes = [random(ORDINARY), random(REGISTRATION)];
  for (const [at, envelope] of envelopes.entries()) {
    const response = await relay.carry(guardian.gid, envelope);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/octet-stream");
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), answers[at]);
    assert.deepEqual(new Uint8Array(got[at] ?? []), envelope);
  }
});

test("[GC5] the guardian sees no address, and the same headers whoever asks", async (t) => {
  const seen: { headers: readonly string[]; url: string; from: string }[] = [];
  const guardian = await startGuardian(t, (_body, response, { rawHeaders, url = "", socket }) => {
    seen.push({ headers: rawHeaders, url, from: socket.remoteAddress ?? "" });
    response.writeHead(200, TYPE).end(random(ANSWER_ENVELOPE_BYTES));
  });
  const relay = await startCarriage(t, [guardian]);
  const url = relay.pathOf(guardian.gid);
  const telling = {
    "x-forwarded-for": "203.0.113.9",
    forwarded: "for=203.0.113.9",
    cookie: "name=203.0.113.9",
    "user-agent": "203.0.113.9",
    "accept-language": "203.0.113.9",
    referer: "https://203.0.113.9/",
    "x-request-id": "203.0.113.9",
  };
  assert.equal(await postFrom("127.0.0.1", url, random(ORDINARY), {}), 200);
  assert.equal(await postFrom("127.0.0.77", `${url}?from=203.0.113.9`, random(ORDINARY), telling), 200);
  const [plain, told] = seen;
  assert.ok(plain && told);
  assert.deepEqual(told, plain);
  assert.equal(plain.url, "/guardian");
  assert.ok(!JSON.stringify(seen).includes("127.0.0.77"));
  assert.deepEqual([relay.events, relay.bugs], [[], []]);
});

test("[GC6] envelopes go to guardians of the relay's own only", async (t) => {
  let asked = 0;
  const guardian = await startGuardian(t, (_body, response) => {
    asked += 1;
    response.writeHead(200, TYPE).end(random(ANSWER_ENVELOPE_BYTES));
  });
  const relay = await startCarriage(t, [guardian]);
  const base = `http://127.0.0.1:${relay.port}${CARRY_PATH}`;
  const name = toHex(guardian.gid);
  const elsewhere = encodeURIComponent("http://127.0.0.1:1");
  for (const path of ["", toHex(random(32)), name.toUpperCase(), `${name}/`, `${name}/x`, elsewhere]) {
    const response = await fetch(base + path, { method: "POST", headers: TYPE, body: random(ORDINARY) });
    assert.deepEqual([response.status, await response.text()], [404, ""], path);
  }
  assert.equal(asked, 0);
});

test("[GC7] what is no envelope goes nowhere", async (t) => {
  let asked = 0;
  const guardian = await startGuardian(t, (_body, response) => {
    asked += 1;
    response.writeHead(200, TYPE).end(random(ANSWER_ENVELOPE_BYTES));
  });
  const relay = await startCarriage(t, [guardian]);
  for (const length of [0, 1, ORDINARY - 1, ORDINARY + 1, REGISTRATION - 1, REGISTRATION + 1, 1_000_000]) {
    const response = await relay.carry(guardian.gid, random(length)).catch(() => undefined);
    // Cut off where it is too long to be read.
    if (response !== undefined || length <= REGISTRATION) assert.equal(response?.status, 400, String(length));
  }
  const wrongType = { "content-type": "text/plain" };
  assert.equal((await relay.carry(guardian.gid, random(ORDINARY), wrongType)).status, 400);
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(random(1_000)),
  });
  const endless = { method: "POST", headers: TYPE, body, duplex: "half" } as const;
  const ended = await fetch(relay.pathOf(guardian.gid), endless).catch(() => undefined);
  assert.ok(ended === undefined || ended.status === 400);
  assert.equal((await fetch(relay.pathOf(guardian.gid))).status, 405);
  assert.equal(asked, 0);
  assert.deepEqual([relay.events, relay.bugs], [[], []]);
});

test("[GC8] a guardian that is down, refuses, or answers what no guardian does is unreached", async (t) => {
  const serving: readonly Serve[] = [
    answerWith(random(0)),
    answerWith(random(ANSWER_ENVELOPE_BYTES - 1)),
    answerWith(random(ANSWER_ENVELOPE_BYTES + 1)),
    (_body, response) => void response.writeHead(400).end(random(ANSWER_ENVELOPE_BYTES)),
    (_body, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
    (_body, response) => response.destroy(),
  ];
  const guardians = await Promise.all(serving.map((serve) => startGuardian(t, serve)));
  const down = await startGuardian(t, answerWith(random(ANSWER_ENVELOPE_BYTES)));
  down.stop();
  const relay = await startCarriage(t, [...guardians, down]);
  for (const { gid } of [...guardians, down]) {
    const response = await relay.carry(gid, random(ORDINARY));
    assert.deepEqual([response.status, await response.text()], [502, "unreached"]);
  }
  assert.deepEqual([relay.events, relay.bugs], [[], []]);
});

test("[GC9] with too many under way to one guardian it is busy, and the others are not", async (t) => {
  const waiting: ServerResponse[] = [];
  let arrived = (): void => {};
  const hanging = await startGuardian(t, (_body, response) => {
    waiting.push(response);
    arrived();
  });
  const other = await startGuardian(t, answerWith(random(ANSWER_ENVELOPE_BYTES)));
  const relay = await startCarriage(t, [hanging, other], 2);
  const bothArrived = new Promise<void>((resolve) => {
    arrived = () => waiting.length === 2 && resolve();
  });
  const two = [1, 2].map(() => relay.carry(hanging.gid, random(ORDINARY)));
  await bothArrived;
  const third = await relay.carry(hanging.gid, random(ORDINARY));
  assert.deepEqual([third.status, await third.text()], [503, "busy"]);
  assert.equal((await relay.carry(other.gid, random(ORDINARY))).status, 200);
  for (const response of waiting) response.writeHead(200, TYPE).end(random(ANSWER_ENVELOPE_BYTES));
  for (const carried of two) assert.equal((await carried).status, 200);
  const again = relay.carry(hanging.gid, random(ORDINARY));
  arrived = () => waiting.at(-1)?.writeHead(200, TYPE).end(random(ANSWER_ENVELOPE_BYTES));
  assert.equal((await again).status, 200);
});

test("[GC10] the offer is there for pages of every origin, and nobody keeps it", async (t) => {
  const offer: UnlockOffer = {
    threshold: 1,
    guardians: [{ gid: random(32), gx: random(32), url: "https://guardian.example" }],
    isTrial: true,
    passphrase: "allowed",
    lockIdleMsMax: 120_000,
    lockHiddenMsMax: 30_000,
  };
  const { port } = await startRelay(t, { mounts: [createUnlockOfferMount(() => offer)] });
  const url = `http://127.0.0.1:${port}/unlock-offer`;
  const response = await fetch(url, { headers: { origin: "https://elsewhere.example" } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  const text = await response.text();
  assert.ok(text.length <= UNLOCK_OFFER_BYTES_MAX);
  assert.deepEqual(textToUnlockOffer(text), { ok: true, value: offer });
  assert.equal((await fetch(url, { method: "POST", body: "x" })).status, 405);
});

test("[GC10] a page of another origin may have envelopes carried, after asking whether it may", async (t) => {
  const guardian = await startGuardian(t, answerWith(random(ANSWER_ENVELOPE_BYTES)));
  const relay = await startCarriage(t, [guardian]);
  const asked = await fetch(relay.pathOf(guardian.gid), {
    method: "OPTIONS",
    headers: { origin: "https://elsewhere.example", "access-control-request-method": "POST" },
  });
  assert.equal(asked.status, 204);
  assert.equal(asked.headers.get("access-control-allow-origin"), "*");
  assert.equal(asked.headers.get("access-control-allow-methods"), "POST");
  assert.equal(asked.headers.get("access-control-allow-headers"), "content-type");
});
