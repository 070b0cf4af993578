/** Why the messages that wait do so, for the last of them to say. */
import type { ConversationView, MessageKey } from "@sotto/client";
import * as m from "../paraglide/messages.js";
import { problemWords } from "../problem-words.ts";

export type Waiting = { readonly key: MessageKey; readonly words: string };

/** Undefined while nothing waits, or for no longer than a message takes. */
export function waitingIn(view: ConversationView): Waiting | undefined {
  const last = view.messages.findLast(({ mark }) => mark === "waiting");
  const words = last && (last.problem === undefined ? wordsFor(view) : problemWords(last.problem));
  return last && words !== undefined ? { key: last.key, words } : undefined;
}

/** Short, where the whole of it stands above the messages. */
function wordsFor({ problem, state, reachability, name, group }: ConversationView): string | undefined {
  if (problem !== undefined) return m.waits_not_reached({ name });
  if (state === "setting-up") return group === undefined ? m.waits_for_device({ name }) : m.waits_for_group();
  if (state === "broken") return m.waits_for_remaking();
  return reachability.kind === "offline" ? m.waits_for_relay() : undefined;
}
