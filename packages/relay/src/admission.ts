/**
 * Who may create: an activation code, told out of band, registers hashes of random one-time tokens that the client
 * made; a token pays for one channel or inbox. What is stored of a channel names no code. Spec: spec/inbox.md, IN1–IN6.
 */
import { ACTIVATION_TOKENS_MAX, textToBytes, toHex, type Sha256 } from "@sotto/protocol";
import { refused, type Outcome } from "./operation.ts";
import type { Admission } from "./ports.ts";

export type Code = {
  readonly until: number;
  /** Which tokens it registered, as one hash; missing while it is unused. */
  readonly usedFor: string | undefined;
  readonly granted: number;
};
export type Token = { readonly until: number };

/** How many tokens one code registers at most. */
export const TOKENS_PER_CODE_MAX = ACTIVATION_TOKENS_MAX;

/** One hash for a list of tokens: the same list again is a repetition, another one is another person. */
const listHash = (sha256: Sha256, tokenHashes: readonly string[]): string =>
  toHex(sha256(textToBytes(tokenHashes.join())));

export function decideActivate(
  facts: { readonly code: Code | undefined; readonly now: number; readonly sha256: Sha256 },
  tokenHashes: readonly string[],
): { readonly outcome: Outcome; readonly code?: Code; readonly register?: readonly string[] } {
  const { code, now } = facts;
  if (!code || now > code.until) return { outcome: refused("codeRefused") };
  const usedFor = listHash(facts.sha256, tokenHashes);
  const { until } = code;
  if (code.usedFor !== undefined)
    return code.usedFor === usedFor
      ? { outcome: { kind: "activated", granted: code.granted, until } }
      : { outcome: refused("codeRefused") };
  const register = [...new Set(tokenHashes)].slice(0, TOKENS_PER_CODE_MAX);
  const granted = register.length;
  return {
    outcome: { kind: "activated", granted, until },
    code: { until, usedFor, granted },
    register,
  };
}

export const isSpendable = (token: Token | undefined, now: number): boolean =>
  token !== undefined && now <= token.until;

/** Tokens as they are now: the relay keeps SHA-256 of each until it is spent. */
export const createTokenAdmission = (sha256: Sha256): Admission => ({
  spend: (token) => Promise.resolve({ kind: "registered", tokenHash: toHex(sha256(token)) }),
});
