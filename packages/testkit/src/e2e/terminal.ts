/** The terminal client as a person or a script runs it: one process for each command. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

const PROGRAM = resolve(import.meta.dirname, "../../../../apps/cli/src/main.ts");

export const TERMINAL_PASSPHRASE = "correct horse battery";

export type TerminalOptions = {
  /** Path of the container. */
  readonly device: string;
  readonly relayUrl: string;
  /** Of a relay whose certificate nobody vouches for: a PEM file. */
  readonly trusts?: string;
  /** Where the compiled programs are kept between processes, when there are many of them. */
  readonly compiled?: string;
};

export type Ended = {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  /** Standard output, each line parsed. */
  json<T = Record<string, unknown>>(): readonly T[];
};
export type Running = { readonly child: ChildProcess; out(): string; readonly ended: Promise<Ended> };

export type Terminal = {
  readonly device: string;
  start(...words: readonly string[]): Running;
  run(...words: readonly string[]): Promise<Ended>;
  /** `run` with something on standard input. */
  pipe(input: string, ...words: readonly string[]): Promise<Ended>;
  /** With a passphrase other than this person's. */
  runAs(passphrase: string, ...words: readonly string[]): Promise<Ended>;
  /** Standard output of a command that is to end well; throws with what it said otherwise. */
  ask(...words: readonly string[]): Promise<string>;
  /** The same with `--json`: one value for each line. */
  read<T>(...words: readonly string[]): Promise<readonly T[]>;
};

export function createTerminal({ device, relayUrl, trusts, compiled }: TerminalOptions): Terminal {
  const environment = {
    ...process.env,
    SOTTO_DEVICE: device,
    SOTTO_RELAY: relayUrl,
    ...(trusts !== undefined && { NODE_EXTRA_CA_CERTS: trusts }),
    ...(compiled !== undefined && { NODE_COMPILE_CACHE: compiled }),
  };

  function start(words: readonly string[], passphrase = TERMINAL_PASSPHRASE): Running {
    const child = spawn(process.execPath, [PROGRAM, ...words], {
      env: { ...environment, SOTTO_PASSPHRASE: passphrase },
      stdio: "pipe",
    });
    const texts = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (texts.out += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (texts.err += chunk));
    const ended = once(child, "close").then((): Ended => ({
      status: child.exitCode,
      ...texts,
      json: <T>() => texts.out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as T])),
    }));
    return { child, out: () => texts.out, ended };
  }
  async function succeed(...words: readonly string[]): Promise<Ended> {
    const ended = await start(words).ended;
    const { status, err } = ended;
    if (status !== 0) throw new Error(`sotto ${words[0] ?? ""} ended with ${String(status)}: ${err}`);
    return ended;
  }
  return {
    device,
    start: (...words) => start(words),
    run: (...words) => start(words).ended,
    pipe(input, ...words) {
      const { child, ended } = start(words);
      child.stdin?.on("error", () => undefined); // it may stop reading what is too long
      child.stdin?.end(input);
      return ended;
    },
    runAs: (passphrase, ...words) => start(words, passphrase).ended,
    ask: async (...words) => (await succeed(...words)).out,
    read: async <T>(...words: readonly string[]) => (await succeed(...words, "--json")).json<T>(),
  };
}
