/**
 * Two people compare what their devices believe of each other: sixty digits read aloud, or one picture scanned.
 * Spec: spec/identity.md, "Safety number".
 */
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, lp } from "@sotto/protocol";
import type { VerifiedChain } from "./identity-chain.ts";

/** What makes guessing another account with the same digits 5,200 times dearer. As in Signal's numeric fingerprint. */
const ITERATIONS = 5200;
const GROUPS_EACH = 6;
const QR_PREFIX = "sotto-safety:1:";

export type SafetyNumber = {
  /** Twelve groups of five digits, the same on both sides. */
  readonly groups: readonly string[];
  /** The content of the QR code, the same on both sides. */
  readonly qrText: string;
};

type Account = Pick<VerifiedChain, "accountId" | "firstIdentityKey">;

export function safetyNumber(one: Account, other: Account): SafetyNumber {
  const ordered = [one, other].toSorted((a, b) => (a.accountId.toHex() < b.accountId.toHex() ? -1 : 1));
  const prints = ordered.map(fingerprint);
  const payload = concat(...prints.map((print) => print.subarray(0, 32)));
  return {
    groups: prints.flatMap(digitGroups),
    qrText: QR_PREFIX + payload.toBase64({ alphabet: "base64url", omitPadding: true }),
  };
}

function fingerprint(account: Account): Uint8Array {
  let hash: Uint8Array = lp("sotto/safety/v1", account.accountId, account.firstIdentityKey);
  for (let round = 0; round < ITERATIONS; round++) hash = sha512(concat(hash, account.firstIdentityKey));
  return hash;
}

/** Each group: five bytes, big-endian, modulo 100,000. */
const digitGroups = (print: Uint8Array): string[] =>
  Array.from({ length: GROUPS_EACH }, (_, group) => {
    const five = print.subarray(5 * group, 5 * group + 5);
    const value = five.reduce((sum, byte) => (sum * 256 + byte) % 100_000, 0);
    return value.toString().padStart(5, "0");
  });

/** `different`: somebody is between the two, or a code of somebody else was scanned. */
export type Comparison = "same" | "different" | "notASafetyCode" | "newer";

export function compareSafetyCode(own: SafetyNumber, scanned: string): Comparison {
  if (scanned === own.qrText) return "same";
  if (scanned.length === own.qrText.length && scanned.startsWith(QR_PREFIX)) return "different";
  return /^sotto-safety:[0-9]+:/.test(scanned) && !scanned.startsWith(QR_PREFIX) ? "newer" : "notASafetyCode";
}
