/** The terminal client as a person or a script runs it: one process for each command. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

const PROGRAM = resolve(import.meta.dirname, "../../../../apps/cli/src/main.ts");

export type TerminalOptions = {
  /** Path of the container. */
  readonly device: string;
  readonly relayUrl: string;
  readonly passphrase?: string;
  /** Of a relay whose certificate nobody vouches for: a PEM file. */
  readonly trusts?: string;
};

export type Ended = { readonly status: number | null; readonly out: string; readonly err: string };

export type Terminal = {
  run(...words: readonly string[]): Promise<Ended>;
  /** Standard output of a command that is to end well; throws with what it said otherwise. */
  ask(...words: readonly string[]): Promise<string>;
  /** The same with `--json`: one value for each line. */
  read<T>(...words: readonly string[]): Promise<readonly T[]>;
};

export function createTerminal(options: TerminalOptions): Terminal {
  const { device, relayUrl, passphrase = "correct horse battery", trusts } = options;
  const env = {
    ...process.env,
    SOTTO_DEVICE: device,
    SOTTO_RELAY: relayUrl,
    SOTTO_PASSPHRASE: passphrase,
    ...(trusts !== undefined && { NODE_EXTRA_CA_CERTS: trusts }),
  };
  async function run(...words: readonly string[]): Promise<Ended> {
    const child = spawn(process.execPath, [PROGRAM, ...words], { env, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (err += chunk));
    const [status] = (await once(child, "close")) as [number | null];
    return { status, out, err };
  }
  async function ask(...words: readonly string[]): Promise<string> {
    const { status, out, err } = await run(...words);
    if (status !== 0) throw new Error(`sotto ${words[0] ?? ""} ended with ${String(status)}: ${err}`);
    return out;
  }
  return {
    run,
    ask,
    async read<T>(...words: readonly string[]) {
      const out = await ask(...words, "--json");
      return out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as T]));
    },
  };
}
