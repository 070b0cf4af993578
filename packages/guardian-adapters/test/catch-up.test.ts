import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ask, deal, sign, signingKey, type Dealt } from "@sotto/crypto";
import { createGuardian } from "@sotto/guardian";
import { createMemoryRecordStore } from "@sotto/guardian-adapters/memory";
import {
  createGuardianMount,
  guardianKeysOf,
  listenGuardian,
  postEnvelope,
  startGuardian,
  type GuardianMount,
} from "@sotto/guardian-adapters/node";
import { envelopePublicKey } from "@sotto/oprf";
import { Secret, wipeBytes, type GuardianAddress, type GuardianRequest } from "@sotto/protocol";
import { sha256 } from "@sotto/verify";

/** More than two pages of tombstones. */
const DEVICES = 15;
const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

const askAt = (address: GuardianAddress, request: GuardianRequest) =>
  ask(address, request, ({ url }, envelope) =>
    postEnvelope(url, new Uint8Array(envelope), AbortSignal.timeout(5_000)),
  );

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => void server.close(done));
  return port;
}

async function serve(t: TestContext, mount: GuardianMount, port: number): Promise<() => Promise<void>> {
  const listener = await listenGuardian(mount, { host: "127.0.0.1", port, onBug: assert.ifError });
  assert.ok(listener.ok);
  t.after(() => listener.value.close());
  return () => listener.value.close();
}

/** A guardian that answers and sends nothing of itself, so that what another knows it has asked for. */
async function listenSilently(t: TestContext, peers: readonly GuardianAddress[]): Promise<GuardianAddress> {
  const [pair, envelopeSeed, port] = [
    signingKey(new Secret(random(32))),
    new Secret(random(32)),
    await freePort(),
  ];
  const guardian = createGuardian({
    store: createMemoryRecordStore(random),
    keys: { gid: pair.publicKey, sign: (bytes) => sign(pair, bytes), envelopeSeed },
    admission: { spend: () => Promise.resolve(true) },
    clock: Date.now,
    random,
    until: () => Promise.resolve(),
    peers,
  });
  await serve(t, createGuardianMount({ guardian, onServed: () => undefined, onBug: assert.ifError }), port);
  const gx = await envelopePublicKey(envelopeSeed);
  return { gid: pair.publicKey, gx, url: `http://127.0.0.1:${port}` };
}

async function registerAt(guardians: readonly GuardianAddress[]): Promise<Dealt> {
  const pins = { real: random(32), decoy: undefined, duress: undefined };
  const dealt = deal(guardians, 2, pins, [], { random, sha256 });
  for (const [at, address] of guardians.entries()) {
    const registration = dealt.registrations[at];
    assert.ok(registration);
    assert.equal((await askAt(address, { kind: "register", registration }))?.kind, "registered");
  }
  return dealt;
}

test("[GD24] a guardian that was away hears of every wipe, page after page, before it serves a device", async (t) => {
  const folder = join(mkdtempSync(join(tmpdir(), "sotto-guardian-")), "data");
  t.after(() => rmSync(join(folder, ".."), { recursive: true, force: true }));
  const keys = await guardianKeysOf(folder);
  assert.ok(keys.ok);
  const port = await freePort();
  const second: GuardianAddress = { ...keys.value, url: `http://127.0.0.1:${port}` };
  const first = await listenSilently(t, [second]);
  const start = async () => {
    const options = { path: folder, peers: [first], onServed: () => undefined, onBug: assert.ifError };
    const guardian = await startGuardian(options);
    assert.ok(guardian.ok);
    const close = await serve(t, guardian.value.mount, port);
    assert.equal(await guardian.value.silentPeers, 0);
    return async (): Promise<void> => {
      await close();
      await guardian.value.stop();
    };
  };
  const stop = await start();
  const all: Dealt[] = [];
  for (let device = 0; device <= DEVICES; device++) all.push(await registerAt([first, second]));
  await stop();
  const [kept, ...wiped] = all;
  assert.ok(kept);
  for (const { seats, real } of wiped) {
    const rid = seats[0]?.rid;
    assert.ok(rid);
    const signature = sign(signingKey(real.wipeSeed), wipeBytes({ gid: first.gid, rid }));
    assert.equal((await askAt(first, { kind: "wipe", rid, signature }))?.kind, "gone");
  }
  const stopAgain = await start();
  const answers: (string | undefined)[] = [];
  for (const { registrations } of all) {
    const registration = registrations[1];
    assert.ok(registration);
    answers.push((await askAt(second, { kind: "register", registration }))?.kind);
  }
  await stopAgain();
  assert.deepEqual(answers, ["registered", ...wiped.map(() => "refused")]);
});
