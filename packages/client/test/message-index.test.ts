/** What the index of a search holds, compared with a list that is walked. Spec: spec/finding.md, FN1, FN2, FN9. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { foldText, isIn, termsOf } from "../src/finding/fold.ts";
import { createMessageIndex, type Indexed } from "../src/finding/message-index.ts";

type Message = Indexed & { readonly text: string };
const ROOM = 2 ** 26;

const message = (at: number, place: number, text: string): Message => ({
  key: `m/0000000${at % 3}/${place}-${at}`,
  place,
  sentAt: place,
  burnAt: undefined,
  text,
});
const put = (index: ReturnType<typeof createMessageIndex>, all: readonly Message[]): void =>
  index.put(all.map(({ text, ...rest }) => ({ ...rest, folded: foldText(text) })));

function found(
  index: ReturnType<typeof createMessageIndex>,
  asked: string,
  limit = 1_000,
): readonly string[] {
  const nothing = { isName: () => false, isNamed: () => false, isAsked: () => true };
  return index.find({ terms: termsOf(asked), ...nothing }, limit).map(({ key }) => key);
}
function walked(all: readonly Message[], asked: string): readonly string[] {
  const terms = termsOf(asked);
  return all
    .filter(({ text }) => terms.every((term) => isIn(foldText(text), term)))
    .toSorted((a, b) => b.place - a.place || (a.key < b.key ? 1 : -1))
    .map(({ key }) => key);
}

const WORDS = ["market", "mark", "four", "京都", "Grüße", "x"];
const TEXT = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 }).map((all) => all.join(" "));
const PLACE = fc.nat({ max: 40 });
type Step = {
  readonly kind: "put" | "remove";
  readonly at: number;
  readonly place: number;
  readonly text: string;
};
const STEP: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("put", "put", "put", "remove"),
  at: fc.nat({ max: 60 }),
  place: PLACE,
  text: TEXT,
});

test("[FN1] [FN2] property: whatever was put and taken out, it finds what a plain walk finds and holds nothing else", () => {
  fc.assert(
    fc.property(fc.array(fc.array(STEP, { maxLength: 8 }), { maxLength: 40 }), (turns) => {
      const index = createMessageIndex(ROOM);
      const all = new Map<string, Message>();
      for (const turn of turns) {
        const added = turn
          .filter(({ kind }) => kind === "put")
          .map(({ at, place, text }) => message(at, place, text));
        const gone = turn.flatMap(({ kind, at, place }) =>
          kind === "remove" ? [message(at, place, "").key] : [],
        );
        const unique = [...new Map(added.map((one) => [one.key, one])).values()];
        put(index, unique);
        for (const one of unique) all.set(one.key, one);
        index.remove(new Set(gone));
        for (const key of gone) all.delete(key);
      }
      for (const asked of [...WORDS, "market four", "gruesse mark", "nowhere"])
        assert.deepEqual(found(index, asked), walked([...all.values()], asked), asked);
      const held = index.held();
      assert.equal(held.messages, all.size);
      const words = [...all.values()].map(({ text }) => foldText(text));
      assert.deepEqual(held.text.split("\n").filter(Boolean).toSorted(), words.toSorted());
      assert.equal(
        held.units,
        words.reduce((sum, { length }) => sum + length + 1 + 128, 0),
      );
    }),
    { numRuns: 200 },
  );
});

test("[FN1] property: over many blocks, put in any order", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(
        Array.from({ length: 1_500 }, (_, at) => at),
        { minLength: 1_000 },
      ),
      (order) => {
        const index = createMessageIndex(ROOM);
        const all = order.map((at) => message(at, at >> 1, `${at % 7 === 0 ? "market " : ""}number ${at}`));
        for (let from = 0; from < all.length; from += 300) put(index, all.slice(from, from + 300));
        assert.deepEqual(found(index, "market", 2_000), walked(all, "market"));
        assert.deepEqual(found(index, "number", 7), walked(all, "number").slice(0, 7));
        assert.deepEqual(found(index, "", 3), walked(all, "").slice(0, 3));
        const gone = all.filter((_, at) => at % 2 === 0);
        index.remove(new Set(gone.map(({ key }) => key)));
        assert.deepEqual(
          found(index, "market", 2_000),
          walked(
            all.filter((_, at) => at % 2 === 1),
            "market",
          ),
        );
        index.remove(new Set(all.map(({ key }) => key)));
        assert.deepEqual(index.held(), { messages: 0, units: 0, text: "" });
      },
    ),
    { numRuns: 15 },
  );
});

test("[FN9] where there is no room the oldest are left out, and it says since when it has all", () => {
  const all = Array.from({ length: 2_000 }, (_, at) => message(at, at, "word"));
  const index = createMessageIndex(1_000 * (128 + 7));
  for (let from = 2_000; from > 0; from -= 100) put(index, all.slice(from - 100, from));
  const left = index.leftOut();
  assert.ok(left !== undefined && left.since > 900 && left.since < 1_400, String(left?.since));
  assert.ok(index.held().units <= 1_000 * (128 + 7));
  assert.deepEqual(
    found(index, "word", 5_000),
    walked(
      all.filter(({ place }) => place >= left.since),
      "word",
    ),
  );
  assert.equal(createMessageIndex(ROOM).leftOut(), undefined);
});

test("[FN9] a message more than there is room for leaves one out, one less leaves none", () => {
  const cost = 128 + foldText("word").length + 1;
  for (const [room, isLeftOut] of [
    [256 * cost, false],
    [256 * cost - 1, true],
  ] as const) {
    const index = createMessageIndex(room);
    put(
      index,
      Array.from({ length: 256 }, (_, at) => message(at, at, "word")),
    );
    assert.equal(index.leftOut() !== undefined, isLeftOut);
  }
});
