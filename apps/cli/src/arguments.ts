/** What was typed, as data. Spec: spec/terminal.md, TC1. */
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dateToTime, untilToTime } from "./dates.ts";
import { BURN_MS_MIN, type ChosenBurn } from "@sotto/client";
import { err, isOrigin, ok, type GroupRole, type Result } from "@sotto/protocol";

export const COMMANDS = [
  "join",
  "link",
  "add",
  "list",
  "send",
  "save",
  "reply",
  "react",
  "edit",
  "delete",
  "pin-message",
  "unpin-message",
  "forward",
  "read",
  "find",
  "follow",
  "verify",
  "group",
  "pin",
  "kit",
  "wipe",
  "wipe-texts",
] as const;
export type CommandName = (typeof COMMANDS)[number];

export type Command = {
  readonly name: CommandName;
  readonly operands: readonly string[];
  /** Path of the container's file. */
  readonly device: string;
  readonly relay: string;
  readonly as: string;
  /** Of the container that `join` makes. */
  readonly sizeMib: number;
  readonly count: number;
  readonly timeoutMs: number;
  /** `find`: only in the conversation with this person, and only what was sent from and until a time. */
  readonly in: string | undefined;
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** `read`: from this time on, in the place of the newest. */
  readonly at: number | undefined;
  /** What the person found when comparing safety numbers. */
  readonly compared: "matches" | "differs" | undefined;
  /** `send`: path of what goes with it. */
  readonly file: string | undefined;
  /** `send`: whoever gets the file is shown its name. */
  readonly showsName: boolean;
  readonly json: boolean;
  /** Of what is sent; undefined: as the conversation has it. */
  readonly burn: ChosenBurn | undefined;
  /** `join`: a PIN is to open the device, and not a passphrase. */
  readonly hasPin: boolean;
  /** `join`: an account is taken over with its recovery kit. */
  readonly hasKit: boolean;
  /** `kit`: it is on paper. */
  readonly isKitDone: boolean;
  /** `kit`: contacts are in the backup, too. */
  readonly withContacts: boolean;
  /** `wipe`: the device of this terminal, and not another. */
  readonly isThisDevice: boolean;
};

/** What can be asked of a group, with the operands after it. */
const GROUP_ACTS = {
  new: { least: 2, most: Infinity, usage: "group new NAME PERSON…" },
  members: { least: 1, most: 1, usage: "group members GROUP" },
  add: { least: 2, most: Infinity, usage: "group add GROUP PERSON…" },
  remove: { least: 2, most: 2, usage: "group remove GROUP PERSON" },
  rename: { least: 2, most: 2, usage: "group rename GROUP NAME" },
  role: { least: 3, most: 3, usage: "group role GROUP PERSON owner|admin|member" },
  leave: { least: 1, most: 1, usage: "group leave GROUP" },
} as const;
export type GroupAct = keyof typeof GROUP_ACTS;
export const isGroupAct = (word: string | undefined): word is GroupAct =>
  word !== undefined && Object.hasOwn(GROUP_ACTS, word);
const GROUP_USAGES = Object.values(GROUP_ACTS)
  .map(({ usage }) => `./sotto ${usage}`)
  .join("\n       ");

const OPERANDS: Readonly<Record<CommandName, { least: number; most: number; usage: string }>> = {
  join: { least: 1, most: 1, usage: "join CODE --as NAME [--pin] [--kit] [--relay URL] [--size MIB]" },
  link: { least: 0, most: 0, usage: "link" },
  add: { least: 1, most: 1, usage: "add LINK" },
  list: { least: 0, most: 0, usage: "list" },
  save: { least: 3, most: 3, usage: "save PERSON MESSAGE PATH" },
  read: { least: 1, most: 1, usage: "read PERSON [--count N] [--at DATE]" },
  find: {
    least: 0,
    most: 1,
    usage: "find [TEXT] [--in PERSON] [--since DATE] [--until DATE] [--count N]",
  },
  send: {
    least: 1,
    most: 2,
    usage: "send PERSON [TEXT] [--file PATH [--show-name]] [--burn TIME | --burn-after-reading TIME]",
  },
  reply: {
    least: 2,
    most: 3,
    usage: "reply PERSON MESSAGE [TEXT] [--burn TIME | --burn-after-reading TIME]",
  },
  react: { least: 2, most: 3, usage: "react PERSON MESSAGE [EMOJI]" },
  edit: { least: 2, most: 3, usage: "edit PERSON MESSAGE [TEXT]" },
  forward: { least: 3, most: 3, usage: "forward PERSON MESSAGE OTHER-PERSON" },
  "pin-message": { least: 2, most: 2, usage: "pin-message PERSON MESSAGE" },
  "unpin-message": { least: 2, most: 2, usage: "unpin-message PERSON MESSAGE" },
  delete: { least: 2, most: 2, usage: "delete PERSON MESSAGE" },
  follow: { least: 0, most: 1, usage: "follow [PERSON]" },
  verify: { least: 1, most: 1, usage: "verify PERSON [--matches | --differs]" },
  group: { least: 1, most: Infinity, usage: `group ${Object.keys(GROUP_ACTS).join("|")} …` },
  pin: { least: 0, most: 0, usage: "pin" },
  kit: { least: 0, most: 0, usage: "kit [--done [--without-contacts]]" },
  wipe: { least: 0, most: 2, usage: "wipe TEXT TEXT | wipe --this-device" },
  "wipe-texts": { least: 0, most: 0, usage: "wipe-texts" },
};

const OPTIONS = {
  device: { type: "string" },
  relay: { type: "string" },
  as: { type: "string" },
  size: { type: "string" },
  count: { type: "string" },
  timeout: { type: "string" },
  in: { type: "string" },
  since: { type: "string" },
  until: { type: "string" },
  at: { type: "string" },
  matches: { type: "boolean" },
  differs: { type: "boolean" },
  file: { type: "string" },
  "show-name": { type: "boolean" },
  json: { type: "boolean" },
  burn: { type: "string" },
  "burn-after-reading": { type: "string" },
  pin: { type: "boolean" },
  kit: { type: "boolean" },
  done: { type: "boolean" },
  "without-contacts": { type: "boolean" },
  "this-device": { type: "boolean" },
} as const;

const RELAY_DEFAULT = "http://localhost:7400";
const SIZE_DEFAULT_MIB = 64;
const SIZE_MIN_MIB = 4;
const SIZE_MAX_MIB = 512;
const COUNT_DEFAULT = 20;
const TIMEOUT_DEFAULT_S = 30;

/** The error is a sentence for the person who typed. */
export function parseCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Result<Command, string> {
  const parsed = parseWords(words);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const [name, ...operands] = positionals;
  const known = COMMANDS.find((one) => one === name);
  if (known === undefined)
    return err(`There is no command "${name ?? ""}". Commands: ${COMMANDS.join(", ")}.`);
  const { least, most, usage } = OPERANDS[known];
  if (operands.length < least || operands.length > most) return err(`Usage: ./sotto ${usage}`);
  const mistake = known === "group" ? groupMistake(operands) : undefined;
  if (mistake !== undefined) return err(mistake);
  if (known === "join" && values.as === undefined)
    return err(`Say what your contacts see as your name: ./sotto ${usage}`);
  if (values.matches === true && values.differs === true)
    return err("The safety numbers match or differ, not both.");
  const isThisDevice = values["this-device"] ?? false;
  if (known === "wipe" && operands.length !== (isThisDevice ? 0 : 2)) return err(`Usage: ./sotto ${usage}`);
  const times = timesOf(values);
  if (times === undefined)
    return err('--since, --until and --at take a date, such as 2026-11-22 or "2026-11-22 14:02".');
  const burn = chosenBurn(values.burn, values["burn-after-reading"]);
  if (!burn.ok) return burn;
  const count = positive(values.count, COUNT_DEFAULT);
  const timeoutS = positive(values.timeout, TIMEOUT_DEFAULT_S);
  const relay = (values.relay ?? environment["SOTTO_RELAY"] ?? RELAY_DEFAULT).replace(/\/$/, "");
  if (!isOrigin(relay))
    return err(
      "--relay takes an address without a path, such as https://relay.example or http://localhost:7400.",
    );
  const sizeMib = positive(values.size, SIZE_DEFAULT_MIB);
  if (sizeMib === undefined || sizeMib < SIZE_MIN_MIB || sizeMib > SIZE_MAX_MIB)
    return err(`--size takes a whole number of MiB from ${SIZE_MIN_MIB} to ${SIZE_MAX_MIB}.`);
  if (count === undefined || timeoutS === undefined)
    return err("--count and --timeout take a whole number above 0.");
  return ok({
    name: known,
    operands,
    device: values.device ?? environment["SOTTO_DEVICE"] ?? join(homedir(), ".sotto", "device"),
    relay,
    as: values.as ?? "",
    sizeMib,
    count,
    timeoutMs: timeoutS * 1000,
    in: values.in,
    ...times,
    compared: values.matches === true ? "matches" : values.differs === true ? "differs" : undefined,
    file: values.file,
    showsName: values["show-name"] ?? false,
    json: values.json ?? false,
    burn: burn.value,
    hasPin: values.pin ?? false,
    hasKit: values.kit ?? false,
    isKitDone: values.done ?? false,
    withContacts: !(values["without-contacts"] ?? false),
    isThisDevice,
  });
}

function groupMistake([act, ...operands]: readonly string[]): string | undefined {
  if (!isGroupAct(act)) return `Usage: ${GROUP_USAGES}`;
  const { least, most, usage } = GROUP_ACTS[act];
  const isRoleWrong = act === "role" && !groupRoles.has(operands[2] ?? "");
  return operands.length < least || operands.length > most || isRoleWrong
    ? `Usage: ./sotto ${usage}`
    : undefined;
}
const groupRoles: ReadonlySet<string> = new Set<GroupRole>(["owner", "admin", "member"]);

type Times = Pick<Command, "since" | "until" | "at">;

/** Undefined: one of them is no date. */
function timesOf(given: Readonly<Record<string, string | boolean | undefined>>): Times | undefined {
  const { since, until, at } = given;
  const times = {
    since: typeof since === "string" ? dateToTime(since) : undefined,
    until: typeof until === "string" ? untilToTime(until) : undefined,
    at: typeof at === "string" ? dateToTime(at) : undefined,
  };
  const isWrong = (["since", "until", "at"] as const).some(
    (name) => given[name] !== undefined && times[name] === undefined,
  );
  return isWrong ? undefined : times;
}

function parseWords(words: readonly string[]) {
  try {
    return ok(parseArgs({ args: [...words], allowPositionals: true, options: OPTIONS }));
  } catch (error) {
    return err(error instanceof Error ? firstSentence(error.message) : "These arguments cannot be read.");
  }
}

/** Node goes on to explain how to write an operand that begins with a dash. */
const firstSentence = (message: string): string => `${message.split(/\.(?:\s|$)/, 1)[0]}.`;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The organisation's longest is not known here: what is longer is brought within it. */
function chosenBurn(
  afterSending: string | undefined,
  afterReading: string | undefined,
): Result<ChosenBurn | undefined, string> {
  const given = afterReading ?? afterSending;
  if (given === undefined) return ok(undefined);
  if (afterSending !== undefined && afterReading !== undefined)
    return err("A message burns after sending or after reading, not both.");
  const [, count, unit = ""] = /^([1-9]\d{0,5})([smhd])$/.exec(given) ?? [];
  const ms =
    given === "off" && afterReading === undefined ? 0 : Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (Number.isNaN(ms) || (ms !== 0 && ms < BURN_MS_MIN))
    return err(
      "A burn time is a number with s, m, h or d, such as 30s or 7d, and 5s at least; --burn also takes off.",
    );
  return ok({ ms, from: afterReading === undefined ? "sending" : "reading" });
}

function positive(given: string | undefined, otherwise: number): number | undefined {
  if (given === undefined) return otherwise;
  return /^[1-9]\d{0,5}$/.test(given) ? Number(given) : undefined;
}
