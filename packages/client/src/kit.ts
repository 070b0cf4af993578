/** What can be said of a typed recovery kit without its list of words. A page can have it without the rest of the client. */
import { isKitText, KIT_WORDS, kitWords, textToKit, type KitProblem } from "@sotto/protocol";
import type { Problem } from "./problems.ts";

const PROBLEMS = {
  "not-a-kit": { kind: "kit-not-a-kit" },
  damaged: { kind: "kit-damaged" },
  newer: { kind: "kit-newer" },
} as const satisfies Readonly<Record<KitProblem, Problem>>;

export const kitProblem = (problem: KitProblem): Problem => PROBLEMS[problem];

/** Of words no more than how many there are. */
export function kitFormMistake(typed: string): Problem | undefined {
  if (!isKitText(typed)) {
    const found = kitWords(typed).length;
    return found === KIT_WORDS ? undefined : { kind: "kit-word-count", found };
  }
  const kit = textToKit(typed);
  if (!kit.ok) return kitProblem(kit.error);
  kit.value.recoverySeed.wipe();
  return undefined;
}
