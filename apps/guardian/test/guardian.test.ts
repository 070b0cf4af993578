import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { toHex } from "@sotto/protocol";
import { createEvents } from "../src/events.ts";
import {
  GOSSIP_WAIT_MS,
  GuardianProcess,
  knows,
  MAIN,
  open,
  post,
  random,
  register,
  serving,
  startGuardians,
  until,
  wipeAt,
} from "./guardian-process.ts";

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

test("[GD33] who a guardian is can be asked before it first starts, and while it runs", async (t) => {
  const guardian = new GuardianProcess(t);
  const idOf = (): string => {
    const args = [MAIN, "id", "--data", guardian.folder];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.deepEqual([status, stderr], [0, ""]);
    return stdout;
  };
  const id = idOf();
  assert.equal(statSync(join(guardian.folder, "identity.key")).mode & 0o777, 0o600);
  await guardian.start();
  const { gid, gx } = guardian.address;
  assert.equal(id, `${toHex(gid)}.${toHex(gx)}\n`);
  assert.equal(idOf(), id);
  assert.match(refusal("id", "--data", join(guardian.folder, "lock", "below")), /cannot be read or written/);
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
