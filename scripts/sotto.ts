/**
 * Which program a command of `./sotto` is. The chosen one replaces this process, so that signals and exit
 * codes are its own.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

export type Plan =
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly sentence: string }
  | {
      readonly kind: "run";
      /** Relative to the root of the repository. */
      readonly program: string;
      readonly args: readonly string[];
      readonly nodeFlags: readonly string[];
      /** Whether the program serves the handset, which is then built first. */
      readonly servesHandset: boolean;
    };

const RELAY = "apps/relay-server/src/main.ts";
/**
 * For the relay's process, in MiB: with more, what connections left behind when they were opened stays in memory,
 * ten kilobytes for each; with less, a message costs more.
 */
export const RELAY_NODE_FLAGS = ["--max-semi-space-size=16"];
const GUARDIAN = "apps/guardian/src/main.ts";
const CLIENT = "apps/cli/src/main.ts";

type Command = {
  readonly usage: string;
  readonly does: string;
  /** Options that need a line of their own. */
  readonly more?: readonly (readonly [option: string, does: string])[];
  readonly program: string;
  readonly passesName?: true;
  /** What the program calls the command, where that is another name. */
  readonly passes?: string;
  readonly servesHandset?: true;
};

const COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    usage: "start [--port N] [--data DIR] [--tls-cert FILE --tls-key FILE] [--demo]",
    does: "the relay and the handset, on http://localhost:7400",
    more: [
      [
        "--guardians 1|3",
        "guardians on this machine: one in the relay, or three processes, of which two open",
      ],
      ["--guardian URL#GID.GX", "a guardian that runs elsewhere; given three or five times"],
      ["--no-passphrase", "devices are opened by PINs only"],
      ["--lock-idle SECONDS", "the longest a device stays open without input, 10 to 120"],
      ["--lock-hidden SECONDS", "the same while nobody sees it, 1 to 30"],
    ],
    program: RELAY,
    passesName: true,
    servesHandset: true,
  },
  code: {
    usage: "code [--data DIR]",
    does: "another activation code for a relay",
    program: RELAY,
    passesName: true,
  },
  guardian: {
    usage: "guardian [--port N] [--host ADDRESS] [--data DIR] [--peer URL#GID.GX]…",
    does: "a guardian alone, which holds a share of what opens a device; on port 7500",
    program: GUARDIAN,
    passes: "start",
  },
  "guardian-id": {
    usage: "guardian-id [--data DIR]",
    does: "what follows the address in URL#GID.GX, for a guardian that runs or will",
    program: GUARDIAN,
    passes: "id",
  },
  join: {
    usage: "join CODE --as NAME",
    does: "become a member, in this terminal",
    program: CLIENT,
    passesName: true,
  },
  link: { usage: "link", does: "show my contact link", program: CLIENT, passesName: true },
  add: { usage: "add LINK", does: "add a person by their link", program: CLIENT, passesName: true },
  list: { usage: "list", does: "my conversations", program: CLIENT, passesName: true },
  send: {
    usage: "send PERSON [TEXT]",
    does: "send a message; without TEXT, from standard input",
    program: CLIENT,
    passesName: true,
  },
  reply: {
    usage: "reply PERSON MESSAGE [TEXT]",
    does: "answer a message, named by the letters that read shows",
    program: CLIENT,
    passesName: true,
  },
  react: {
    usage: "react PERSON MESSAGE [EMOJI]",
    does: "react to a message; without EMOJI, take it back",
    program: CLIENT,
    passesName: true,
  },
  edit: {
    usage: "edit PERSON MESSAGE [TEXT]",
    does: "change a message of mine",
    program: CLIENT,
    passesName: true,
  },
  "pin-message": {
    usage: "pin-message PERSON MESSAGE",
    does: "put a message above the conversation, for both; unpin-message takes it away",
    program: CLIENT,
    passesName: true,
  },
  "unpin-message": {
    usage: "unpin-message PERSON MESSAGE",
    does: "take a message from above the conversation",
    program: CLIENT,
    passesName: true,
  },
  forward: {
    usage: "forward PERSON MESSAGE OTHER-PERSON",
    does: "the text of a message to somebody else, without its origin",
    program: CLIENT,
    passesName: true,
  },
  delete: {
    usage: "delete PERSON MESSAGE",
    does: "delete a message of mine for everyone",
    program: CLIENT,
    passesName: true,
  },
  read: { usage: "read PERSON", does: "read a conversation", program: CLIENT, passesName: true },
  find: { usage: "find TEXT", does: "search messages and people", program: CLIENT, passesName: true },
  follow: { usage: "follow", does: "print messages as they come", program: CLIENT, passesName: true },
  verify: {
    usage: "verify PERSON [--matches | --differs]",
    does: "the safety number, to compare",
    program: CLIENT,
    passesName: true,
  },
  pin: { usage: "pin", does: "change the PIN of this device", program: CLIENT, passesName: true },
  "wipe-texts": {
    usage: "wipe-texts",
    does: "three texts to give away: any two of them wipe this device",
    program: CLIENT,
    passesName: true,
  },
  wipe: {
    usage: "wipe TEXT TEXT | wipe --this-device",
    does: "wipe a lost device, or this one",
    program: CLIENT,
    passesName: true,
  },
  test: {
    usage: "test [PART OF A PATH…]",
    does: "every test, or those of some files",
    program: "scripts/test.ts",
  },
  drill: {
    usage: "drill [--json] [--full]",
    does: "attack it as the files in drills/ do, and say what held",
    program: "scripts/drill.ts",
  },
  check: {
    usage: "check",
    does: "format, lint, types and the rules of the repository",
    program: "scripts/check.ts",
  },
  dev: { usage: "dev", does: "start, and again after every change", program: "scripts/dev.ts" },
};

const BENCH = { usage: "bench NAME [--json]", does: "measure: relay, client, guardian or groups" };
const BENCH_NAME = /^[a-z][a-z0-9-]*$/;

/** What to do for the words after `./sotto`. `hasBench` says whether a benchmark of that name exists. */
export function planOf(argv: readonly string[], hasBench: (name: string) => boolean): Plan {
  const [name = "help", ...args] = argv;
  if (name === "help" || name === "--help" || name === "-h") return { kind: "help" };
  if (name === "bench") return planOfBench(args, hasBench);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return { kind: "mistake", sentence: `There is no command "${name}".` };
  const word = command.passesName === true ? name : command.passes;
  return {
    kind: "run",
    program: command.program,
    args: word === undefined ? args : [word, ...args],
    nodeFlags: command.program === RELAY ? RELAY_NODE_FLAGS : [],
    servesHandset: command.servesHandset === true,
  };
}

function planOfBench(args: readonly string[], hasBench: (name: string) => boolean): Plan {
  const [name, ...rest] = args;
  if (name === undefined) return { kind: "mistake", sentence: "Which benchmark? Say: bench NAME." };
  if (!BENCH_NAME.test(name) || !hasBench(name)) {
    return { kind: "mistake", sentence: `There is no benchmark "${name}".` };
  }
  return { kind: "run", program: `bench/${name}.ts`, args: rest, nodeFlags: [], servesHandset: false };
}

const OPTION_WIDTH = 24;

export function helpText(): string {
  const commands: readonly Pick<Command, "usage" | "does" | "more">[] = [...Object.values(COMMANDS), BENCH];
  const rows = commands.flatMap(({ usage, does, more = [] }) => [
    `  ${usage}`,
    `      ${does}`,
    ...more.map(([option, what]) => `      ${option.padEnd(OPTION_WIDTH)}${what}`),
  ]);
  return ["Usage: ./sotto COMMAND", "", ...rows, "  help", "      this text", ""].join("\n");
}

/** Beside a relay with example profiles runs what makes them and plays their people. Both are told the same folder. */
function withDemo(root: string, args: readonly string[]): readonly string[] {
  if (!args.includes("--demo")) return args;
  const hasData = args.some((arg) => arg === "--data" || arg.startsWith("--data="));
  const told = hasData ? args : [...args, "--data", join(root, ".sotto/relay")];
  spawn(process.execPath, [join(root, "scripts/demo.ts"), ...told.slice(1)], {
    stdio: ["ignore", "inherit", "inherit"],
  }).unref();
  return told;
}

async function main(argv: readonly string[]): Promise<void> {
  const root = resolve(import.meta.dirname, "..");
  const plan = planOf(argv, (name) => existsSync(join(root, "bench", `${name}.ts`)));
  switch (plan.kind) {
    case "help":
      process.stdout.write(helpText());
      return;
    case "mistake":
      process.stderr.write(`${plan.sentence}\n\n${helpText()}`);
      process.exitCode = 2;
      return;
    case "run": {
      if (plan.servesHandset) {
        const { buildHandset } = await import("./handset.ts");
        if ((await buildHandset(root)) === "failed") {
          process.stderr.write("sotto: the handset could not be built; the reason is above.\n");
          process.exitCode = 1;
          return;
        }
      }
      const program = join(root, plan.program);
      const args = plan.servesHandset ? withDemo(root, plan.args) : plan.args;
      // Not everywhere, but on Linux always.
      process.execve?.(
        process.execPath,
        [process.execPath, ...plan.nodeFlags, program, ...args],
        process.env,
      );
    }
  }
}

if (import.meta.main) await main(process.argv.slice(2));
