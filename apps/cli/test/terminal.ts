/** The terminal client as anybody runs it: a process for each command. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";

const PROGRAM = resolve(import.meta.dirname, "../src/main.ts");
export const PASSPHRASE = "correct horse battery";
/** Small, so that making it takes no time. */
const SIZE_MIB = "8";

export type Ended = {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  /** Standard output, each line parsed. */
  json(): readonly Record<string, unknown>[];
};
export type Running = { readonly child: ChildProcess; out(): string; readonly ended: Promise<Ended> };

export type Terminal = {
  /** Path of the device. */
  readonly device: string;
  start(...words: readonly string[]): Running;
  run(...words: readonly string[]): Promise<Ended>;
  /** `run` with something on standard input. */
  pipe(input: string, ...words: readonly string[]): Promise<Ended>;
  /** With a passphrase other than this person's. */
  runAs(passphrase: string, ...words: readonly string[]): Promise<Ended>;
  join(code: string, ...words: readonly string[]): Promise<Ended>;
  link(): Promise<string>;
};

export function terminalFor(name: string, folder: string, relayUrl: string): Terminal {
  const device = join(folder, name.toLowerCase(), "device");
  const environment = {
    ...process.env,
    SOTTO_DEVICE: device,
    SOTTO_RELAY: relayUrl,
    NODE_COMPILE_CACHE: join(folder, "compiled"), // so many processes, so little between them
  };

  function start(words: readonly string[], passphrase = PASSPHRASE): Running {
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
      json: () =>
        texts.out
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line) as Record<string, unknown>),
    }));
    return { child, out: () => texts.out, ended };
  }

  const run = (...words: readonly string[]): Promise<Ended> => start(words).ended;
  return {
    device,
    start: (...words) => start(words),
    run,
    pipe(input, ...words) {
      const { child, ended } = start(words);
      child.stdin?.on("error", () => undefined); // it may stop reading what is too long
      child.stdin?.end(input);
      return ended;
    },
    runAs: (passphrase, ...words) => start(words, passphrase).ended,
    join: (code, ...words) => run("join", code, "--as", name, "--size", SIZE_MIB, ...words),
    async link() {
      const { out, err } = await run("link", "--json");
      if (out === "") throw new Error(`there is no link: ${err}`);
      return (JSON.parse(out) as { link: string }).link;
    },
  };
}

/** Both join, the one adds the other, and each knows the other by name. */
export async function acquaint(
  one: Terminal,
  other: Terminal,
  codes: readonly [string, string],
): Promise<void> {
  const joined = await Promise.all([one.join(codes[0]), other.join(codes[1], "--json")]);
  for (const { status, err } of joined) if (status !== 0) throw new Error(`could not join: ${err}`);
  const added = await one.run("add", String(joined[1].json()[0]?.["link"]));
  if (added.status !== 0) throw new Error(`could not add: ${added.err}`);
  await other.run("list"); // takes the invitation and tells the name
  await one.run("list");
}

/** The texts of a conversation as JSON lines say, own ones marked by ">". */
export const textsOf = (ended: Ended): readonly string[] =>
  ended.json().flatMap(({ content, mine }) => {
    const { kind, text } = content as { kind: string; text?: string };
    return kind === "text" ? [`${mine === true ? ">" : "<"} ${text}`] : [];
  });
