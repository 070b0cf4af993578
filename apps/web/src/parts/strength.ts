/** How long somebody who has the device would need to guess a passphrase. An estimate, and a kind one. */

/** 0: none yet, 1: guessed at once, 2: weak, 3: fair, 4: strong. */
export type Strength = 0 | 1 | 2 | 3 | 4;

const COMMON =
  /pass(?:word|phrase|wort)?|qwert[yz]|letmein|welcome|iloveyou|admin|login|sotto|secret|geheim|hallo|abc|123|111|000/gi;
const KINDS: readonly (readonly [RegExp, number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[ _-]/, 3],
  [/[^a-zA-Z0-9 _-]/, 30],
];
/** A letter within a word says less than one drawn at random: about 2.3 bits (Shannon 1951 gives 1 to 2.6). */
const BITS_WITHIN_A_WORD = 2.3;

function passphraseBits(passphrase: string): number {
  const kept = passphrase.replaceAll(COMMON, "x");
  const alphabet = KINDS.reduce((sum, [kind, size]) => sum + (kind.test(kept) ? size : 0), 0);
  if (alphabet === 0) return 0;
  let bits = 0;
  let before = "";
  for (const letter of kept) {
    const isWithinWord = /\p{Ll}/u.test(letter) && /\p{L}/u.test(before);
    const isNew =
      letter !== before && (before === "" || Math.abs(letter.charCodeAt(0) - before.charCodeAt(0)) !== 1);
    if (isNew) bits += isWithinWord ? BITS_WITHIN_A_WORD : Math.log2(alphabet);
    before = letter;
  }
  return bits;
}

export function strengthOf(passphrase: string): Strength {
  if (passphrase === "") return 0;
  const bits = passphraseBits(passphrase);
  if (bits < 28) return 1;
  if (bits < 44) return 2;
  return bits < 60 ? 3 : 4;
}
