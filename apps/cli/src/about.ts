/** Writing, and what is said about a message afterwards: each ends once the relay has it. Spec: spec/terminal.md, TC5, TC15. */
import type { Answer, ConversationId, ConversationView, Intent, MessageView, Problem } from "@sotto/client";
import { err, ok, unreachable, type Result } from "@sotto/protocol";
import { done, failed, find, notSentSentence, patience, textOf, type Asked, type Ended } from "./asked.ts";
import { messageJson } from "./output.ts";
import { problemSentence } from "./sentences.ts";
import { openWindow, type Window } from "./waiting.ts";

/** Fewer letters than that would be a guess. */
const KEY_LETTERS_MIN = 4;

export const burnOf = ({ command }: Asked): Pick<Extract<Intent, { kind: "send" }>, "burn"> =>
  command.burn === undefined ? {} : { burn: command.burn };

type Send = Extract<Intent, { kind: "send" | "forward" }>;

export async function sendAndWait(asked: Asked, intent: Send): Promise<Ended> {
  return untilSent(asked, intent.to, await asked.member.ask(intent));
}

/** Of what was asked to be sent. */
export async function untilSent(
  { command, member, streams }: Asked,
  to: ConversationId,
  answer: Result<Answer, Problem>,
): Promise<Ended> {
  if (!answer.ok) return failed(answer.error);
  const key = answer.value.kind === "message" ? answer.value.key : "";
  const window = await openWindow(member, to);
  if (window === undefined) return done;
  const isOver = (now: ConversationView): boolean => ofKey(now, key)?.mark !== "waiting";
  let view = await window.until(patience(command, streams), isOver);
  // A large file takes longer than anybody would wait for a text: as long as it moves, it is waited for.
  for (let before = -1; !isOver(view) && sentOf(ofKey(view, key)) > before && !streams.stopped.aborted;) {
    before = sentOf(ofKey(view, key));
    view = await window.until(patience(command, streams), isOver);
  }
  window.close();
  const message = ofKey(view, key);
  if (message === undefined || message.mark === "waiting")
    return err(notSentSentence(view, message?.problem));
  if (message.mark === "failed") return failed(message.problem ?? { kind: "expired" });
  if (command.json) await streams.out(messageJson(view, message));
  return done;
}

const sentOf = (message: MessageView | undefined): number =>
  message?.content.kind === "text" ? (message.content.file?.sent ?? 1) : 1;

export async function reply(asked: Asked): Promise<Ended> {
  const found = await findMessage(asked);
  if (!found.ok) return found;
  const { window, key } = found.value;
  const { id } = window.view();
  window.close();
  return sendAndWait(asked, {
    kind: "send",
    to: id,
    text: await textOf(asked, 2),
    replyTo: key,
    ...burnOf(asked),
  });
}

export async function forward(asked: Asked): Promise<Ended> {
  const to = await find(asked, asked.command.operands[2] ?? "");
  if (!to.ok) return to;
  const found = await findMessage(asked);
  if (!found.ok) return found;
  const { window, key } = found.value;
  const { id } = window.view();
  window.close();
  return sendAndWait(asked, { kind: "forward", in: id, key, to: to.value.id });
}

/** A message that was never sent and is deleted is gone at once. */
export async function change(
  asked: Asked,
  kind: "react" | "pin" | "unpin" | "edit" | "delete",
): Promise<Ended> {
  const { command, member, streams } = asked;
  const found = await findMessage(asked);
  if (!found.ok) return found;
  const { window, key } = found.value;
  const answer = await member.ask(await intentOf(asked, kind, { in: window.view().id, key }));
  if (!answer.ok) {
    window.close();
    return failed(answer.error);
  }
  const isWaiting = (message: MessageView | undefined): boolean =>
    message?.isChanging === true || message?.isReacting === true;
  const view = await window.until(patience(command, streams), (now) => !isWaiting(ofKey(now, key)));
  window.close();
  const message = ofKey(view, key);
  if (isWaiting(message)) return err(notSentSentence(view, message?.problem));
  if (command.json && message !== undefined) await streams.out(messageJson(view, message));
  return done;
}

async function intentOf(
  asked: Asked,
  kind: "react" | "pin" | "unpin" | "edit" | "delete",
  of: { readonly in: string; readonly key: string },
): Promise<Intent> {
  switch (kind) {
    case "react":
      return { ...of, kind, emoji: asked.command.operands[2] ?? "" };
    case "edit":
      return { ...of, kind, text: await textOf(asked, 2) };
    case "pin":
    case "unpin":
    case "delete":
      return { ...of, kind };
    default:
      return unreachable(kind);
  }
}

const ofKey = (
  view: { readonly messages: readonly MessageView[] },
  wanted: string,
): MessageView | undefined => view.messages.find(({ key }) => key === wanted);

/** The message that the second operand names: by the letters that stand before it, or more of them. */
async function findMessage(
  asked: Asked,
): Promise<Result<{ readonly window: Window; readonly key: string }, string>> {
  const row = await find(asked);
  if (!row.ok) return row;
  const letters = (asked.command.operands[1] ?? "").toLowerCase();
  const window = await openWindow(asked.member, row.value.id);
  if (window === undefined) return err(problemSentence({ kind: "message-gone" }));
  while (window.view().hasOlder) await window.loadOlder();
  const named = window
    .view()
    .messages.filter(({ key, content }) => content.kind !== "notice" && key.startsWith(letters));
  const [only] = letters.length < KEY_LETTERS_MIN ? [] : named;
  if (only !== undefined && named.length === 1) return ok({ window, key: only.key });
  window.close();
  if (only === undefined)
    return err(`No message here is called "${letters}". ./sotto read shows the letters of each.`);
  return err(`"${letters}" could be ${named.length} messages. ./sotto read --json shows more letters.`);
}
