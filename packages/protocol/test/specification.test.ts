/** The tables of the specification say what the code does. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import {
  CONTENT_CARD,
  CONTENT_CHANNEL_GONE,
  CONTENT_PROFILE,
  CONTENT_TEXT,
  CONTENT_BURN_TIME,
  CONTENT_DELETION,
  CONTENT_EDIT,
  CONTENT_LEAVE,
  CONTENT_FILE,
  CONTENT_REACTION,
  CONTENT_FORWARD,
  CONTENT_PIN,
  CONTENT_READ_BURN,
  CONTENT_WAS_READ,
  CONTENT_REPLY,
  encode,
  entryCodec,
  refusalCode,
  replyCodec,
  requestCodec,
  type Codec,
} from "@sotto/protocol";
import * as limits from "../src/limits.ts";
import { entries, refusalCodes, replies, requests } from "./arbitraries.ts";

type Row = readonly string[];

/** The cells of every table row below a heading and above the next, without the table's own head. */
function tableUnder(file: string, heading: string): Row[] {
  const spec = readFileSync(new URL(`../../../spec/${file}`, import.meta.url), "utf8");
  const [, section] = spec.split(`\n${heading}\n`);
  assert.ok(section, heading);
  const lines = (section.split(/\n#+ /)[0] ?? "").split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
const quoted = (cell: string | undefined): string[] =>
  [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? "");

/** Each case as the code has it: tag, name and fields in their order. */
function casesOf(codec: Codec<never>, cases: Readonly<Record<string, fc.Arbitrary<object>>>): Row[] {
  return Object.entries(cases).map(([name, values]) => {
    const [value] = fc.sample(values, 1);
    assert.ok(value);
    const [tag] = encode(codec as Codec<object>, value);
    return [String(tag), name, ...Object.keys(value).filter((field) => field !== "kind")];
  });
}

for (const [heading, codec, cases] of [
  ["### Requests", requestCodec, requests],
  ["### Replies", replyCodec, replies],
  ["### Entries", entryCodec, entries],
] as const)
  test(`[W11] ${heading.slice(4)}: the specification's table is the code's`, () => {
    const specified = tableUnder("wire.md", heading).map(([tag, name, fields]) => [
      tag,
      ...quoted(name),
      ...quoted(fields),
    ]);
    assert.deepEqual(specified, casesOf(codec as Codec<never>, cases));
  });

test("[W11] Refusals: the specification's table is the code's", () => {
  const specified = tableUnder("wire.md", "### Refusals").map(([number, name]) => [number, ...quoted(name)]);
  assert.deepEqual(
    specified,
    refusalCodes.map((code) => [String(encode(refusalCode, code)[0]), code]),
  );
});

test("[W5] Limits: the specification's table is the code's", () => {
  const specified = tableUnder("wire.md", "## Limits").map(([name, value]) => [
    ...quoted(name),
    Number(value),
  ]);
  assert.deepEqual(Object.fromEntries(specified), { ...limits });
});

test("[CN2] Kinds: the specification's table is the code's", () => {
  const specified = tableUnder("content.md", "## Kinds").map(([number, name]) => [
    quoted(name)[0],
    Number(number),
  ]);
  assert.deepEqual(Object.fromEntries(specified), {
    text: CONTENT_TEXT,
    profile: CONTENT_PROFILE,
    card: CONTENT_CARD,
    channelGone: CONTENT_CHANNEL_GONE,
    reply: CONTENT_REPLY,
    reaction: CONTENT_REACTION,
    edit: CONTENT_EDIT,
    deletion: CONTENT_DELETION,
    burnTime: CONTENT_BURN_TIME,
    readBurn: CONTENT_READ_BURN,
    wasRead: CONTENT_WAS_READ,
    forward: CONTENT_FORWARD,
    pin: CONTENT_PIN,
    leave: CONTENT_LEAVE,
    file: CONTENT_FILE,
  });
});
