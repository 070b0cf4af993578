/** What every command works with: an opened device, what was typed, and how somebody is found by name. */
import type {
  ConversationRow,
  ConversationView,
  Member,
  MemberView,
  Problem,
  Reachability,
} from "@sotto/client";
import { err, ok, type Result } from "@sotto/protocol";
import type { Command } from "./arguments.ts";
import { problemSentence } from "./sentences.ts";
import { untilInStep } from "./waiting.ts";

export type Streams = {
  /** Resolves once the system has taken the line, and never when nobody reads on. */
  readonly out: (line: string) => Promise<void>;
  /** Standard input, when a text comes from there. */
  readonly input: () => Promise<string>;
  /** Fires when the person wants to stop. */
  readonly stopped: AbortSignal;
};

export type Asked = { readonly command: Command; readonly member: Member; readonly streams: Streams };

/** The error is a sentence; the exit status is then 1. */
export type Ended = Result<void, string>;
export const done: Ended = ok(undefined);
export const failed = (problem: Problem): Ended => err(problemSentence(problem));

/** `list` and `read` show what there is when a relay takes longer. */
const LOOK_WAIT_MS = 5_000;

export const troubleOf = (reachability: Reachability): Problem | undefined =>
  reachability.kind === "offline" ? (reachability.problem ?? { kind: "relay-unreachable" }) : undefined;

export const patience = ({ timeoutMs }: Command, { stopped }: Streams) => ({ timeoutMs, stopped });

export const lookPatience = (command: Command, { stopped }: Streams) => ({
  timeoutMs: Math.min(command.timeoutMs, LOOK_WAIT_MS),
  stopped,
});

export const rowOf = (view: MemberView, id: string): ConversationRow | undefined =>
  view.conversations.find((row) => row.id === id);

/** What came meanwhile may bring the name: looked for again once this device is in step. */
export async function find(
  { command, member, streams }: Asked,
  who = command.operands[0] ?? "",
): Promise<Result<ConversationRow, string>> {
  const look = () => named(member.view().conversations, who, CONVERSATIONS);
  const found = look();
  if (found.ok) return found;
  await untilInStep(member, lookPatience(command, streams));
  return look();
}

/** The operand at this place, or else what standard input holds. */
export const textOf = async ({ command, streams }: Asked, at: number): Promise<string> =>
  command.operands[at] ?? (await streams.input()).replace(/\n$/, "");

export function notSentSentence(
  { state, reachability, group: of }: ConversationView,
  problem: Problem | undefined,
): string {
  const why = problem ?? troubleOf(reachability) ?? { kind: "relay-unreachable" };
  const notReady =
    of === undefined ? "This contact was not reached yet." : "This group is not set up at the relay yet.";
  const because = state === "ready" ? problemSentence(why) : notReady;
  return `${because} Not sent yet: it goes out with a later command.`;
}

/** How it is said that nobody, or more than one, has a name. */
export type Kind = { readonly none: (who: string) => string; readonly many: string };
const CONVERSATIONS: Kind = {
  none: (who) => `There is no conversation with "${who}". ./sotto list shows them all.`,
  many: "conversations",
};

/** By its name, by the beginning of that, or by the letters that are printed before it. */
export function named<T extends { readonly id: string; readonly name: string }>(
  all: readonly T[],
  who: string,
  { none, many }: Kind,
): Result<T, string> {
  const wanted = who.toLocaleLowerCase();
  const isNamed = ({ name }: T): boolean => name.toLocaleLowerCase() === wanted;
  const begins = ({ id, name }: T): boolean =>
    name.toLocaleLowerCase().startsWith(wanted) || (who.length >= 4 && id.startsWith(wanted));
  const exact = all.filter(isNamed);
  const matches = exact.length > 0 ? exact : all.filter(begins);
  const [only] = matches;
  if (only === undefined || wanted === "") return err(none(who));
  if (matches.length > 1)
    return err(`"${who}" could be ${matches.length} ${many}. Use the letters before the name.`);
  return ok(only);
}
