/**
 * Words as a search compares them: without case, without marks above and below letters, without what cannot be seen.
 * Pure, and the same for what is kept and for what is asked. Spec: spec/finding.md, FN3 and FN4.
 */

/** Left out: invisible characters, accents, vowel signs of Hebrew and Arabic. The two signs kept make other letters of kana. */
const UNHEARD =
  /[[\p{Cf}\p{sc=Inherited}[\p{sc=Hebrew}&&\p{M}][\p{sc=Arabic}&&\p{M}]\u0640]--[\u3099\u309A]]/gv;
const APART: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  ħ: "h",
  ı: "i",
  ς: "σ",
};
const APART_LETTER = /[ßæœøđðþłħıς]/g;
const NO_WORD = /[^\p{L}\p{N}\p{M}\p{Extended_Pictographic}]+/gu;
/** Written without spaces between words, or nearly so: found anywhere. So is every emoji. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tibt}\p{Extended_Pictographic}]+/gu;
const PLAIN = /^[\t\n\r -~]*$/;
const NO_PLAIN_WORD = /[^0-9a-z]+/g;

const UMLAUT = /[äöü]/giu;
const SPELT_OUT: Readonly<Record<string, string>> = { ä: "ae", ö: "oe", ü: "ue" };
const spellOut = (text: string): string =>
  text.replaceAll(UMLAUT, (letter) => SPELT_OUT[letter.toLowerCase()] ?? letter);

/** Letters alone: what is no part of a word stays as it is. */
const foldLetters = (text: string): string =>
  text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(UNHEARD, "")
    .replaceAll(APART_LETTER, (letter) => APART[letter] ?? letter)
    .normalize("NFC");

/** A space before, between and after words; " " where there are none. */
function foldOnce(text: string): string {
  if (PLAIN.test(text))
    return ` ${text.toLowerCase().replaceAll(NO_PLAIN_WORD, " ")} `.replaceAll(/ +/g, " ");
  const words = foldLetters(text).replaceAll(NO_WORD, " ").replaceAll(UNSPACED, " $& ");
  return ` ${words} `.replaceAll(/ +/g, " ");
}

/** What is kept of a text to search in it. A word with an umlaut is there twice: as "muller" and as "mueller". */
export function foldText(text: string): string {
  const folded = foldOnce(text);
  if (PLAIN.test(text)) return folded;
  const composed = text.normalize("NFC");
  const spelt = composed.split(/\s+/).filter((word) => word.search(UMLAUT) >= 0);
  return spelt.length === 0 ? folded : folded + foldOnce(spelt.map(spellOut).join(" ")).slice(1);
}

/** One word that was asked for: it is there where any of these stands in a folded text. */
export type Term = readonly string[];

/** A word is found by its beginning; what is written without spaces, anywhere. */
const needleOf = (word: string): string => (word.search(UNSPACED) >= 0 ? word : ` ${word}`);

/** Each word once. None: there is nothing in it to search for. */
export function termsOf(asked: string): readonly Term[] {
  const terms = new Map<string, Term>();
  for (const chunk of asked.normalize("NFC").split(/\s+/)) {
    const [words, spelt] = [chunk, spellOut(chunk)].map((one) => foldOnce(one).split(" ").filter(Boolean));
    for (const [at, word] of (words ?? []).entries()) {
      const term = [...new Set([word, spelt?.[at] ?? word].map(needleOf))];
      terms.set(term.join("|"), term);
    }
  }
  return [...terms.values()];
}

export const isIn = (folded: string, term: Term): boolean => term.some((needle) => folded.includes(needle));

/** Where words were found, in UTF-16 code units of the text as it is shown. In order, apart from each other. */
export type Range = { readonly from: number; readonly to: number };

/** One character as it is read, with the marks that belong to it. */
const CHARACTER = /[^\p{M}\p{Cf}][\p{M}\p{Cf}]*|[\p{M}\p{Cf}]+/gu;

/** `text` in the normal form NFC. */
export function rangesOf(text: string, terms: readonly Term[]): readonly Range[] {
  const needles = terms.flat();
  const found = rangesIn(text, needles, foldLetters);
  const spelt = text.search(UMLAUT) < 0 ? [] : rangesIn(text, needles, (one) => foldLetters(spellOut(one)));
  return apart([...found, ...spelt]);
}

/** Folds character by character, and so knows where each folded letter came from. */
function rangesIn(
  text: string,
  needles: readonly string[],
  fold: (character: string) => string,
): readonly Range[] {
  let folded = " ";
  const places: Range[] = [{ from: 0, to: 0 }];
  const add = (letter: string, place: Range): void => {
    if (letter === " " && folded.endsWith(" ")) return;
    folded += letter;
    for (let unit = 0; unit < letter.length; unit++) places.push(place);
  };
  let wasUnspaced = false;
  for (const { 0: character, index } of text.matchAll(CHARACTER)) {
    const place = { from: index, to: index + character.length };
    for (const letter of fold(character).replaceAll(NO_WORD, " ")) {
      const isUnspaced = letter.search(UNSPACED) >= 0;
      if (isUnspaced !== wasUnspaced) add(" ", place);
      add(letter, place);
      wasUnspaced = isUnspaced;
    }
  }
  return needles.flatMap((needle) => occurrences(folded, needle, places));
}

function occurrences(folded: string, needle: string, places: readonly Range[]): readonly Range[] {
  const found: Range[] = [];
  const lead = needle.startsWith(" ") ? 1 : 0;
  for (let at = folded.indexOf(needle); at >= 0; at = folded.indexOf(needle, at + needle.length)) {
    const [first, last] = [places[at + lead], places[at + needle.length - 1]];
    if (first !== undefined && last !== undefined) found.push({ from: first.from, to: last.to });
  }
  return found;
}

/** In order, and what overlaps or touches made one. */
function apart(ranges: readonly Range[]): readonly Range[] {
  const joined: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last === undefined || range.from > last.to) joined.push(range);
    else joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return joined;
}
