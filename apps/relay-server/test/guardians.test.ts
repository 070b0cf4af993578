import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { createCarry, fetchUnlockOffer, randomBytes as random } from "@sotto/client-adapters/node";
import { ask, deal, unlockWithPin } from "@sotto/crypto";
import { guardianAddressToText, toHex, type GuardianAddress, type UnlockOffer } from "@sotto/protocol";
import { createFolder, startRelay, until, type RelayProcess } from "@sotto/testkit/e2e";
import { sha256 } from "@sotto/verify";

const MAIN = resolve(import.meta.dirname, "../src/main.ts");

/** A data folder, and a relay on it that can be started again. */
function createPlace(t: TestContext) {
  const folder = createFolder();
  const data = join(folder.path, "data");
  let running: RelayProcess | undefined;
  t.after(async () => {
    await running?.kill();
    folder.remove();
  });
  return {
    data,
    async start(...more: readonly string[]): Promise<RelayProcess> {
      await running?.stop();
      running = await startRelay({ data, more });
      return running;
    },
  };
}

async function offerOf({ url }: RelayProcess): Promise<UnlockOffer> {
  const offer = await fetchUnlockOffer(url);
  assert.ok(offer);
  return offer;
}

const namesOf = ({ guardians }: UnlockOffer): readonly string[] => guardians.map(({ gid }) => toHex(gid));

/** What a relay reaches, and nothing else. */
const NOWHERE = "http://127.0.0.1:1";
const elsewhere = (guardians: readonly GuardianAddress[]) =>
  guardians.map((one) => ({ ...one, url: NOWHERE }));

async function serves(guardian: GuardianAddress, carry: ReturnType<typeof createCarry>): Promise<boolean> {
  const answer = await ask({ ...guardian, url: NOWHERE }, { kind: "hello", rid: random(16) }, carry);
  return answer?.kind === "challenge";
}

/** Every guardian says so, once it has asked the others what was wiped. */
const untilAllServe = ({ url }: RelayProcess, { guardians }: UnlockOffer) =>
  until("every guardian to serve", async () => {
    const carry = createCarry(url);
    return (await Promise.all(guardians.map((one) => serves(one, carry)))).every(Boolean);
  });

/** Registers a device by way of the relay. Gives what a PIN opens. */
async function register({ url }: RelayProcess, { guardians, threshold }: UnlockOffer) {
  const carry = createCarry(url);
  const real = random(32);
  const pins = { real, decoy: undefined, duress: undefined };
  const dealt = deal(guardians, threshold, pins, [], { random, sha256 });
  for (const [at, registration] of dealt.registrations.entries()) {
    const [seat] = elsewhere(dealt.seats.slice(at, at + 1));
    assert.ok(seat);
    assert.equal((await ask(seat, { kind: "register", registration }, carry))?.kind, "registered");
  }
  return async (through: RelayProcess, pin: Uint8Array = real): Promise<string> => {
    const seats = dealt.seats.map((seat) => ({ ...seat, url: NOWHERE }));
    const ports = { carry: createCarry(through.url), random };
    const unlocking = await unlockWithPin({ ...dealt, seats, threshold }, pin, ports);
    if (unlocking.kind !== "opened") return unlocking.kind;
    return unlocking.key.expose(toHex) === dealt.realBoxKey.expose(toHex) ? "real" : "another";
  };
}

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

/** One that ended and that nobody has asked after yet is still in the list of processes. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("[LI26] a relay has one guardian of its own, offers it as a trial and says so", async (t) => {
  const place = createPlace(t);
  const relay = await place.start();
  assert.match(relay.output(), /Guardian +one, in this relay: a trial\n +PINs do not survive seizure/);
  const offer = await offerOf(relay);
  assert.deepEqual(
    { ...offer, guardians: offer.guardians.map(({ url }) => url) },
    {
      threshold: 1,
      guardians: [relay.url],
      isTrial: true,
      passphrase: "allowed",
      lockIdleMsMax: 120_000,
      lockHiddenMsMax: 30_000,
    },
  );
  assert.deepEqual(childrenOf(relay.pid), []);
  for (const name of ["guardian/identity.key", "guardian/guardian.sqlite"])
    assert.equal(statSync(join(place.data, name)).mode & 0o777, 0o600, name);
  const open = await register(relay, offer);
  assert.equal(await open(relay), "real");
  const again = await place.start();
  assert.deepEqual(namesOf(await offerOf(again)), namesOf(offer));
  assert.equal(await open(again), "real");
  assert.equal(await open(again, random(32)), "wrong");
});

test("[LI26 GE4] the guardian in a relay is at its own place there, too, and a relay elsewhere is not", async (t) => {
  const relay = await createPlace(t).start();
  const direct = await fetch(`${relay.url}/guardian`, { method: "POST", body: "no envelope" });
  assert.deepEqual([direct.status, await direct.text()], [400, ""]);
});

test("[LI27 LI28] three processes open for a PIN while one is killed, which comes back; with the relay they are gone", async (t) => {
  const place = createPlace(t);
  const relay = await place.start("--guardians", "3");
  assert.match(relay.output(), /Guardians +3 processes on this machine, of which 2 open a device: a trial/);
  const offer = await offerOf(relay);
  assert.deepEqual([offer.threshold, offer.guardians.length, offer.isTrial], [2, 3, true]);
  await untilAllServe(relay, offer);
  const open = await register(relay, offer);
  assert.equal(await open(relay), "real");
  const before = childrenOf(relay.pid);
  assert.equal(before.length, 3);
  const [victim = 0] = before;
  process.kill(victim, "SIGKILL");
  assert.equal(await open(relay), "real");
  assert.deepEqual(await offerOf(relay), offer);
  await until("another process", () => {
    const now = childrenOf(relay.pid);
    return now.length === 3 && !now.includes(victim);
  });
  await untilAllServe(relay, offer);
  assert.match(relay.output(), /"event":"guardian\.died"/);
  const children = childrenOf(relay.pid);
  await relay.kill();
  await until("the end of its guardians", () => !children.some(isRunning));

  const again = await place.start();
  assert.deepEqual(namesOf(await offerOf(again)), namesOf(offer));
  await untilAllServe(again, offer);
  assert.equal(await open(again), "real");
  const last = childrenOf(again.pid);
  assert.equal(await again.stop(), 0);
  assert.ok(!last.some(isRunning));
});

test("[LI27] the ports after the relay's are theirs, but for one that is taken", async (t) => {
  // Below those that the system gives to whoever asks for any.
  const port = 20_000 + 4 * (process.pid % 2_500);
  const taken = createServer().listen(port, "127.0.0.1");
  t.after(() => taken.close());
  await once(taken, "listening");
  const relay = await createPlace(t).start("--port", String(port - 1), "--guardians", "3");
  assert.equal(relay.port, port - 1);
  const offer = await offerOf(relay);
  const [first, second, third] = offer.guardians.map(({ url }) => Number(new URL(url).port));
  assert.notEqual(first, port);
  assert.deepEqual([second, third], [port + 1, port + 2]);
  await untilAllServe(relay, offer);
});

test("[LI29] whoever enrolled with the relay's own guardian goes on, whatever is offered since", async (t) => {
  const place = createPlace(t);
  const first = await place.start();
  const open = await register(first, await offerOf(first));
  const second = await place.start("--guardians", "3");
  const offer = await offerOf(second);
  assert.equal(offer.guardians.length, 3);
  assert.equal(await open(second), "real");
  const third = await place.start(
    ...offer.guardians.flatMap((one) => ["--guardian", guardianAddressToText(one)]),
  );
  assert.deepEqual(namesOf(await offerOf(third)), namesOf(offer));
  assert.equal((await offerOf(third)).isTrial, false);
  assert.equal(await open(third), "real");
  const fourth = await place.start("--guardians", "1");
  assert.equal((await offerOf(fourth)).guardians.length, 1);
  assert.equal(await open(fourth), "real");
});

test("[LI29] guardians that run elsewhere are offered, and the relay starts none", async (t) => {
  const place = createPlace(t);
  const guardians = [1, 2, 3, 4, 5].map((at) => ({
    gid: random(32),
    gx: random(32),
    url: `https://guardian-${at}.example`,
  }));
  const more = guardians.flatMap((one) => ["--guardian", guardianAddressToText(one)]);
  const relay = await place.start(...more);
  assert.match(relay.output(), /Guardians +5 run elsewhere, of which 3 open a device\n/);
  const offer = await offerOf(relay);
  assert.deepEqual(offer.guardians, guardians);
  assert.deepEqual([offer.threshold, offer.isTrial], [3, false]);
  assert.deepEqual(childrenOf(relay.pid), []);
  assert.ok(!existsSync(join(place.data, "guardian")) && !existsSync(join(place.data, "guardians")));
});

test("[LI30] an organisation may forbid passphrases and shorten the lock, for everybody", async (t) => {
  const more = ["--no-passphrase", "--lock-idle", "60", "--lock-hidden", "1"];
  const { passphrase, lockIdleMsMax, lockHiddenMsMax } = await offerOf(await createPlace(t).start(...more));
  assert.deepEqual([passphrase, lockIdleMsMax, lockHiddenMsMax], ["denied", 60_000, 1_000]);
});

test("[LI30] what makes no sense is one plain sentence and exit code 1", (t) => {
  const { data } = createPlace(t);
  const guardian = (): string =>
    guardianAddressToText({ gid: random(32), gx: random(32), url: "https://guardian.example" });
  const named = (...texts: readonly string[]) => texts.flatMap((text) => ["--guardian", text]);
  const one = guardian();
  const mistakes: readonly (readonly [args: readonly string[], sentence: RegExp])[] = [
    [["--guardians", "2"], /^--guardians takes 1, one in the relay, or 3, each a process of its own\.$/],
    [["--guardians", "3", ...named(one)], /^--guardians and --guardian do not go together/],
    [named(one, guardian()), /^--guardian is given three or five times/],
    [named(one, guardian(), one), /^--guardian names one guardian twice/],
    [named("https://guardian.example", guardian(), guardian()), /^--guardian takes what a guardian shows/],
    [["--lock-idle", "9"], /^--lock-idle takes seconds, from 10 to 120\.$/],
    [["--lock-idle", "121"], /^--lock-idle takes seconds/],
    [["--lock-idle", "1e1"], /^--lock-idle takes seconds/],
    [["--lock-hidden", "0"], /^--lock-hidden takes seconds, from 1 to 30\.$/],
    [["--lock-hidden", ""], /^--lock-hidden takes seconds/],
  ];
  for (const [args, sentence] of mistakes) {
    const ran = spawnSync(process.execPath, [MAIN, "start", "--port", "0", "--data", data, ...args], {
      encoding: "utf8",
    });
    assert.deepEqual([ran.status, ran.stdout], [1, ""], args.join(" "));
    assert.match(ran.stderr.trim(), sentence);
  }
  assert.ok(!existsSync(data));
});

test("[LI31] a guardian that cannot start keeps the relay from starting, which says why and leaves none behind", async (t) => {
  const place = createPlace(t);
  const fails = (...more: readonly string[]): string => {
    const args = ["start", "--port", "0", "--data", place.data, ...more];
    const ran = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
    assert.deepEqual([ran.status, ran.stdout], [1, ""]);
    assert.equal(ran.stderr.trim().split("\n").length, 1, ran.stderr);
    return ran.stderr;
  };
  const second = join(place.data, "guardians", "2");
  mkdirSync(second, { recursive: true, mode: 0o700 });
  await place.start("--guardians", "3").then((relay) => relay.stop());
  writeFileSync(
    join(second, "guardian.sqlite"),
    "This is no database, and long enough to be seen as none. ".repeat(99),
  );
  assert.match(fails("--guardians", "3"), /guardians\/2 /);
  writeFileSync(join(second, "identity.key"), "no key");
  assert.match(fails(), /identity\.key in .*guardians\/2 is damaged/);
  mkdirSync(join(place.data, "guardian"), { mode: 0o700 });
  writeFileSync(join(place.data, "guardian", "identity.key"), "no key");
  assert.match(fails("--guardians", "1"), /identity\.key in .*guardian is damaged/);
});

test("[GC10 LG2 LG4] a talkative relay logs nothing of what it carried", async (t) => {
  const relay = await createPlace(t).start();
  const offer = await offerOf(relay);
  const [guardian] = offer.guardians;
  assert.ok(guardian);
  const open = await register(relay, offer);
  assert.equal(await open(relay), "real");
  assert.equal((await fetch(`${relay.url}/carry/${"ab".repeat(32)}`, { method: "POST" })).status, 404);
  await fetch(`${relay.url}/carry/${toHex(guardian.gid)}`, { method: "POST", body: "QQQQ" });
  const before = relay.output();
  await relay.stop();
  const log = before.slice(before.indexOf("Ctrl-C"));
  for (const trace of ["carry", "abab", "QQ", "127.0.0.1", toHex(guardian.gid)])
    assert.ok(!log.includes(trace), trace);
});
