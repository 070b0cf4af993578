/** A contact's initial, or the mark of a group: something for the eye to hold on to. Says nothing to a screen reader. */
import type { JSX } from "preact";
import { formatTag } from "../preferences.ts";
import { Icon } from "./icon.tsx";

const TONES = 5;

/** Emoji and letters of many code points stay whole. */
function initial(name: string): string {
  const segments = new Intl.Segmenter(formatTag(), { granularity: "grapheme" }).segment(name.trim());
  return (segments[Symbol.iterator]().next().value?.segment ?? "").toLocaleUpperCase();
}

/** One of a few hues: the same for a name wherever it stands. Beside the name, never in place of it. */
export function toneOf(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % TONES;
}

export function Avatar(props: {
  readonly name: string;
  readonly large?: boolean;
  readonly isGroup?: boolean;
}): JSX.Element {
  const { name, large = false, isGroup = false } = props;
  const kinds = [large ? " avatar--large" : "", isGroup ? " avatar--group" : ""].join("");
  return (
    <span class={`avatar${kinds}`} data-tone={toneOf(name)} aria-hidden="true">
      {isGroup ? <Icon name="group" /> : initial(name)}
    </span>
  );
}
