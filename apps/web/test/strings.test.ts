/** Every string in every language, and the pure parts of the handset. Spec: spec/handset.md. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { MessageView } from "@sotto/client";
import { messagesToLines } from "../src/conversation/lines.ts";
import { found } from "../src/parts/found.ts";
import { strengthOf } from "../src/parts/strength.ts";

type Strings = Readonly<Record<string, string | Readonly<Record<string, string>>>>;
const stringsOf = async (language: string): Promise<Strings> =>
  JSON.parse(await readFile(new URL(`../messages/${language}.json`, import.meta.url), "utf8")) as Strings;
const [en, de] = await Promise.all([stringsOf("en"), stringsOf("de")]);

const textsOf = (value: Strings[string] | undefined): readonly string[] =>
  typeof value === "string" ? [value] : Object.values(value ?? {});
const placeholders = (text: string): readonly string[] => (text.match(/\{\w+\}/g) ?? []).toSorted();

test("[UI11] every string exists in every language, with the same placeholders and plurals", () => {
  assert.deepEqual(Object.keys(de), Object.keys(en));
  for (const [name, value] of Object.entries(en)) {
    const kinds = (one: Strings[string] | undefined) =>
      typeof one === "string" ? [] : Object.keys(one ?? {});
    assert.deepEqual(kinds(de[name]), kinds(value), name);
    assert.deepEqual(textsOf(de[name]).map(placeholders), textsOf(value).map(placeholders), name);
  }
});

test("strings keep to the product's words, and shout nowhere", () => {
  const banned = /!|\b(?:node|payload|session|epoch|keypair)s?\b/i;
  for (const [name, value] of [...Object.entries(en), ...Object.entries(de)]) {
    for (const text of textsOf(value)) {
      assert.doesNotMatch(text, banned, name);
      assert.equal(text, text.trim(), name);
    }
  }
});

const MINUTE_MS = 60_000;
const noon = new Date(2026, 4, 14, 12, 0, 0).getTime();
const message = (key: string, time: number, mine: boolean): MessageView => ({
  key,
  mine,
  author: undefined,
  time,
  mark: undefined,
  problem: undefined,
  burn: undefined,
  quote: undefined,
  reactions: [],
  isChanging: false,
  isReacting: false,
  isPinned: false,
  content: { kind: "text", text: key, edits: [] },
});
const shape = (messages: readonly MessageView[], firstUnread?: string): readonly string[] =>
  messagesToLines(messages, firstUnread).map((line) =>
    line.kind === "message"
      ? `${line.key}${line.isFirst ? " first" : ""}${line.isLast ? " last" : ""}`
      : line.kind,
  );

test("[UI22] one author's messages of one minute are a group", () => {
  const talk = [
    message("a", noon, true),
    message("b", noon + 20_000, true),
    message("c", noon + MINUTE_MS, true),
    message("d", noon + MINUTE_MS, false),
  ];
  assert.deepEqual(shape(talk), ["day", "a first", "b last", "c first last", "d first last"]);
});

test("[UI22] days are parted, and the unread begin with a line that parts a group", () => {
  const talk = [
    message("a", noon - 24 * 60 * MINUTE_MS, false),
    message("b", noon, false),
    message("c", noon, false),
  ];
  assert.deepEqual(shape(talk, "c"), [
    "day",
    "a first last",
    "day",
    "b first last",
    "unread",
    "c first last",
  ]);
});

test("[UI61] a name stands over a bubble where the author is another one than before, a day or the unread begin", () => {
  const by = (author: string | undefined, key: string, time = noon): MessageView => ({
    ...message(key, time, author === undefined),
    author,
  });
  const talk = [
    by("Mara", "a", noon - 24 * 60 * MINUTE_MS),
    by("Mara", "b"),
    by("Mara", "c", noon + 5 * MINUTE_MS),
    by("Idris", "d", noon + 5 * MINUTE_MS),
    by(undefined, "e", noon + 5 * MINUTE_MS),
    by("Idris", "f", noon + 5 * MINUTE_MS),
    by("Idris", "g", noon + 5 * MINUTE_MS),
  ];
  const named = messagesToLines(talk, "g").filter((line) => line.kind === "message" && line.showsAuthor);
  assert.deepEqual(
    named.map(({ key }) => key),
    ["a", "b", "d", "f", "g"],
  );
  assert.deepEqual(shape(talk.slice(2, 4)), ["day", "c first last", "d first last"]);
});

test("[UI22] a notice belongs to no group", () => {
  const notice: MessageView = {
    ...message("n", noon, false),
    content: { kind: "notice", notice: { kind: "gap" } },
  };
  const talk = [message("a", noon, false), notice, message("b", noon, false)];
  assert.deepEqual(shape(talk), ["day", "a first last", "n first last", "b first last"]);
});

test("[UI18] a few letters find the words that begin with them first, whatever their accents", () => {
  const labels = (query: string): readonly string[] =>
    found(
      ["Ana José", "Josefine", "Bajos", "Mara"].map((label) => ({ label })),
      query,
    ).map(({ label }) => label);
  assert.deepEqual(labels("jos"), ["Josefine", "Ana José", "Bajos"]);
  assert.deepEqual(labels("x"), []);
  assert.equal(labels(" ").length, 4);
});

test("the strength of a passphrase is never overstated", () => {
  assert.equal(strengthOf(""), 0);
  for (const weak of [
    "password",
    "123456789012",
    "aaaaaaaaaaaaaaaaaaaa",
    "Passwort123",
    "abcdefghijklmnop",
  ]) {
    assert.equal(strengthOf(weak), 1, weak);
  }
  assert.ok(strengthOf("mara jonas") <= 2);
  assert.ok(strengthOf("correct horse battery staple") >= 3);
  assert.equal(strengthOf("k7#Vq2!mZ0p&Rw"), 4);
});
