/** What each command does with an opened device. Spec: spec/terminal.md. */
import {
  follow,
  readKit,
  type ConversationView,
  type Intent,
  type Member,
  type MemberView,
  type MessageView,
  type Problem,
} from "@sotto/client";
import { seedToWords } from "@sotto/crypto";
import { assert, err, ok, unreachable, type Result } from "@sotto/protocol";
import type { Device } from "@sotto/client-adapters/node";
import { pinMistake } from "@sotto/client/pin";
import { burnOf, change, forward, reply, sendAndWait, untilSent } from "./about.ts";
import type { Command } from "./arguments.ts";
import { attachingOf, saveFile } from "./files.ts";
import { find as searchFor, messagesFrom } from "./finding.ts";
import {
  done,
  failed,
  find,
  lookPatience,
  patience,
  rowOf,
  textOf,
  troubleOf,
  type Asked,
  type Ended,
  type Streams,
} from "./asked.ts";
import { group } from "./groups.ts";
import {
  kitText,
  linkText,
  messageJson,
  followedLine,
  messageLine,
  rowJson,
  rowLine,
  safetyJson,
  safetyLines,
} from "./output.ts";
import { askKit, askNewPin } from "./passphrase.ts";
import { problemSentence } from "./sentences.ts";
import { openWindow, untilInStep, untilView } from "./waiting.ts";

type Run = { readonly command: Command; readonly device: Device; readonly streams: Streams };
export function run({ command, device, streams }: Run): Promise<Ended> {
  const asked: Asked = { command, member: device.member, streams };
  const { name } = command;
  switch (name) {
    case "join":
    case "link":
      return showLink(asked);
    case "add":
      return add(asked);
    case "list":
      return list(asked);
    case "send":
      return send(asked);
    case "save":
      return save(asked);
    case "reply":
      return reply(asked);
    case "pin-message":
      return change(asked, "pin");
    case "unpin-message":
      return change(asked, "unpin");
    case "forward":
      return forward(asked);
    case "react":
    case "edit":
    case "delete":
      return change(asked, name);
    case "read":
      return command.at === undefined ? read(asked) : readFrom(asked, command.at);
    case "find":
      return findMessages(asked);
    case "follow":
      return followAll(asked);
    case "verify":
      return verify(asked);
    case "group":
      return group(asked);
    case "pin":
      return changePin(device, streams);
    case "kit":
      return command.isKitDone ? finishKit(asked) : showKit(asked);
    case "wipe":
      return wipe(device, streams);
    case "wipe-texts":
      return showWipeTexts(device, streams);
    default:
      return unreachable(name);
  }
}

async function showLink({ command, member, streams }: Asked): Promise<Ended> {
  const isSettled = ({ me: { link, activation } }: MemberView): boolean =>
    link !== undefined || activation === "refused";
  const { me, reachability } = await untilView(member, patience(command, streams), isSettled);
  if (me.link === undefined && me.activation === "refused") return failed({ kind: "code-refused" });
  if (me.link === undefined) {
    const why = problemSentence(troubleOf(reachability) ?? { kind: "relay-unreachable" });
    return err(`${why} There is no link before; ./sotto link goes on where this ended.`);
  }
  await untilInStep(member, patience(command, streams)); // else nobody could begin a conversation yet
  await streams.out(command.json ? JSON.stringify({ link: me.link }) : linkText(me.link));
  return done;
}

async function add({ command, member, streams }: Asked): Promise<Ended> {
  const answer = await member.ask({ kind: "add-contact", link: command.operands[0] ?? "" });
  if (!answer.ok) return failed(answer.error);
  const id = answer.value.kind === "conversation" ? answer.value.id : "";
  const view = await untilView(member, patience(command, streams), (now) => {
    const row = rowOf(now, id);
    return row === undefined || row.state === "ready" || row.problem !== undefined;
  });
  const row = rowOf(view, id);
  if (row?.problem !== undefined) return failed(row.problem);
  if (row?.state !== "ready")
    return err("The contact's relay was not reached. The conversation begins with a later command.");
  await untilInStep(member, patience(command, streams)); // else the contact would not hear of it yet
  await streams.out(
    command.json
      ? rowJson(row)
      : `${rowLine(row)}\nYou can write now. Compare safety numbers: ./sotto verify ${row.id.slice(0, 8)}`,
  );
  return done;
}

async function list({ command, member, streams }: Asked): Promise<Ended> {
  const isInStep = await untilInStep(member, lookPatience(command, streams));
  const { conversations, reachability } = member.view();
  for (const row of conversations) await streams.out(command.json ? rowJson(row) : rowLine(row));
  if (conversations.length === 0 && !command.json)
    await streams.out("No conversations yet. Give somebody your link: ./sotto link");
  const trouble = troubleOf(reachability);
  return isInStep || trouble === undefined ? done : failed(trouble);
}

async function send(asked: Asked): Promise<Ended> {
  const found = await find(asked);
  if (!found.ok) return found;
  if (asked.command.file !== undefined) return sendFile(asked, found.value.id, asked.command.file);
  const text = await textOf(asked, 1);
  return sendAndWait(asked, { kind: "send", to: found.value.id, text, ...burnOf(asked) });
}

/** With a file, a text is not asked for. */
async function sendFile(asked: Asked, to: string, file: string): Promise<Ended> {
  const attaching = await attachingOf(file, asked.command.showsName);
  if (attaching === undefined) return err(`There is no file to be read at ${file}.`);
  const attached = await asked.member.attach({ ...attaching, to, text: asked.command.operands[1] ?? "" });
  return untilSent(asked, to, attached);
}

async function save({ command, member, streams }: Asked): Promise<Ended> {
  const found = await find({ command, member, streams });
  if (!found.ok) return found;
  await untilInStep(member, lookPatience(command, streams));
  const [, key = "", path = ""] = command.operands;
  const message = await messageIn(member, found.value.id, key);
  if (message === undefined) return err(`There is no message "${key}" with a file. ./sotto read shows them.`);
  const reading = { member, id: found.value.id, key: message.key, path, stopped: streams.stopped };
  const saved = await saveFile(reading);
  if (!saved.ok)
    return saved.error.kind === "place" ? err(saved.error.sentence) : failed(saved.error.problem);
  if (command.json) await streams.out(JSON.stringify({ saved: path, bytes: saved.value }));
  else await streams.out(`Saved to ${path}. From here on it is a file like any other: it does not burn.`);
  return done;
}

/** By its key or the beginning of it, among those that have a file. */
async function messageIn(member: Member, id: string, key: string): Promise<MessageView | undefined> {
  const window = await openWindow(member, id);
  if (window === undefined || key.length < 4) return undefined;
  while (window.view().hasOlder) await window.loadOlder();
  window.close();
  return window
    .view()
    .messages.findLast(
      ({ key: one, content }) => one.startsWith(key) && content.kind === "text" && content.file !== undefined,
    );
}

async function read({ command, member, streams }: Asked): Promise<Ended> {
  const found = await find({ command, member, streams });
  if (!found.ok) return found;
  const window = await openWindow(member, found.value.id);
  if (window === undefined) return done;
  const isInStep = await untilInStep(member, lookPatience(command, streams));
  while (window.view().hasOlder && !isEnough(window.view(), command.count)) await window.loadOlder();
  const view = window.view();
  window.close();
  const shown = view.messages.slice(firstShown(view, command.count));
  for (const message of shown)
    await streams.out(command.json ? messageJson(view, message) : messageLine(view, message));
  const through = shown.findLast(({ content }) => content.kind !== "notice")?.key;
  if (through !== undefined) await member.ask({ kind: "mark-read", in: view.id, through });
  const trouble = troubleOf(view.reachability) ?? troubleOf(member.view().reachability);
  return isInStep || trouble === undefined ? done : failed(trouble);
}

/** Nothing of it counts as read: what stands there is not looked for because it is new. */
async function readFrom({ command, member, streams }: Asked, time: number): Promise<Ended> {
  const found = await find({ command, member, streams });
  const window = found.ok ? await openWindow(member, found.value.id) : undefined;
  if (window === undefined) return found.ok ? done : found;
  const shown = await messagesFrom(window, time, command.count);
  for (const message of shown)
    await streams.out(
      command.json ? messageJson(window.view(), message) : messageLine(window.view(), message),
    );
  window.close();
  return done;
}

async function findMessages({ command, member, streams }: Asked): Promise<Ended> {
  const { in: who, since, until, count, json } = command;
  const row =
    who === undefined ? undefined : await find({ command: { ...command, operands: [who] }, member, streams });
  if (row?.ok === false) return row;
  const query = {
    text: command.operands[0] ?? "",
    ...(row === undefined ? {} : { in: row.value.id }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
  return searchFor({ member, query, count, json, out: streams.out });
}

/** As many as were asked for, and nothing that is unread is left out. */
const firstShown = ({ messages, firstUnread }: ConversationView, count: number): number => {
  const unread = messages.findIndex(({ key }) => key === firstUnread);
  const newest = Math.max(0, messages.length - count);
  return unread < 0 ? newest : Math.min(unread, newest);
};

const isEnough = ({ messages, firstUnread }: ConversationView, count: number): boolean =>
  messages.length >= count && (firstUnread === undefined || messages.some(({ key }) => key === firstUnread));

async function followAll({ command, member, streams }: Asked): Promise<Ended> {
  const only = command.operands.length === 0 ? undefined : await find({ command, member, streams });
  if (only && !only.ok) return only;
  const print = (message: Parameters<typeof messageLine>[1], conversation: ConversationView): Promise<void> =>
    streams.out(command.json ? messageJson(conversation, message) : followedLine(conversation, message));
  const stop = follow(member, print, only?.value.id);
  if (!streams.stopped.aborted)
    await new Promise((resolve) => streams.stopped.addEventListener("abort", resolve, { once: true }));
  stop();
  return done;
}

async function verify({ command, member, streams }: Asked): Promise<Ended> {
  const found = await find({ command, member, streams });
  if (!found.ok) return found;
  const { id } = found.value;
  if (found.value.members !== undefined)
    return err(
      "A group has no safety number of its own: compare with each person in it, ./sotto verify PERSON.",
    );
  const number = member.safetyNumber(id);
  if (number === undefined) return err("There is no safety number before this contact was reached.");
  if (command.compared !== undefined) {
    const intent: Intent = { kind: "verify", in: id, matches: command.compared === "matches" };
    const answer = await member.ask(intent);
    if (!answer.ok) return failed(answer.error);
  }
  const row = rowOf(member.view(), id) ?? found.value;
  await streams.out(command.json ? safetyJson(row, number) : safetyLines(row, number));
  return done;
}

const NO_PIN = "A passphrase opens this device: it has no PIN and no guardians.";

async function changePin({ vault }: Device, { out }: Streams): Promise<Ended> {
  if (vault === undefined) return err(NO_PIN);
  const pin = await askNewPin("SOTTO_NEW_PIN");
  if (!pin.ok) return pin;
  const mistake = pinMistake(pin.value);
  if (mistake !== undefined) return failed({ kind: mistake });
  const changed = await vault.changePin("real", pin.value);
  if (!changed.ok) return failed(changed.error);
  await out("The new PIN is set. The old one opens nothing any more.");
  return done;
}

async function showKit({ command, member, streams }: Asked): Promise<Ended> {
  const shown = await shownKit(member);
  if (!shown.ok) return failed(shown.error);
  const kit = { ...shown.value, relayHost: member.view().me.relayHost };
  await streams.out(command.json ? JSON.stringify(kit) : kitText(kit));
  return done;
}

async function shownKit(
  member: Member,
): Promise<Result<{ readonly text: string; readonly words: readonly string[] }, Problem>> {
  const answer = await member.ask({ kind: "show-kit" });
  if (!answer.ok) return answer;
  assert(answer.value.kind === "kit", "show-kit is answered with the kit");
  const { text, words } = answer.value;
  return ok({ text, words });
}

/** Ends once the relay has the backup: without it the paper brings nothing back. */
async function finishKit({ command, member, streams }: Asked): Promise<Ended> {
  const confirmed = await confirmKit(member);
  if (!confirmed.ok) return confirmed;
  const finished = await member.ask({ kind: "finish-kit", withContacts: command.withContacts });
  if (!finished.ok && finished.error.kind !== "kit-made") return failed(finished.error);
  const isKept = ({ me: { kit } }: MemberView): boolean => kit.kind === "made" && kit.keptAt !== undefined;
  const view = await untilView(member, patience(command, streams), isKept);
  if (isKept(view)) {
    await streams.out(
      "The recovery kit is made, and its backup is with the relay. This device cannot show it again.",
    );
    return done;
  }
  const why = problemSentence(troubleOf(view.reachability) ?? { kind: "relay-unreachable" });
  return err(`${why} The kit restores nothing before: ./sotto kit --done goes on where this ended.`);
}

/** What is on paper is read back: a mistake found now can be mended. */
async function confirmKit(member: Member): Promise<Ended> {
  const shown = await shownKit(member);
  if (!shown.ok) return shown.error.kind === "kit-made" ? done : failed(shown.error);
  const typed = await askKit();
  if (!typed.ok) return typed;
  const read = readKit(typed.value, "");
  if (!read.ok) return failed(read.error);
  const isSame = seedToWords(read.value.seed).join() === shown.value.words.join();
  read.value.seed.wipe();
  return isSame
    ? done
    : err("These are the words of another recovery kit. Nothing was changed: compare them with ./sotto kit.");
}

async function wipe(device: Device, { out }: Streams): Promise<Ended> {
  await device.wipe();
  await out("This device is wiped.");
  return done;
}

async function showWipeTexts({ vault }: Device, { out }: Streams): Promise<Ended> {
  if (vault === undefined) return err(NO_PIN);
  for (const text of vault.wipeShares()) await out(text);
  return done;
}
