import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ask,
  deal,
  sign,
  signingKey,
  unlockWithPin,
  type Carry,
  type Dealt,
  type Unlocking,
} from "@sotto/crypto";
import {
  fromHex,
  guardianAddressToText,
  textToBytes,
  toHex,
  wipeBytes,
  type GuardianAddress,
} from "@sotto/protocol";
import { sha256 } from "@sotto/verify";
import { createEvents } from "../src/events.ts";

const MAIN = resolve(import.meta.dirname, "../src/main.ts");
const THRESHOLD = 2;
/** How long gossip may take, with what a guardian that was down makes it wait. */
const GOSSIP_WAIT_MS = 30_000;

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
/** Instead of Argon2id, which is the device's own business. */
const stretched = (pin: string): Uint8Array => sha256(textToBytes(`stretched ${pin}`));

const post = (url: string, body: Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(`${url}/guardian`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body,
  });

const carry: Carry = async ({ url }, envelope) => {
  try {
    const response = await post(url, new Uint8Array(envelope));
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
};

/** A guardian in a process of its own, which can be killed and started again where it was. */
class GuardianProcess {
  readonly folder: string;
  address: GuardianAddress = { gid: new Uint8Array(0), gx: new Uint8Array(0), url: "" };
  said = "";
  /** What it told its operator. */
  told = "";
  #child: ChildProcess | undefined;
  #peers: readonly GuardianAddress[] = [];

  constructor(t: TestContext) {
    const parent = mkdtempSync(join(tmpdir(), "sotto-guardian-"));
    this.folder = join(parent, "data");
    t.after(async () => {
      await this.end("SIGKILL");
      rmSync(parent, { recursive: true, force: true });
    });
  }

  async start(peers: readonly GuardianAddress[] = this.#peers): Promise<void> {
    this.#peers = peers;
    const port = this.address.url === "" ? "0" : new URL(this.address.url).port;
    const args = [MAIN, "start", "--port", port, "--data", this.folder, "--verbose"];
    for (const peer of peers) args.push("--peer", guardianAddressToText(peer));
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.told = "";
    this.said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.said += text));
    for await (const text of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
      this.told += String(text);
      if (this.told.includes("Ctrl-C")) break;
    }
    const welcome = this.told;
    child.stdout.on("data", (text: string) => (this.told += text));
    const found = (pattern: RegExp): string => pattern.exec(welcome)?.[1] ?? "";
    this.address = {
      gid: fromHex(found(/gid\s+([0-9a-f]{64})\n/)),
      gx: fromHex(found(/gx\s+([0-9a-f]{64})\n/)),
      url: found(/Address\s+(\S+)\n/),
    };
    assert.ok(welcome.includes(this.folder));
  }

  /** The exit code; null after SIGKILL. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return null;
    const exit = once(child, "exit");
    child.kill(signal);
    const [code] = (await exit) as [number | null];
    return code;
  }

  /** For how many other guardians messages wait. */
  awaited(): number {
    const db = new DatabaseSync(join(this.folder, "guardian.sqlite"), { readOnly: true, timeout: 1_000 });
    const { count } = db.prepare("SELECT count(DISTINCT gid) AS count FROM message").get() as {
      count: number;
    };
    db.close();
    return count;
  }
}

async function startGuardians(t: TestContext, count: number): Promise<readonly GuardianProcess[]> {
  const guardians = Array.from({ length: count }, () => new GuardianProcess(t));
  await Promise.all(guardians.map((one) => one.start()));
  if (count > 1) {
    await Promise.all(guardians.map((one) => one.end("SIGTERM")));
    await Promise.all(guardians.map((one) => one.start(othersOf(guardians, one))));
    await Promise.all(guardians.map((one) => serving(one)));
  }
  return guardians;
}

const othersOf = (guardians: readonly GuardianProcess[], own: GuardianProcess): readonly GuardianAddress[] =>
  guardians.filter((one) => one !== own).map(({ address }) => address);

/** Devices are served once the others said what was wiped, or did not say. */
async function serving({ address }: GuardianProcess): Promise<void> {
  for (const late = Date.now() + GOSSIP_WAIT_MS; ; await sleep(50)) {
    const answer = await ask(address, { kind: "hello", rid: random(16) }, carry);
    if (answer?.kind === "challenge") return;
    assert.ok(answer?.kind === "refused" && answer.code === "starting" && Date.now() < late);
  }
}

/** A device with a real, a decoy and a duress PIN, each its own name. */
async function register(guardians: readonly GuardianProcess[]): Promise<Dealt> {
  const addresses = guardians.map(({ address }) => address);
  const pins = { real: stretched("real"), decoy: stretched("decoy"), duress: stretched("duress") };
  const dealt = deal(addresses, THRESHOLD, pins, [], { random, sha256 });
  for (const [at, registration] of dealt.registrations.entries()) {
    const address = addresses[at];
    assert.ok(address);
    const answer = await ask(address, { kind: "register", registration }, carry);
    assert.equal(answer?.kind, "registered");
  }
  return dealt;
}

/** What a PIN opens. `only`: the guardians that are asked, from 1. */
async function open(dealt: Dealt, pin: string, only: readonly number[] = [1, 2, 3]): Promise<string> {
  const seats = dealt.seats.filter(({ x }) => only.includes(x));
  const image = { seats, threshold: THRESHOLD, deviceSecret: dealt.deviceSecret };
  return profileOf(dealt, await unlockWithPin(image, stretched(pin), { carry, random }));
}

function profileOf(dealt: Dealt, unlocking: Unlocking): string {
  if (unlocking.kind !== "opened") return unlocking.kind;
  const hex = unlocking.key.expose(toHex);
  if (hex === dealt.realBoxKey.expose(toHex)) return "real";
  return hex === dealt.decoyBoxKey.expose(toHex) ? "decoy" : "neither";
}

async function until(what: () => boolean): Promise<void> {
  const late = Date.now() + GOSSIP_WAIT_MS;
  while (!what()) {
    assert.ok(Date.now() < late, "it takes too long");
    await sleep(50);
  }
}

test("[GD4 GD31] three processes open for two PINs, with one of them killed, and after it is back", async (t) => {
  const guardians = await startGuardians(t, 3);
  const dealt = await register(guardians);
  assert.equal(await open(dealt, "real"), "real");
  assert.equal(await open(dealt, "decoy"), "decoy");
  assert.equal(await open(dealt, "wrong"), "wrong");
  const third = guardians[2];
  assert.ok(third);
  const { address } = third;
  await third.end("SIGKILL");
  assert.equal(await open(dealt, "real"), "real");
  assert.equal(await open(dealt, "real", [1, 3]), "tooFew");
  await third.start();
  await serving(third);
  assert.deepEqual(third.address, address);
  assert.equal(await open(dealt, "real", [1, 3]), "real");
  assert.equal(await third.end("SIGTERM"), 0);
  assert.match(third.said, /^\{[^\n]*"event":"stopped","answered":\d+,"refused":0\}\n$/);
});

test("[GD5 GD20 GD21 GD22] after duress at two, a third that was down burns too, and a backup of one is of no use", async (t) => {
  const [first, second, third] = await startGuardians(t, 3);
  assert.ok(first && second && third);
  const dealt = await register([first, second, third]);
  const backup = `${first.folder}-backup`;
  assert.equal(await first.end("SIGTERM"), 0);
  cpSync(first.folder, backup, { recursive: true });
  await first.start();
  await serving(first);
  await third.end("SIGKILL");
  assert.equal(await open(dealt, "duress"), "decoy");
  assert.equal(await open(dealt, "real"), "wrong");
  // Each has told the other, and keeps what it could not tell the third.
  await until(() => first.awaited() === 1 && second.awaited() === 1);
  await first.end("SIGKILL");
  rmSync(first.folder, { recursive: true });
  cpSync(backup, first.folder, { recursive: true });
  await third.start();
  await until(() => second.awaited() === 0);
  await first.start();
  await Promise.all([serving(first), serving(third)]);
  assert.equal(await open(dealt, "real", [1, 3]), "wrong");
  assert.equal(await open(dealt, "decoy", [1, 3]), "decoy");
  await until(() => third.awaited() === 0);
  assert.equal(await open(dealt, "real"), "wrong");
});

/** Wiped with the certificates that were signed when it was registered. */
async function wipeAt({ address }: GuardianProcess, dealt: Dealt, at: number): Promise<void> {
  const rid = dealt.seats[at]?.rid;
  assert.ok(rid);
  const signature = sign(signingKey(dealt.real.wipeSeed), wipeBytes({ gid: address.gid, rid }));
  assert.equal((await ask(address, { kind: "wipe", rid, signature }, carry))?.kind, "gone");
}

const knows = async ({ address }: GuardianProcess, dealt: Dealt, at: number): Promise<boolean> => {
  const registration = dealt.registrations[at];
  assert.ok(registration);
  const answer = await ask(address, { kind: "register", registration }, carry);
  assert.ok(answer?.kind === "registered" || answer?.kind === "refused");
  return answer.kind === "registered";
};

test("[GD23 GD24] wiped at two, a third that is put back to an older state refuses before it serves; with none to ask, it says so", async (t) => {
  const [first, second, third] = await startGuardians(t, 3);
  assert.ok(first && second && third);
  const dealt = await register([first, second, third]);
  const backup = `${third.folder}-backup`;
  await third.end("SIGTERM");
  cpSync(third.folder, backup, { recursive: true });
  await wipeAt(first, dealt, 0);
  await wipeAt(second, dealt, 1);
  await third.start();
  await serving(third);
  assert.equal(await knows(third, dealt, 2), false);
  // Back again, with nobody there: after a time it serves with what it has, and hears later.
  await Promise.all([third, first, second].map((one) => one.end("SIGTERM")));
  rmSync(third.folder, { recursive: true });
  cpSync(backup, third.folder, { recursive: true });
  await third.start();
  await serving(third);
  assert.match(third.told, /2 of 2 other guardians have not said yet/);
  assert.equal(await knows(third, dealt, 2), true);
  await second.start();
  for (const late = Date.now() + GOSSIP_WAIT_MS; await knows(third, dealt, 2); await sleep(100))
    assert.ok(Date.now() < late);
});

test("[GD19] a peer is named by address and keys; what is not is refused", () => {
  for (const peer of ["", "http://a#b.c", `http://a/b#${"0".repeat(64)}.${"0".repeat(64)}`, "0".repeat(129)])
    assert.match(refusal("start", "--port", "0", "--data", "/nowhere", "--peer", peer), /^--peer takes what/);
});

test("[GE5] a page of another origin may ask", async (t) => {
  const [guardian] = await startGuardians(t, 1);
  assert.ok(guardian);
  const asked = await fetch(`${guardian.address.url}/guardian`, {
    method: "OPTIONS",
    headers: { "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
  });
  const allowed = ["origin", "methods", "headers"].map((name) =>
    asked.headers.get(`access-control-allow-${name}`),
  );
  assert.deepEqual([asked.status, ...allowed], [204, "*", "POST", "content-type"]);
  const { status, headers } = await post(guardian.address.url, random(561));
  assert.deepEqual([status, headers.get("access-control-allow-origin")], [400, "*"]);
});

test("[GE4] what is no envelope is refused with nothing, and a log has nothing of it", async (t) => {
  const [guardian] = await startGuardians(t, 1);
  assert.ok(guardian);
  const { url } = guardian.address;
  const bodies = [0, 1, 561, 4_145, 4_146, 1_000_000].map((length) => {
    const body = new Uint8Array(length).fill(0x51);
    return body.fill(1, 0, 1);
  });
  for (const body of bodies) {
    const response = await post(url, body);
    assert.deepEqual([response.status, await response.text()], [400, ""], String(body.length));
  }
  const named = await fetch(`${url}/guardian`, { method: "POST", body: "QQQQ" });
  assert.deepEqual([named.status, await named.text()], [400, ""]);
  assert.equal((await fetch(`${url}/guardian`)).status, 400);
  assert.equal((await fetch(`${url}/elsewhere`)).status, 404);
  assert.notEqual(await endless(url), 200);
  const long = await fetch(`${url}/guardian`, { headers: { x: "Q".repeat(20_000) } }).catch(() => undefined);
  assert.ok(long === undefined || long.status >= 400);
  await guardian.end("SIGTERM");
  assert.match(guardian.said, /"answered":0,"refused":\d+\}\n$/);
  assert.ok(!guardian.said.includes("QQ"));
});

/** The status that a body without a length gets, which would never end; undefined where it is cut off. */
async function endless(url: string): Promise<number | undefined> {
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await sleep(1);
      controller.enqueue(new Uint8Array(1_000));
    },
  });
  const headers = { "content-type": "application/octet-stream" };
  const request = { method: "POST", headers, body, duplex: "half" } as const;
  return fetch(`${url}/guardian`, request).then(
    ({ status }) => status,
    () => undefined,
  );
}

const refusal = (...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
  assert.deepEqual([status, stdout], [1, ""]);
  return stderr;
};

test("[GD32 GD33] a folder has one process and one identity; what stands in the way is said plainly", async (t) => {
  const [guardian] = await startGuardians(t, 1);
  assert.ok(guardian);
  const { folder } = guardian;
  const identity = join(folder, "identity.key");
  for (const name of ["identity.key", "guardian.sqlite", "guardian.keys", "guardian.tombstones", "lock"])
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
  assert.match(
    refusal("start", "--port", "0", "--data", folder),
    /^Another guardian is running on the data in [^\n]*\n$/,
  );
  const { port } = new URL(guardian.address.url);
  assert.equal(
    refusal("start", "--port", port, "--data", `${folder}-2`),
    `Port ${port} is in use. Stop what uses it, or choose another with --port.\n`,
  );
  assert.match(refusal("start", "--data", join(identity, "below")), /cannot be read or written/);
  assert.match(refusal("start", "--port", "x"), /^--port takes a number/);
  assert.match(refusal("sing"), /^Usage: /);
  await guardian.end("SIGTERM");
  rmSync(identity);
  assert.match(refusal("start", "--port", "0", "--data", folder), /identity\.key .* damaged or missing/);
  assert.ok(!existsSync(identity));
});

test("[LG1 LG3] a guardian's log has a bug's kind and its stack, and counts", () => {
  const lines: string[] = [];
  const events = createEvents(
    (line) => lines.push(line),
    true,
    () => 0,
  );
  events.bug(new TypeError("a secret"));
  events.served("answered");
  events.stopped();
  assert.equal(lines.length, 2);
  assert.match(
    lines[0] ?? "",
    /^\{"level":"error","time":"1970-01-01T00:00:00\.000Z","event":"bug","name":"TypeError","stack":"at /,
  );
  assert.ok(!lines.join("").includes("secret"));
  assert.match(lines[1] ?? "", /"answered":1,"refused":0\}\n$/);
});
