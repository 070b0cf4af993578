/** Guardians in processes of their own, and a device that is registered with them, for the tests of this folder. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
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

export const MAIN = resolve(import.meta.dirname, "../src/main.ts");
const THRESHOLD = 2;
/** How long gossip may take, with what a guardian that was down makes it wait. */
export const GOSSIP_WAIT_MS = 30_000;

export const random = (length: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(length));
/** Instead of Argon2id, which is the device's own business. */
const stretched = (pin: string): Uint8Array => sha256(textToBytes(`stretched ${pin}`));

export const post = (url: string, body: Uint8Array<ArrayBuffer>): Promise<Response> =>
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
export class GuardianProcess {
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

export async function startGuardians(t: TestContext, count: number): Promise<readonly GuardianProcess[]> {
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
export async function serving({ address }: GuardianProcess): Promise<void> {
  for (const late = Date.now() + GOSSIP_WAIT_MS; ; await sleep(50)) {
    const answer = await ask(address, { kind: "hello", rid: random(16) }, carry);
    if (answer?.kind === "challenge") return;
    assert.ok(answer?.kind === "refused" && answer.code === "starting" && Date.now() < late);
  }
}

/** A device with a real, a decoy and a duress PIN, each its own name. */
export async function register(guardians: readonly GuardianProcess[]): Promise<Dealt> {
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
export async function open(dealt: Dealt, pin: string, only: readonly number[] = [1, 2, 3]): Promise<string> {
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

export async function until(what: () => boolean): Promise<void> {
  const late = Date.now() + GOSSIP_WAIT_MS;
  while (!what()) {
    assert.ok(Date.now() < late, "it takes too long");
    await sleep(50);
  }
}

/** Wiped with the certificates that were signed when it was registered. */
export async function wipeAt({ address }: GuardianProcess, dealt: Dealt, at: number): Promise<void> {
  const rid = dealt.seats[at]?.rid;
  assert.ok(rid);
  const signature = sign(signingKey(dealt.real.wipeSeed), wipeBytes({ gid: address.gid, rid }));
  assert.equal((await ask(address, { kind: "wipe", rid, signature }, carry))?.kind, "gone");
}

export const knows = async ({ address }: GuardianProcess, dealt: Dealt, at: number): Promise<boolean> => {
  const registration = dealt.registrations[at];
  assert.ok(registration);
  const answer = await ask(address, { kind: "register", registration }, carry);
  assert.ok(answer?.kind === "registered" || answer?.kind === "refused");
  return answer.kind === "registered";
};
