/** Names as people choose them, made harmless before anyone shows them. Spec: spec/client.md, "Names". */
import { err, NAME_BYTES_MAX, ok, textToBytes, type Result } from "@sotto/protocol";
import type { Problem } from "./problems.ts";

/** What a member may choose; others' names are cut at the wire's limit. */
export const OWN_NAME_CHARS_MAX = 64;

// Controls, format characters (direction overrides among them), line and paragraph separators, private use, unassigned.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu;
// Joiners are wanted inside emoji and several scripts; anywhere else they only deceive.
const JOINED =
  /(?<=[\p{L}\p{M}\p{Extended_Pictographic}\u{1F3FB}-\u{1F3FF}\uFE0F])[\u200C\u200D](?=[\p{L}\p{Extended_Pictographic}])/gu;
const KEPT_JOINER = "\u0000";

/** Total: any text gives a text without control or direction characters, perhaps empty. */
export function harmlessName(name: string): string {
  const joiners: string[] = [];
  const marked = name
    .toWellFormed()
    .replaceAll(/\u0000/gu, "")
    .replaceAll(/[\t\n\r]/gu, " ")
    .replaceAll(JOINED, (joiner) => {
      joiners.push(joiner);
      return KEPT_JOINER;
    });
  const clean = marked
    .replaceAll(UNSEEN, (found) => (found === KEPT_JOINER ? (joiners.shift() ?? "") : ""))
    .normalize("NFC")
    .replaceAll(/\s+/gu, " ")
    .trim();
  return cut(clean);
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
  if ([...name.trim()].length > OWN_NAME_CHARS_MAX) return err({ kind: "name-too-long" });
  return ok(clean);
}
