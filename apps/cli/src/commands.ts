/** What each command does with an opened profile. Spec: spec/terminal.md. */
import { setTimeout as sleep } from "node:timers/promises";
import type {
  ConversationRow,
  ConversationView,
  Intent,
  Member,
  MemberView,
  MessageView,
  Problem,
} from "@sotto/client";
import { err, ok, unreachable, type Result } from "@sotto/protocol";
import { renderUnicode } from "uqr";
import type { Command } from "./arguments.ts";
import { messageJson, messageLine, rowJson, rowLine } from "./output.ts";
import { problemSentence } from "./sentences.ts";

export type Streams = {
  readonly out: (line: string) => void;
  /** All of standard input, when a text comes from there. */
  readonly input: () => Promise<string>;
  /** Fires when the person wants to stop. */
  readonly stopped: AbortSignal;
};

/** The error is a sentence; the exit status is then 1. */
type Ended = Result<void, string>;
const done: Ended = ok(undefined);
const problem = (one: Problem): Ended => err(problemSentence(one));

export async function run(command: Command, member: Member, streams: Streams): Promise<Ended> {
  switch (command.name) {
    case "join":
    case "link":
      return showLink(command, member, streams);
    case "add":
      return add(command, member, streams);
    case "list":
      return list(command, member, streams);
    case "send":
      return send(command, member, streams);
    case "read":
      return read(command, member, streams);
    case "follow":
      return follow(command, member, streams);
    default:
      return unreachable(command.name);
  }
}

async function showLink({ json, timeoutMs }: Command, member: Member, { out }: Streams): Promise<Ended> {
  const view = await until(member, timeoutMs, ({ me }) => me.link !== undefined);
  const { link } = view.me;
  if (link === undefined) return problem(offlineProblem(view));
  if (json) out(JSON.stringify({ link }));
  else out(`${renderUnicode(link, { ecc: "L" })}\n${link}`);
  return done;
}

async function add({ operands, json, timeoutMs }: Command, member: Member, { out }: Streams): Promise<Ended> {
  const answer = await member.ask({ kind: "add-contact", link: operands[0] ?? "" });
  if (!answer.ok) return problem(answer.error);
  const id = answer.value.kind === "conversation" ? answer.value.id : "";
  const isReady = (view: MemberView): boolean => rowOf(view, id)?.state === "ready";
  const row = rowOf(await until(member, timeoutMs, isReady), id);
  if (row?.state !== "ready")
    return err("The contact's relay cannot be reached yet. The conversation begins by itself when it can.");
  out(json ? rowJson(row) : `You can write to ${row.name} now. Compare safety numbers when you meet.`);
  return done;
}

async function list({ json, timeoutMs }: Command, member: Member, { out }: Streams): Promise<Ended> {
  const view = await until(
    member,
    Math.min(timeoutMs, 5_000),
    ({ reachability }) => reachability.kind === "online",
  );
  for (const row of view.conversations) out(json ? rowJson(row) : rowLine(row));
  if (view.conversations.length === 0 && !json)
    out("No conversations yet. Give somebody your link: ./sotto link");
  return done;
}

async function send(command: Command, member: Member, { out, input }: Streams): Promise<Ended> {
  const found = find(member.view(), command.operands[0] ?? "");
  if (!found.ok) return found;
  const text = command.operands[1] ?? (await input()).replace(/\n$/, "");
  const answer = await member.ask({ kind: "send", to: found.value.id, text });
  if (!answer.ok) return problem(answer.error);
  const key = answer.value.kind === "message" ? answer.value.key : "";
  const message = await untilSettled(member, found.value.id, key, command.timeoutMs);
  if (message?.problem !== undefined) return problem(message.problem);
  if (message?.mark !== "sent" && message?.mark !== "delivered")
    return err(
      "Not sent yet: the relay cannot be reached. The message is kept and goes out with the next command.",
    );
  if (command.json) out(messageJson(found.value, message));
  return done;
}

async function read(command: Command, member: Member, { out }: Streams): Promise<Ended> {
  const found = find(member.view(), command.operands[0] ?? "");
  if (!found.ok) return found;
  const window = await openWindow(member, found.value.id);
  if (window === undefined) return done;
  await window.until(command.timeoutMs, (view) => view.reachability.kind === "online");
  while (window.view().messages.length < command.count && window.view().hasOlder) await window.loadOlder();
  const view = window.view();
  for (const message of view.messages.slice(-command.count))
    out(command.json ? messageJson(view, message) : messageLine(view, message));
  window.close();
  await member.ask({ kind: "mark-read", in: view.id });
  return done;
}

async function follow(command: Command, member: Member, { out, stopped }: Streams): Promise<Ended> {
  const only = command.operands[0];
  const wanted = only === undefined ? undefined : find(member.view(), only);
  if (wanted && !wanted.ok) return wanted;
  const opened = new Set<string>();
  const watch = (view: MemberView): void => {
    for (const row of view.conversations) {
      if (opened.has(row.id) || (wanted && wanted.value.id !== row.id)) continue;
      opened.add(row.id);
      void printNew(member, row.id, (conversation, message) =>
        out(command.json ? messageJson(conversation, message) : messageLine(conversation, message)),
      );
    }
  };
  watch(member.view());
  const forget = member.onView(watch);
  await new Promise<void>((resolve) => stopped.addEventListener("abort", () => resolve(), { once: true }));
  forget();
  return done;
}

/** Prints every message once: the unread ones at first, then each as it comes. */
async function printNew(
  member: Member,
  id: string,
  print: (conversation: ConversationView, message: MessageView) => void,
): Promise<void> {
  const printed = new Set<string>();
  let isFirst = true;
  await member.openConversation(id, (view) => {
    const from = view.firstUnread === undefined ? view.messages.length : indexOf(view, view.firstUnread);
    const fresh = isFirst ? view.messages.slice(from) : view.messages;
    if (isFirst) for (const message of view.messages.slice(0, from)) printed.add(message.key);
    isFirst = false;
    for (const message of fresh) {
      if (printed.has(message.key)) continue;
      printed.add(message.key);
      print(view, message);
    }
    void member.ask({ kind: "mark-read", in: id });
  });
}

const indexOf = (view: ConversationView, key: string): number =>
  Math.max(
    0,
    view.messages.findIndex((message) => message.key === key),
  );

const rowOf = (view: MemberView, id: string): ConversationRow | undefined =>
  view.conversations.find((row) => row.id === id);

const offlineProblem = ({ reachability }: MemberView): Problem =>
  (reachability.kind === "offline" ? reachability.problem : undefined) ?? { kind: "relay-unreachable" };

function find(view: MemberView, who: string): Result<ConversationRow, string> {
  const wanted = who.toLocaleLowerCase();
  const exact = view.conversations.filter((row) => row.name.toLocaleLowerCase() === wanted);
  const close = view.conversations.filter(
    (row) =>
      row.name.toLocaleLowerCase().startsWith(wanted) || (who.length >= 4 && row.id.startsWith(wanted)),
  );
  const matches = exact.length > 0 ? exact : close;
  const [only] = matches;
  if (only === undefined) return err(`There is no conversation with "${who}". ./sotto list shows them all.`);
  if (matches.length > 1)
    return err(`"${who}" could be ${matches.length} contacts. Use the letters before the name.`);
  return ok(only);
}

/** The first view that is as wanted, or the newest when the time is over. */
async function until(
  member: Member,
  timeoutMs: number,
  isWanted: (view: MemberView) => boolean,
): Promise<MemberView> {
  if (isWanted(member.view())) return member.view();
  const wanted = Promise.withResolvers<void>();
  const forget = member.onView((view) => {
    if (isWanted(view)) wanted.resolve();
  });
  await withTimeout(wanted.promise, timeoutMs);
  forget();
  return member.view();
}

async function withTimeout(promise: Promise<void>, timeoutMs: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
}

type Window = {
  view(): ConversationView;
  until(timeoutMs: number, isWanted: (view: ConversationView) => boolean): Promise<void>;
  loadOlder(): Promise<void>;
  close(): void;
};

async function openWindow(member: Member, id: string): Promise<Window | undefined> {
  let newest: ConversationView | undefined;
  const watchers = new Set<(view: ConversationView) => void>();
  const opened = await member.openConversation(id, (view) => {
    newest = view;
    for (const watch of watchers) watch(view);
  });
  if (opened === undefined || newest === undefined) return undefined;
  const view = (): ConversationView => newest as ConversationView;
  return {
    ...opened,
    view,
    async until(timeoutMs, isWanted) {
      if (isWanted(view())) return;
      const wanted = Promise.withResolvers<void>();
      const watch = (next: ConversationView): void => {
        if (isWanted(next)) wanted.resolve();
      };
      watchers.add(watch);
      await withTimeout(wanted.promise, timeoutMs);
      watchers.delete(watch);
    },
  };
}

/** The message once it is no longer waiting, or as it is when the time is over. */
async function untilSettled(
  member: Member,
  id: string,
  key: string,
  timeoutMs: number,
): Promise<MessageView | undefined> {
  const window = await openWindow(member, id);
  if (window === undefined) return undefined;
  const own = (view: ConversationView): MessageView | undefined =>
    view.messages.find((message) => message.key === key);
  await window.until(timeoutMs, (view) => own(view)?.mark !== "waiting");
  window.close();
  return own(window.view());
}
