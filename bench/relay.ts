/**
 * `./sotto bench relay [--json]`: what a message costs the relay, in processor time of the relay's process. The relay
 * is the real one, as `start` runs it, on a disk; the load comes from another process. How to read the numbers:
 * docs/performance.md.
 */
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RELAY_NODE_FLAGS } from "../scripts/sotto.ts";
import type { LoadCommand, Measured } from "./relay-load.ts";

const ECHO = resolve(import.meta.dirname, "echo.ts");
const RELAY = resolve(import.meta.dirname, "../apps/relay-server/src/main.ts");
const RUNS = 3;
const CHANNELS = 250;
const ONLINE_MS = 5_000;
const WARM_UP_MS = 2_000;
const PACED_MS = 5_000;
const PACED_PER_SECOND = 2_000;
const OFFLINE_PER_CHANNEL = 100;
/** These come first, so that what a relay of any size holds is not counted. */
const FIRST_CONNECTIONS = 1_000;
const IDLE_CONNECTIONS = 3_000;
const ECHO_MS = 3_000;
/** Longer than the relay takes to settle and to empty its WAL. */
const SETTLED_MS = 1_500;

const folders: string[] = [];
const children: ChildProcess[] = [];

type Relay = { readonly port: number; readonly folder: string };

async function startRelay(): Promise<Relay> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-bench-"));
  folders.push(folder);
  const args = [...RELAY_NODE_FLAGS, RELAY, "start", "--port", "0", "--data", folder];
  const relay = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(relay);
  let said = "";
  for await (const chunk of relay.stdout.setEncoding("utf8") as AsyncIterable<string>) {
    said += chunk;
    const port = /localhost:(\d+)/.exec(said)?.[1];
    if (port !== undefined && said.includes("Stop")) return { port: Number(port), folder };
  }
  throw new Error("the relay did not start");
}

async function newCode({ folder }: Relay): Promise<string> {
  const command = spawn(process.execPath, [RELAY, "code", "--data", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const chunks: string[] = [];
  command.stdout.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  await once(command, "close");
  return chunks.join("").trim();
}

async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1]);
}

const load = fork(resolve(import.meta.dirname, "relay-load.ts"));
children.push(load);
async function command(what: LoadCommand): Promise<Measured> {
  load.send(what);
  const [measured] = (await once(load, "message")) as [Measured];
  return measured;
}

type Timed = Measured & { readonly cpuUs: number; readonly seconds: number };
async function timed(port: number, what: LoadCommand): Promise<Timed> {
  const before = await metric(port, "sotto_cpu_seconds");
  const started = performance.now();
  const measured = await command(what);
  const seconds = (performance.now() - started) / 1_000;
  await sleep(SETTLED_MS); // erasing is part of the price
  const cpuUs = ((await metric(port, "sotto_cpu_seconds")) - before) * 1e6;
  return { ...measured, cpuUs, seconds };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const quantile = (values: readonly number[], at: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * at))] ?? Number.NaN;
const rounded = (value: number): number => Math.round(value * 10) / 10;

async function measureMessages(): Promise<Readonly<Record<string, number>>> {
  const relay = await startRelay();
  const { port } = relay;
  const runs: Record<string, number>[] = [];
  for (let run = 0; run < RUNS; run++) {
    await command({ kind: "prepare", port, code: await newCode(relay), channels: CHANNELS });
    if (run === 0) await command({ kind: "online", ms: WARM_UP_MS });
    const echo = await measureEcho();
    const online = await timed(port, { kind: "online", ms: ONLINE_MS });
    const paced = await command({ kind: "paced", ms: PACED_MS, perSecond: PACED_PER_SECOND });
    const offline = await timed(port, { kind: "offline", perChannel: OFFLINE_PER_CHANNEL });
    const drain = await timed(port, { kind: "drain" });
    runs.push({
      online_us_cpu: online.cpuUs / online.messages,
      online_msg_s: online.messages / online.seconds,
      online_p50_ms: quantile(paced.latenciesMs, 0.5),
      online_p99_ms: quantile(paced.latenciesMs, 0.99),
      offline_us_cpu: offline.cpuUs / offline.messages,
      drain_us_cpu: drain.cpuUs / drain.messages,
      echo_us_cpu: echo,
      online_per_echo: online.cpuUs / online.messages / echo,
    });
  }
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, rounded(median(runs.map((run) => run[name] ?? Number.NaN)))]),
  );
}

/** Microseconds of a plain `ws` echo for a frame of the same size, in the same minute: what this machine can do. */
async function measureEcho(): Promise<number> {
  const server = fork(ECHO);
  children.push(server);
  const [{ port }] = (await once(server, "message")) as [{ port: number }];
  const cpuUs = async (): Promise<number> => {
    server.send("how much?");
    const [said] = (await once(server, "message")) as [{ cpuUs: number }];
    return said.cpuUs;
  };
  const echo = { kind: "echo", port, connections: CHANNELS } as const;
  await command({ ...echo, ms: WARM_UP_MS });
  const before = await cpuUs();
  const { messages } = await command({ ...echo, ms: ECHO_MS });
  const used = (await cpuUs()) - before;
  server.disconnect();
  await once(server, "exit");
  return used / messages;
}

/** In a relay of its own: what earlier load left to be collected would hide it. */
async function measureIdle(): Promise<number> {
  const relay = await startRelay();
  const resident = (): Promise<number> => metric(relay.port, "sotto_resident_bytes");
  await command({ kind: "prepare", port: relay.port, code: await newCode(relay), channels: CHANNELS });
  await command({ kind: "idle", connections: FIRST_CONNECTIONS });
  await sleep(SETTLED_MS);
  const before = await resident();
  await command({ kind: "idle", connections: IDLE_CONNECTIONS });
  await sleep(SETTLED_MS);
  return ((await resident()) - before) / IDLE_CONNECTIONS;
}

async function measure(): Promise<Readonly<Record<string, number>>> {
  const messages = await measureMessages();
  return { ...messages, idle_bytes_per_connection: Math.round(await measureIdle()) };
}

try {
  const metrics = await measure();
  if (process.argv.includes("--json")) console.log(JSON.stringify({ bench: "relay", metrics }));
  else console.table(metrics);
} finally {
  for (const child of children) {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
