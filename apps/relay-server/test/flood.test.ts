/** A relay that meets more connections than its machine allows. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

const MAIN = resolve(import.meta.dirname, "../src/main.ts");
const DESCRIPTORS = 64;

test("[LI15] more connections than there are descriptors for end nothing", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-flood-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const started = `ulimit -n ${DESCRIPTORS} && exec "$0" "$@"`;
  const args = [MAIN, "start", "--port", "0", "--data", folder];
  const relay = spawn("sh", ["-c", started, process.execPath, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.after(() => relay.kill("SIGKILL"));
  let text = "";
  for await (const chunk of relay.stdout) {
    text += String(chunk);
    if (text.includes("Stop")) break;
  }
  const port = Number(/localhost:(\d+)/.exec(text)?.[1]);
  const sockets: Socket[] = [];
  for (let count = 0; count < 4 * DESCRIPTORS; count++)
    sockets.push(connect(port, "127.0.0.1").on("error", () => undefined));
  await sleep(1_000);
  for (const socket of sockets) socket.destroy();
  await sleep(500);
  const health = await fetch(`http://127.0.0.1:${port}/healthz`);
  assert.equal(health.status, 200);
});
