/** A contact's initial: something for the eye to hold on to. Says nothing to a screen reader that the name does not. */
import type { JSX } from "preact";
import { formatTag } from "../preferences.ts";

const TONES = 5;

/** Emoji and letters of many code points stay whole. */
function initial(name: string): string {
  const segments = new Intl.Segmenter(formatTag(), { granularity: "grapheme" }).segment(name.trim());
  return (segments[Symbol.iterator]().next().value?.segment ?? "").toLocaleUpperCase();
}

function toneOf(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % TONES;
}

export function Avatar({ name, large }: { readonly name: string; readonly large?: boolean }): JSX.Element {
  return (
    <span
      class={large === true ? "avatar avatar--large" : "avatar"}
      data-tone={toneOf(name)}
      aria-hidden="true"
    >
      {initial(name)}
    </span>
  );
}
