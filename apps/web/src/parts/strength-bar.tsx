/** The strength of a passphrase as a word and a bar. */
import type { JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { strengthOf, type Strength } from "./strength.ts";

const WORDS: Readonly<Record<Strength, () => string>> = {
  0: m.strength_none,
  1: m.strength_1,
  2: m.strength_2,
  3: m.strength_3,
  4: m.strength_4,
};

export function StrengthBar({ passphrase }: { readonly passphrase: string }): JSX.Element {
  const strength = strengthOf(passphrase);
  return (
    <div class="strength">
      <div class="strength__bars" aria-hidden="true">
        {[1, 2, 3, 4].map((bar) => (
          <span key={bar} data-full={bar <= strength} />
        ))}
      </div>
      <p role="status">{WORDS[strength]()}</p>
    </div>
  );
}
