/** Looking for messages, and for a place in a conversation. Spec: spec/terminal.md, TC30 and TC31. */
import type { FoundMessage, Member, Query, SearchView } from "@sotto/client";
import { err, ok, type Result } from "@sotto/protocol";
import { foundJson, foundLine, foundPersonJson, foundPersonLine } from "./output.ts";
import type { Window } from "./waiting.ts";

type Asking = {
  readonly member: Member;
  readonly query: Query;
  /** Messages at most. */
  readonly count: number;
  readonly json: boolean;
  readonly out: (line: string) => Promise<void>;
};

/** Once everything that is kept was looked at. */
export async function find({ member, query, count, json, out }: Asking): Promise<Result<void, string>> {
  const view = await answerOf(member, query, count);
  if (view?.state === "too-long") return err("That is too much to search for. A few words are enough.");
  if (view === undefined || view.state === "empty") return err("There is no word in that to search for.");
  for (const person of view.people) await out(json ? foundPersonJson(person) : foundPersonLine(person));
  const messages: readonly FoundMessage[] = view.messages.slice(0, count);
  for (const message of messages) await out(json ? foundJson(message) : foundLine(message));
  if (view.people.length === 0 && messages.length === 0 && !json) await out("Nothing found.");
  return ok(undefined);
}

async function answerOf(member: Member, query: Query, count: number): Promise<SearchView | undefined> {
  const shown: { view?: SearchView } = {};
  const read = Promise.withResolvers<void>();
  const search = await member.openSearch((view) => {
    shown.view = view;
    if (!view.isReading || view.state !== "found") read.resolve();
  });
  await search?.find(query);
  await read.promise;
  while (shown.view?.hasMore === true && shown.view.messages.length < count) await search?.more();
  search?.close();
  return shown.view;
}

/** From a time on: the messages that a conversation shows from there, at most so many. */
export async function messagesFrom(window: Window, time: number, count: number) {
  const key = await window.goTo({ kind: "at", time });
  const from = (): number => window.view().messages.findIndex((message) => message.key === key);
  if (key === undefined) return [];
  while (window.view().hasNewer && window.view().messages.length - from() < count) await window.loadNewer();
  return window.view().messages.slice(from(), from() + count);
}
