/** What was typed, as data. Spec: spec/terminal.md, TC1. */
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { err, ok, type Result } from "@sotto/protocol";

export const COMMANDS = ["join", "link", "add", "list", "send", "read", "follow"] as const;
export type CommandName = (typeof COMMANDS)[number];

export type Command = {
  readonly name: CommandName;
  readonly operands: readonly string[];
  readonly device: string;
  readonly relay: string;
  readonly as: string;
  readonly count: number;
  readonly timeoutMs: number;
  readonly json: boolean;
};

const OPERANDS: Readonly<Record<CommandName, { least: number; most: number; usage: string }>> = {
  join: { least: 1, most: 1, usage: "join CODE --as NAME [--relay URL]" },
  link: { least: 0, most: 0, usage: "link" },
  add: { least: 1, most: 1, usage: "add LINK" },
  list: { least: 0, most: 0, usage: "list" },
  send: { least: 1, most: 2, usage: "send WHO [TEXT]" },
  read: { least: 1, most: 1, usage: "read WHO [--count N]" },
  follow: { least: 0, most: 1, usage: "follow [WHO]" },
};

const COUNT_DEFAULT = 20;
const TIMEOUT_DEFAULT_MS = 30_000;

/** The error is a sentence for the person who typed. */
export function parseCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Result<Command, string> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        device: { type: "string" },
        relay: { type: "string" },
        as: { type: "string" },
        count: { type: "string" },
        timeout: { type: "string" },
        json: { type: "boolean" },
      },
    });
  } catch (error) {
    return err(error instanceof Error ? `${error.message}.` : "These arguments cannot be read.");
  }
  const [name, ...operands] = parsed.positionals;
  const known = COMMANDS.find((one) => one === name);
  if (known === undefined)
    return err(`There is no command "${name ?? ""}". Commands: ${COMMANDS.join(", ")}.`);
  const { least, most, usage } = OPERANDS[known];
  if (operands.length < least || operands.length > most) return err(`Usage: ./sotto ${usage}`);
  if (known === "join" && parsed.values.as === undefined)
    return err(`Say what your contacts see as your name: ./sotto ${usage}`);
  const count = positive(parsed.values.count, COUNT_DEFAULT);
  const timeoutMs = positive(parsed.values.timeout, TIMEOUT_DEFAULT_MS / 1000);
  if (count === undefined || timeoutMs === undefined)
    return err("--count and --timeout take a whole number above 0.");
  return ok({
    name: known,
    operands,
    device: parsed.values.device ?? environment["SOTTO_DEVICE"] ?? join(homedir(), ".sotto", "device"),
    relay: parsed.values.relay ?? "http://localhost:7400",
    as: parsed.values.as ?? "",
    count,
    timeoutMs: timeoutMs * 1000,
    json: parsed.values.json ?? false,
  });
}

function positive(given: string | undefined, otherwise: number): number | undefined {
  if (given === undefined) return otherwise;
  return /^[1-9]\d{0,5}$/.test(given) ? Number(given) : undefined;
}
