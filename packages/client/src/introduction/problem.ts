/** Why somebody's inbox could not be reached, as a word for a person. */
import type { Problem } from "../problems.ts";
import type { Introduction } from "../stored/conversation.ts";

const INTRODUCTION_PROBLEM = {
  claiming: undefined,
  refused: { kind: "link-refused" },
  noTokens: { kind: "tokens-spent" },
  invalid: { kind: "identity-invalid" },
} as const;

export const introductionProblem = ({ state }: Pick<Introduction, "state">): Problem | undefined =>
  INTRODUCTION_PROBLEM[state];
