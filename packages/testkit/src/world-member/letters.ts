/**
 * Every letter anybody in a member world wrote, what became of it, and every violation. A letter's text names its writer,
 * its reader and its number, so that whoever shows it, or keeps it, can be told what it must be.
 */
import type { MessageKey } from "@sotto/client";
import type { Violation } from "../world-channel/ledger.ts";

export type Letter = {
  readonly text: string;
  readonly from: string;
  readonly to: string;
  /** True time at which it was asked for. */
  readonly writtenAt: number;
  readonly burnMs: number;
  /** Missing until `send` has answered: until then nothing is promised. */
  key: MessageKey | undefined;
  /** Its writer was told that it was not sent, or took it back. */
  isGivenUp: boolean;
  /** Its reader was shown it. */
  isSeen: boolean;
};

export type Letters = ReturnType<typeof createLetters>;

export function createLetters() {
  const violations: Violation[] = [];
  const byText = new Map<string, Letter>();
  const byKey = new Map<MessageKey, Letter>();
  let count = 0;

  return {
    violations,
    violate(rule: string, what: string): void {
      if (!violations.some((one) => one.rule === rule && one.what === what)) violations.push({ rule, what });
    },
    write(from: string, to: string, writtenAt: number, burnMs: number): Letter {
      const text = `letter ${++count} of ${from} to ${to}`;
      const letter = { text, from, to, writtenAt, burnMs, key: undefined, isGivenUp: false, isSeen: false };
      byText.set(text, letter);
      return letter;
    },
    promise(letter: Letter, key: MessageKey): void {
      letter.key = key;
      byKey.set(key, letter);
    },
    ofText: (text: string): Letter | undefined => byText.get(text),
    ofKey: (key: MessageKey): Letter | undefined => byKey.get(key),
    all: (): readonly Letter[] => [...byText.values()],
  };
}
