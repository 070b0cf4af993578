/**
 * Several guardians on one machine, each a process on a folder of its own, for whoever tries Sotto out: they end with the
 * relay, and one that dies is started again. Spec: spec/listener.md, LI27 and LI28.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { guardianKeysOf } from "@sotto/guardian-adapters/node";
import { err, guardianAddressToText, ok, type GuardianAddress, type Result } from "@sotto/protocol";
import { guardianSentence } from "./sentences.ts";

const PROGRAM = resolve(import.meta.dirname, "../../guardian/src/main.ts");
const HOST = "127.0.0.1";
export const PROCESSES = 3;
/** Before one that died is started again: longer each time, until it has run for a while. */
const FIRST_PAUSE_MS = 500;
const PAUSE_MS_MAX = 30_000;
const STEADY_MS = 60_000;

export type GuardianProcesses = {
  readonly addresses: readonly GuardianAddress[];
  stop(): Promise<void>;
};

type Options = {
  /** Holds their folders, `1` to `3`. */
  readonly path: string;
  /** The relay's: they take those that follow. 0: free ones. */
  readonly relayPort: number;
  /** Hears the number of one that died. */
  readonly onDied: (number: number) => void;
};

export async function startGuardianProcesses({
  path,
  relayPort,
  onDied,
}: Options): Promise<Result<GuardianProcesses, string>> {
  const folders = Array.from({ length: PROCESSES }, (_, at) => join(path, String(at + 1)));
  const addresses: GuardianAddress[] = [];
  for (const [at, folder] of folders.entries()) {
    const keys = await guardianKeysOf(folder);
    if (!keys.ok) return err(guardianSentence(keys.error, folder));
    const port = await freePort(relayPort === 0 ? 0 : relayPort + at + 1);
    addresses.push({ ...keys.value, url: `http://${HOST}:${port}` });
  }
  const kept = await Promise.all(
    folders.map((folder, at) => keepRunning(argumentsOf(folder, addresses, at), () => onDied(at + 1))),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(kept.map(async (one) => one.ok && one.value.stop()));
  };
  const failed = kept.find((one) => !one.ok);
  if (failed === undefined) return ok({ addresses, stop });
  await stop();
  return failed;
}

function argumentsOf(folder: string, addresses: readonly GuardianAddress[], at: number): readonly string[] {
  const port = new URL(addresses[at]?.url ?? "").port;
  const peers = addresses.filter((_, other) => other !== at).map(guardianAddressToText);
  return [
    "start",
    "--host",
    HOST,
    "--port",
    port,
    "--data",
    folder,
    ...peers.flatMap((peer) => ["--peer", peer]),
  ];
}

/** The one asked for; where it is taken, or none is, another. */
async function freePort(port: number): Promise<number> {
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port > 65_535 ? 0 : port, HOST, () => resolve(true));
  });
  if (!isFree) return freePort(0);
  const { port: found } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return found;
}

type Kept = { stop(): Promise<void> };

/** Resolves once it serves, or with what it said when it ended before. */
async function keepRunning(args: readonly string[], onDied: () => void): Promise<Result<Kept, string>> {
  let isStopping = false;
  let pauseMs = FIRST_PAUSE_MS;
  let timer: NodeJS.Timeout | undefined;
  const first = run(args);
  let child = first.child;
  const sentence = await first.served;
  if (sentence !== undefined) return err(sentence);

  function watch(since: number): void {
    child.once("exit", () => {
      if (isStopping) return;
      onDied();
      if (Date.now() - since > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
      timer = setTimeout(again, pauseMs);
      pauseMs = Math.min(PAUSE_MS_MAX, 2 * pauseMs);
    });
  }

  function again(): void {
    child = run(args).child;
    watch(Date.now());
  }

  watch(Date.now());
  return ok({
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      await exit;
    },
  });
}

type Run = {
  readonly child: ChildProcess;
  /** Resolves once it serves, or with what it said when it ended before. */
  readonly served: Promise<string | undefined>;
};

function run(args: readonly string[]): Run {
  const child = fork(PROGRAM, args, { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const served = new Promise<string | undefined>((resolve) => {
    child.once("message", () => {
      child.stderr?.removeAllListeners("data").pipe(process.stderr, { end: false });
      resolve(undefined);
    });
    child.once("close", () => resolve(said.trim()));
  });
  return { child, served };
}
