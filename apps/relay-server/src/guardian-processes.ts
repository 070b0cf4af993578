/**
 * Several guardians on one machine, each a process on a folder of its own, for whoever tries Sotto out: they end with the
 * relay, and one that dies is started again. Spec: spec/listener.md, LI27 and LI28.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { guardianKeysOf, lockFolder } from "@sotto/guardian-adapters/node";
import { err, guardianAddressToText, ok, type GuardianAddress, type Result } from "@sotto/protocol";
import { GUARDIAN_ENDED, guardianSentence } from "./sentences.ts";

const PROGRAM = resolve(import.meta.dirname, "../../guardian/src/main.ts");
const HOST = "127.0.0.1";
export const PROCESSES = 3;
const PORT_MAX = 65_535;
/** Before one that died is started again: longer each time, until it has run for a while. */
const FIRST_PAUSE_MS = 500;
const PAUSE_MS_MAX = 30_000;
const STEADY_MS = 60_000;
/** How long a start waits for the processes of the last one. */
const LAST_WAIT_MS = 2_000;
const LOOK_MS = 50;

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
  const ports = await freePorts(relayPort);
  const addresses: GuardianAddress[] = [];
  for (const [at, folder] of folders.entries()) {
    const keys = await guardianKeysOf(folder);
    if (!keys.ok) return err(guardianSentence(keys.error, folder));
    await waitForLast(folder);
    addresses.push({ ...keys.value, url: `http://${HOST}:${ports[at]}` });
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

/** Those of a relay that was killed end with it, but not in the same moment. Whoever else holds the folder is found later. */
async function waitForLast(folder: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < LAST_WAIT_MS; waitedMs += LOOK_MS) {
    const lock = lockFolder(folder);
    if (lock.ok) return lock.value.release();
    await sleep(LOOK_MS);
  }
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

/** Those that follow the relay's; where one is taken, or the relay's is not known yet, another. */
async function freePorts(relayPort: number): Promise<readonly number[]> {
  const wanted = Array.from({ length: PROCESSES }, (_, at) => (relayPort === 0 ? 0 : relayPort + at + 1));
  const servers = await Promise.all(wanted.map(listenOn));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(
    servers.map(async (server) => {
      server.close();
      await once(server, "close");
    }),
  );
  return ports;
}

const listenOn = (port: number): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(listenOn(0)));
    server.listen(port > PORT_MAX ? 0 : port, HOST, () => resolve(server));
  });

type Kept = { stop(): Promise<void> };

/** Resolves once it serves, or with what it said when it ended before. */
async function keepRunning(args: readonly string[], onDied: () => void): Promise<Result<Kept, string>> {
  let isStopping = false;
  let pauseMs = FIRST_PAUSE_MS;
  let timer: NodeJS.Timeout | undefined;
  let guardian = run(args);
  const sentence = await guardian.served;
  if (sentence !== undefined) return err(sentence);

  async function watch(): Promise<void> {
    const since = Date.now();
    await guardian.ended;
    if (isStopping) return;
    onDied();
    if (Date.now() - since > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    timer = setTimeout(again, pauseMs);
    pauseMs = Math.min(PAUSE_MS_MAX, 2 * pauseMs);
  }

  function again(): void {
    guardian = run(args);
    void guardian.served.then((why) => why !== undefined && process.stderr.write(`${why}\n`));
    void watch();
  }

  void watch();
  return ok({
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      guardian.child.kill("SIGTERM");
      await guardian.ended;
    },
  });
}

type Run = {
  readonly child: ChildProcess;
  /** Resolves once it serves, or with what it said when it ended before. */
  readonly served: Promise<string | undefined>;
  readonly ended: Promise<void>;
};

/** Not with the relay's group: Ctrl-C in a terminal is for the relay, which stops its guardians when nobody asks them any more. */
function run(args: readonly string[]): Run {
  const stdio = ["ignore", "ignore", "pipe", "ipc"] as const;
  const child = fork(PROGRAM, args, { execArgv: [], detached: true, stdio: [...stdio] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve()).once("error", () => resolve()); // no process could be made
  });
  const served = new Promise<string | undefined>((resolve) => {
    child.once("message", () => {
      child.stderr?.removeAllListeners("data").pipe(process.stderr, { end: false });
      resolve(undefined);
    });
    void ended.then(() => resolve(said.trim() || GUARDIAN_ENDED));
  });
  return { child, served, ended };
}
