import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createCarry, fetchUnlockOffer, randomBytes as random } from "@sotto/client-adapters/node";
import { ask, deal, unlockWithPin, type Carry } from "@sotto/crypto";
import { listenGuardian, startGuardian, type GuardianMount } from "@sotto/guardian-adapters/node";
import {
  ANSWER_ENVELOPE_BYTES,
  guardianAddressToText,
  requestEnvelopeBytes,
  toHex,
  type GuardianAddress,
} from "@sotto/protocol";
import { createFolder, serve, startRelay, type RelayProcess } from "@sotto/testkit/e2e";
import { sha256 } from "@sotto/verify";

type Place = GuardianAddress & {
  /** The headers of each request, names and values. */
  readonly asked: (readonly string[])[];
};

async function startRelayFor(t: TestContext, ...more: readonly string[]): Promise<RelayProcess> {
  const folder = createFolder();
  const relay = await startRelay({ data: join(folder.path, "relay"), more });
  t.after(async () => {
    await relay.kill();
    folder.remove();
  });
  return relay;
}

/** A guardian on a folder, on a server of its own; it notes who asks. */
async function startPlace(t: TestContext): Promise<Place> {
  const onBug = (error: unknown): never => assert.fail(String(error));
  const folder = createFolder();
  const path = join(folder.path, "guardian");
  const guardian = await startGuardian({ path, peers: [], onServed: () => undefined, onBug });
  assert.ok(guardian.ok);
  const { gid, gx, mount } = guardian.value;
  const asked: (readonly string[])[] = [];
  const noting: GuardianMount = {
    path: mount.path,
    serve(request, response) {
      asked.push(request.rawHeaders);
      return mount.serve(request, response);
    },
  };
  const listener = await listenGuardian(noting, { host: "127.0.0.1", port: 0, onBug });
  assert.ok(listener.ok);
  t.after(async () => {
    await listener.value.close();
    await guardian.value.stop();
    folder.remove();
  });
  return { gid, gx, url: `http://127.0.0.1:${listener.value.port}`, asked };
}

/** A relay's address where something else answers, or nothing. */
async function standIn(t: TestContext, answer: (response: ServerResponse) => void): Promise<string> {
  const { url } = await serve(t, (request, response) => {
    request.resume().on("end", () => answer(response));
  });
  return url;
}

const hello = (place: GuardianAddress, carry: Carry) => ask(place, { kind: "hello", rid: random(16) }, carry);
const NOWHERE = "http://127.0.0.1:1";

test("[GC4 GC11] a device registers with one guardian and opens by way of its relay, whose offer names it", async (t) => {
  const relay = await startRelayFor(t);
  const offer = await fetchUnlockOffer(relay.url);
  assert.ok(offer);
  assert.deepEqual([offer.threshold, offer.guardians.length, offer.isTrial], [1, 1, true]);
  // Nothing but the relay reaches them.
  const guardians = offer.guardians.map((one) => ({ ...one, url: NOWHERE }));
  const carry = createCarry(relay.url);
  const real = random(32);
  const dealt = deal(guardians, offer.threshold, { real, decoy: undefined, duress: undefined }, [], {
    random,
    sha256,
  });
  const [seat] = dealt.seats;
  const [registration] = dealt.registrations;
  assert.ok(seat && registration);
  assert.equal((await ask(seat, { kind: "register", registration }, carry))?.kind, "registered");
  const opened = await unlockWithPin({ ...dealt, threshold: offer.threshold }, real, { carry, random });
  assert.ok(opened.kind === "opened");
  assert.equal(opened.key.expose(toHex), dealt.realBoxKey.expose(toHex));
  const wrong = await unlockWithPin({ ...dealt, threshold: offer.threshold }, random(32), { carry, random });
  assert.equal(wrong.kind, "wrong");
  assert.ok(!relay.output().includes("bug"));
});

test("[GC5 GC11] guardians run elsewhere are asked by the relay, and by the device once the relay is gone", async (t) => {
  const places = await Promise.all([1, 2, 3].map(() => startPlace(t)));
  const more = places.flatMap((place) => ["--guardian", guardianAddressToText(place)]);
  const relay = await startRelayFor(t, ...more);
  const offer = await fetchUnlockOffer(relay.url);
  assert.deepEqual(
    offer?.guardians,
    places.map(({ gid, gx, url }) => ({ gid, gx, url })),
  );
  assert.deepEqual([offer?.threshold, offer?.isTrial], [2, false]);
  const [first] = places;
  assert.ok(first);
  const carry = createCarry(relay.url);
  for (let count = 0; count < 2; count++) assert.equal((await hello(first, carry))?.kind, "challenge");
  const [byRelay, again] = first.asked;
  assert.ok(byRelay);
  assert.deepEqual(again, byRelay);
  await relay.kill();
  assert.equal((await hello(first, carry))?.kind, "challenge");
  assert.equal(first.asked.length, 3);
  assert.equal(await fetchUnlockOffer(relay.url), undefined);
});

test("[GC11] a relay that asked and got no answer is believed; what is no relay's answer is passed by", async (t) => {
  const place = await startPlace(t);
  const through = async (serve: (response: ServerResponse) => void): Promise<[boolean, number]> => {
    const before = place.asked.length;
    const answer = await hello(place, createCarry(await standIn(t, serve)));
    return [answer !== undefined, place.asked.length - before];
  };
  const saying = (status: number, body: string | Uint8Array) => (response: ServerResponse) =>
    void response.writeHead(status).end(body);
  assert.deepEqual(await through(saying(502, "unreached")), [false, 0]);
  assert.deepEqual(await through(saying(503, "busy")), [false, 0]);
  // Sealed by nobody: it does not open.
  assert.deepEqual(await through(saying(200, random(ANSWER_ENVELOPE_BYTES))), [false, 0]);
  assert.deepEqual(await through(saying(404, "")), [true, 1]);
  assert.deepEqual(await through(saying(502, "<html>Bad Gateway</html>")), [true, 1]);
  assert.deepEqual(await through(saying(200, random(ANSWER_ENVELOPE_BYTES - 1))), [true, 1]);
  assert.deepEqual(await through(saying(200, random(1_000_000))), [true, 1]);
  assert.deepEqual(await through((response) => response.destroy()), [true, 1]);
  assert.deepEqual(await through((response) => void response.writeHead(302, { location: "/" }).end()), [
    true,
    1,
  ]);
});

test("[GC12] what must not come twice is not sent past a relay that may have delivered it; the next is", async (t) => {
  const place = await startPlace(t);
  const envelope = random(requestEnvelopeBytes("ordinary"));
  const carry = createCarry(await standIn(t, (response) => response.destroy()));
  assert.equal(await carry(place, envelope, true), undefined);
  assert.equal(place.asked.length, 0);
  await carry(place, envelope, true);
  assert.equal(place.asked.length, 1, "the relay is known to be silent: the way past it is the only one");
});

test("[GC11] a guardian that answers with other than an envelope has not answered", async (t) => {
  const envelope = random(requestEnvelopeBytes("ordinary"));
  const carry = createCarry(NOWHERE);
  for (const length of [0, ANSWER_ENVELOPE_BYTES - 1, ANSWER_ENVELOPE_BYTES + 1, 1_000_000]) {
    const url = await standIn(t, (response) => void response.writeHead(200).end(random(length)));
    assert.equal(await carry({ gid: random(32), gx: random(32), url }, envelope), undefined, String(length));
  }
  assert.equal(await carry({ gid: random(32), gx: random(32), url: NOWHERE }, envelope), undefined);
});

test("[GC1 GC11] an offer that nobody can follow, or that is too long, is none", async (t) => {
  for (const text of ["", "{}", "[]", "x".repeat(1_000_000)]) {
    const url = await standIn(t, (response) => void response.writeHead(200).end(text));
    assert.equal(await fetchUnlockOffer(url), undefined);
  }
});
