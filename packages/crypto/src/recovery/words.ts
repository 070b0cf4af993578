/** A recovery seed as 24 English words: the list and checksum of BIP-39, and none of its key derivation. RK3 to RK5. */
import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { err, KIT_WORDS, kitWords, ok, Secret, type Result } from "@sotto/protocol";
import { assertSeed } from "../keys.ts";

const TYPED_CHARS_MAX = 2_048;
const known = new Set(wordlist);

/** unknown-word: `at` counts from 1. mixed-up: each is a word of the list, but not these in this order. */
export type WordsProblem =
  | { readonly kind: "word-count"; readonly found: number }
  | { readonly kind: "unknown-word"; readonly at: number }
  | { readonly kind: "mixed-up" };

export function seedToWords(seed: Secret): readonly string[] {
  assertSeed(seed);
  return seed.expose((bytes) => entropyToMnemonic(bytes, wordlist)).split(" ");
}

export function wordsToSeed(typed: string): Result<Secret, WordsProblem> {
  if (typed.length > TYPED_CHARS_MAX) return err({ kind: "word-count", found: KIT_WORDS + 1 });
  const words = kitWords(typed);
  const unknown = words.findIndex((word) => !known.has(word));
  if (unknown >= 0) return err({ kind: "unknown-word", at: unknown + 1 });
  if (words.length !== KIT_WORDS) return err({ kind: "word-count", found: words.length });
  try {
    return ok(new Secret(mnemonicToEntropy(words.join(" "), wordlist)));
  } catch {
    return err({ kind: "mixed-up" });
  }
}
