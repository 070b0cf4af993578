/**
 * A relay as anybody runs it: the server's own program in a process of its own, on a folder of its own. It is
 * killed as a power cut would, or asked to stop; started again on the same folder and port it is the same relay.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve, relative } from "node:path";
import type { Place } from "./traces.ts";
import { until } from "./until.ts";

const PROGRAM = resolve(import.meta.dirname, "../../../../apps/relay-server/src/main.ts");
const CODE = /\b[0-9A-Z]{5}(?:-[0-9A-Z]{5})+-[0-9A-Z]+\b/g;

export type RelayOptions = {
  /** Where it keeps everything. */
  readonly data: string;
  /** A free one unless given. */
  readonly port?: number;
  readonly host?: string;
  readonly tls?: { readonly certPath: string; readonly keyPath: string };
  /** What else `start` takes. */
  readonly more?: readonly string[];
  /** How far its clock is ahead of everybody else's. */
  readonly clockAheadMs?: number;
};

export type RelayProcess = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The activation codes it showed when it started. */
  readonly codes: readonly string[];
  /** Everything it has written to standard output and standard error. */
  output(): string;
  /** SIGKILL: it gets to do nothing more. */
  kill(): Promise<void>;
  /** SIGTERM: it ends in order. Gives its exit code. */
  stop(): Promise<number | null>;
};

/** Resolves once it listens. Throws with what it said when it ends before. */
export async function startRelay(options: RelayOptions): Promise<RelayProcess> {
  const { data, port = 0, host, tls, more = [], clockAheadMs = 0 } = options;
  const args = ["start", "--verbose", "--data", data, "--port", String(port), ...more];
  if (host !== undefined) args.push("--host", host);
  if (tls !== undefined) args.push("--tls-cert", tls.certPath, "--tls-key", tls.keyPath);
  const { child, output } = run(args, clockAheadMs);
  const said = await until("the relay to listen", () => {
    if (child.exitCode !== null) throw new Error(`the relay did not start: ${output()}`);
    return output().includes("Ctrl-C") && output();
  });
  const url = /Open\s+(\S+)/.exec(said)?.[1] ?? "";
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, "exit");
    }
    return child.exitCode;
  };
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    codes: said.match(CODE) ?? [],
    output,
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
  };
}

/** What `./sotto code` prints, for the relay on this folder, whether it runs or not. */
export async function newCode(data: string): Promise<string> {
  const { child, output } = run(["code", "--data", data]);
  await once(child, "close");
  const [code] = output().match(CODE) ?? [];
  if (code === undefined) throw new Error(`there is no code: ${output()}`);
  return code;
}

/** Everything a relay and its guardian keep but the relay's own key, as a copier of its disk gets it, and what it said. */
export function readCopy(data: string, output: string): readonly Place[] {
  const kept = readdirSync(data, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const paths = kept.map(({ parentPath, name }) => join(parentPath, name));
  const names = paths.map((path) => relative(data, path)).filter((name) => name !== "relay.key");
  const files = names.map((where) => ({ where, bytes: readFileSync(join(data, where)) }));
  return [...files, { where: "the log", bytes: Buffer.from(output) }];
}

function run(
  args: readonly string[],
  clockAheadMs = 0,
): { readonly child: ChildProcess; readonly output: () => string } {
  const clock = `const { now } = Date; Date.now = () => now() + ${clockAheadMs};`;
  const preload = clockAheadMs === 0 ? [] : ["--import", `data:text/javascript,${encodeURIComponent(clock)}`];
  const child = spawn(process.execPath, [...preload, PROGRAM, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return { child, output: () => text };
}
