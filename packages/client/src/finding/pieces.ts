/** The part of a text around what was found in it, with what was found marked. Spec: spec/finding.md, FN5. */
import type { Piece } from "../views.ts";
import { rangesOf, type Range, type Term } from "./fold.ts";

/** Before the first word that was found, and in all, in UTF-16 code units. */
const BEFORE_CHARS = 40;
const PIECES_CHARS_MAX = 200;

/** On one line. Begins or ends with "…" where something was left out. */
export function piecesOf(text: string, terms: readonly Term[]): readonly Piece[] {
  const line = text.normalize("NFC").replaceAll(/\s+/g, " ").trim();
  const ranges = rangesOf(line, terms);
  const from = beginOf(line, ranges[0]?.from ?? 0);
  const to = endOf(line, from + PIECES_CHARS_MAX);
  const pieces: Piece[] = [];
  const put = (part: string, isMatch: boolean): void =>
    void (part !== "" && pieces.push({ text: part, isMatch }));
  if (from > 0) put("…", false);
  let end = from;
  for (const range of ranges.filter((one) => one.to > from && one.from < to)) {
    put(line.slice(end, Math.max(end, range.from)), false);
    put(line.slice(Math.max(end, range.from), Math.min(to, range.to)), true);
    end = Math.min(to, range.to);
  }
  put(line.slice(end, to), false);
  if (to < line.length) put("…", false);
  return joined(pieces);
}

/** At the beginning of a word, where one begins in time. */
function beginOf(line: string, first: Range["from"]): number {
  const earliest = Math.max(0, first - BEFORE_CHARS);
  if (earliest === 0) return 0;
  const space = line.indexOf(" ", earliest);
  return whole(line, space >= 0 && space < first ? space + 1 : earliest);
}

const endOf = (line: string, latest: number): number =>
  latest >= line.length ? line.length : whole(line, latest);

/** Not in the middle of a character that takes two units. */
const whole = (line: string, at: number): number => (/[\udc00-\udfff]/.test(line.charAt(at)) ? at + 1 : at);

const joined = (pieces: readonly Piece[]): readonly Piece[] => {
  const all: Piece[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (last?.isMatch === piece.isMatch) all[all.length - 1] = { ...last, text: last.text + piece.text };
    else all.push(piece);
  }
  return all;
};
