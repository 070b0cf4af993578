/** Names as people choose them, made harmless before anyone shows them. Spec: spec/client.md, "Names". */
import { err, NAME_BYTES_MAX, ok, textToBytes, type Result } from "@sotto/protocol";
import type { Problem } from "./problems.ts";

/** What a member may choose; others' names are cut at the wire's limit. */
export const OWN_NAME_CHARS_MAX = 64;

// Controls, format characters (direction overrides among them), lone surrogates, private use, unassigned, separators.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
// Wanted inside emoji and by several scripts; anywhere else they only deceive.
const JOINER = /^[\u200C\u200D]$/u;
const JOINABLE = /^[\p{L}\p{M}\p{Emoji}]/u;

/** Total: any text gives a text without control or direction characters, perhaps empty. */
export function harmlessName(name: string): string {
  const clean = name
    .toWellFormed()
    .normalize("NFC")
    .replaceAll(/[\t\n\r]/gu, " ")
    .replaceAll(UNSEEN, (found: string, at: number, whole: string) => (joins(found, at, whole) ? found : ""))
    .replaceAll(/\s+/gu, " ");
  return cut(clean.trim());
}

function joins(found: string, at: number, whole: string): boolean {
  const [before = ""] = Array.from(whole.slice(Math.max(0, at - 2), at)).slice(-1);
  const after = whole.slice(at + found.length, at + found.length + 2);
  return JOINER.test(found) && JOINABLE.test(before) && JOINABLE.test(after);
}

function cut(name: string): string {
  if (textToBytes(name).length <= NAME_BYTES_MAX) return name;
  let kept = "";
  let bytes = 0;
  for (const character of name) {
    bytes += textToBytes(character).length;
    if (bytes > NAME_BYTES_MAX) break;
    kept += character;
  }
  return kept.trim();
}

export function ownName(name: string): Result<string, Problem> {
  const clean = harmlessName(name);
  if (clean === "") return err({ kind: "name-invalid" });
  if (Array.from(name.trim()).length > OWN_NAME_CHARS_MAX) return err({ kind: "name-too-long" });
  return ok(clean);
}
