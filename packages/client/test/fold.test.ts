/** How words are compared. Spec: spec/finding.md, FN3 to FN5. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { foldText, isIn, termsOf } from "../src/finding/fold.ts";
import { piecesOf } from "../src/finding/pieces.ts";

function isFound(text: string, asked: string): boolean {
  const terms = termsOf(asked);
  return terms.length > 0 && terms.every((term) => isIn(foldText(text), term));
}
const marked = (text: string, asked: string): readonly string[] =>
  piecesOf(text, termsOf(asked)).flatMap((piece) => (piece.isMatch ? [piece.text] : []));

test("[FN3] case, accents, width and invisible characters make no difference", () => {
  for (const [text, asked] of [
    ["Résumé", "RESUME"],
    ["Re\u0301sume\u0301", "résumé"],
    ["İstanbul ısısı", "istanbul isisi"],
    ["ΟΔΟΣ", "οδος"],
    ["ｆｕｌｌ　ｗｉｄｔｈ １２", "full width 12"],
    ["Rad\u00adfah\u200brer", "radfahrer"],
    ["pass\u202eword", "password"],
    ["password", "pass\u2067word"],
    ["Łódź Ærø Đakovo", "lodz aero dakovo"],
    ["שָׁלוֹם", "שלום"],
    ["مُحَمَّد", "محمد"],
    ["½ ㎏", "1 2 kg"],
  ] as const)
    assert.ok(isFound(text, asked), `${text} by ${asked}`);
  assert.ok(!isFound("がく", "かく"), "another letter, not a letter with a mark");
});

test("[FN3] ß is ss, and an umlaut is found with it, without it and spelt out", () => {
  for (const asked of ["straße", "strasse", "STRASSE", "STRAẞE"])
    for (const text of ["Die Straße", "DIE STRASSE", "Hauptweg und straße"]) assert.ok(isFound(text, asked));
  for (const asked of ["müller", "muller", "mueller", "mu\u0308ller", "MÜLL"]) {
    assert.ok(isFound("Herr Müller", asked), asked);
    assert.ok(isFound("Herr Mu\u0308ller", asked), asked);
  }
  assert.ok(isFound("Herr Mueller", "müller"));
  assert.ok(isFound("Größe", "groesse"));
  assert.ok(!isFound("neunzehn", "neuen"), "only an umlaut is spelt out, no other ue");
});

test("[FN4] a word is found by its beginning, and by nothing else", () => {
  assert.ok(isFound("the market at four", "mark"));
  assert.ok(isFound("the market at four", "four mar"));
  assert.ok(isFound("don't: stop (now)!", "don't stop now"));
  assert.ok(!isFound("the market at four", "arket"));
  assert.ok(!isFound("the market at four", "market five"));
  assert.ok(!isFound("a b", "ab"));
});

test("[FN4] scripts without spaces, Korean and emoji are found anywhere", () => {
  for (const [text, asked] of [
    ["東京都に行く", "京都"],
    ["カタカナ", "タカ"],
    ["コーヒー", "ーヒ"],
    ["학교에서", "교에"],
    ["ทำงานที่บ้าน", "บ้าน"],
    ["買うiPhone手机", "手机 iphone"],
    ["買うiPhone手机", "iPhone手机"],
    ["yes👍🏽", "👍"],
    ["👨‍👩‍👧‍👦", "👩"],
  ] as const)
    assert.ok(isFound(text, asked), `${text} by ${asked}`);
  assert.ok(!isFound("東京", "京東"));
});

test("[FN7] what says nothing has no words", () => {
  for (const asked of [
    "",
    " ",
    "?!…",
    "\u202e\u202d\u2066",
    "\u0301",
    "\u200b\ufeff",
    ".".repeat(10_000),
    "\n\t",
  ])
    assert.deepEqual(termsOf(asked), [], JSON.stringify(asked.slice(0, 9)));
});

test("[FN5] what was found is marked as it was written, each time and no more", () => {
  assert.deepEqual(marked("Grüße an Grüß, gruess dich", "grüs"), ["Grüß", "Grüß", "grues"]);
  assert.deepEqual(marked("Herr Müller, Frau Mueller", "muel"), ["Mül", "Muel"]);
  assert.deepEqual(marked("Herr Müller, Frau Mueller", "müll"), ["Müll", "Muell"]);
  assert.deepEqual(marked("We\u0301\u200b are", "we"), ["W\u00e9\u200b"]);
  assert.deepEqual(marked("東京都と京都", "京都"), ["京都", "京都"]);
  assert.deepEqual(marked("one\ntwo", "two one"), ["one", "two"]);
  assert.deepEqual(marked("aa aaa a", "a aa"), ["aa", "aa", "a"]);
  assert.deepEqual(piecesOf("nothing", []), [{ text: "nothing", isMatch: false }]);
});

test("[FN5] of a long text the part around what was found is shown", () => {
  const pieces = piecesOf(`${"before ".repeat(2_000)}needle${" after".repeat(2_000)}`, termsOf("needle"));
  const shown = pieces.map(({ text }) => text).join("");
  assert.match(shown, /^…(before ){1,6}needle( after)+.*…$/);
  assert.ok(shown.length < 210);
  const wide = piecesOf("🙂".repeat(5_000) + "x", termsOf("x"));
  assert.ok(wide.every(({ text }) => text.isWellFormed()));
});

/** Letters of many scripts, marks, joiners, controls and what has no place in a word. */
const TEXT = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Array.from("aAäÄeéßuüsS 0.,!?-\n")),
      fc.constantFrom(
        "ue",
        "ss",
        "\u0301",
        "\u0308",
        "\u200d",
        "\u202e",
        "İ",
        "ς",
        "が",
        "京",
        "都",
        "한",
        "ﷺ",
        "½",
        "👍🏽",
      ),
      fc.string({ unit: "grapheme", maxLength: 3 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join("").toWellFormed());

test("[FN3] [FN5] property: a text is found by every word of its own, and the word is marked", () => {
  fc.assert(
    fc.property(TEXT, (text) => {
      for (const word of foldText(text).trim().split(" ").filter(Boolean)) {
        assert.ok(isFound(text, word), `${JSON.stringify(text)} by ${JSON.stringify(word)}`);
        assert.ok(marked(text, word).length > 0, `${JSON.stringify(text)} marks ${JSON.stringify(word)}`);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("[FN7] property: whatever is asked of whatever text, the pieces are the text", () => {
  fc.assert(
    fc.property(TEXT, fc.oneof(TEXT, fc.string({ unit: "binary", maxLength: 40 })), (text, asked) => {
      const line = text.normalize("NFC").replaceAll(/\s+/g, " ").trim();
      const shown = piecesOf(text, termsOf(asked)).map((piece) => piece.text);
      if (line.length <= 40) assert.equal(shown.join(""), line);
    }),
    { numRuns: 2_000 },
  );
});
