/**
 * Every letter anybody in a member world wrote, what became of it, and every violation. A letter's text names its writer,
 * its reader and its number, so that whoever shows it, or keeps it, can be told what it must be.
 */
import type { Answer, MessageKey, Problem } from "@sotto/client";
import type { Result } from "@sotto/protocol";
import type { Violation } from "../world-channel/ledger.ts";

export type Letter = {
  readonly text: string;
  readonly from: string;
  /** The reader's name, or the id of a group. */
  readonly to: string;
  /** True time at which it was asked for. */
  readonly writtenAt: number;
  readonly burnMs: number;
  /** How long after reading it burns, `burnMs` after writing at the latest; undefined where reading does nothing. */
  readonly afterReadMs: number | undefined;
  /** What the file has that came with it; undefined where none did. */
  file: Uint8Array | undefined;
  /** Somebody was given all of it; somebody was told that it is damaged or gone. */
  isFileRead: boolean;
  isFileRefused: boolean;
  /** Its reader's device was asked to count everything as read that it had, and was shown to have it when it agreed. */
  mayBeRead: boolean;
  readAt: number | undefined;
  /** Missing until `send` has answered: until then nothing is promised. */
  key: MessageKey | undefined;
  /** What it said after each edit, and whether its writer deleted it for everyone. */
  readonly versions: string[];
  isDeleted: boolean;
  /** Its writer was told that it was not sent, or took it back. */
  isGivenUp: boolean;
  /** Who was shown it. */
  readonly seenBy: Set<string>;
};

/** One to a group. */
export type GroupLetter = Letter & {
  /** How often its writer had come into the group. */
  readonly joins: number;
  /** Who was in the group once, and no more as its writer saw it. */
  readonly gone: ReadonlySet<string>;
};

/** What an admin asked of a group. */
export type Wish = {
  readonly group: string;
  readonly by: string;
  /** True time. */
  readonly askedAt: number;
  /** They were told that it is done or will be. Otherwise their power failed, and nobody knows. */
  readonly isAnswered: boolean;
  readonly what:
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "add" | "remove"; readonly who: string };
};

/** Somebody else was shown it. */
export const isSeen = ({ seenBy, from }: Letter): boolean =>
  seenBy.has(from) ? seenBy.size > 1 : seenBy.size > 0;

export type Letters = ReturnType<typeof createLetters>;

const pairName = (one: string, other: string): string => [one, other].toSorted().join();

/** `isHonest`: the relays do what they should. */
export function createLetters(isHonest: boolean) {
  const violations: Violation[] = [];
  const byText = new Map<string, Letter>();
  const byKey = new Map<MessageKey, Letter>();
  let count = 0;
  const warned = new Set<string>();
  const warnedGroups = new Set<string>();
  const groupLetters = new Map<Letter, GroupLetter>();
  const wishes: Wish[] = [];
  let earlyMs = 0;

  const create = (from: string, to: string, text: string, writtenAt: number, burnMs: number): Letter => ({
    text,
    from,
    to,
    writtenAt,
    burnMs,
    afterReadMs: undefined,
    file: undefined,
    isFileRead: false,
    isFileRefused: false,
    mayBeRead: false,
    readAt: undefined,
    key: undefined,
    versions: [],
    isDeleted: false,
    isGivenUp: false,
    seenBy: new Set(),
  });

  return {
    violations,
    isHonest,
    /** A relay's clock was so far from true time: what it receives may burn by as much too early. */
    relayClockWasOff: (ms: number): void => void (earlyMs = Math.max(earlyMs, Math.abs(ms))),
    /** How much sooner than it should a message may burn. */
    earlyMs: (): number => earlyMs,
    /** Whether everybody may have forgotten it at this true time. */
    mayHaveBurnt: (letter: Letter, now: number): boolean =>
      letter.mayBeRead || letter.writtenAt + letter.burnMs - earlyMs < now,
    /** Somebody was told that their relay kept something back, or told it twice. */
    warn: (one: string, other: string): void => void warned.add(pairName(one, other)),
    isWarned: (one: string, other: string): boolean => warned.has(pairName(one, other)),
    warnGroup: (id: string): void => void warnedGroups.add(id),
    isGroupWarned: (id: string): boolean => warnedGroups.has(id),
    warnings: (): number => warned.size + warnedGroups.size,
    violate(rule: string, what: string): void {
      if (!violations.some((one) => one.rule === rule && one.what === what)) violations.push({ rule, what });
    },
    write(from: string, to: string, writtenAt: number, burnMs: number, afterReadMs?: number): Letter {
      const text = `letter ${++count} of ${from} to ${to}`;
      const letter = { ...create(from, to, text, writtenAt, burnMs), afterReadMs };
      byText.set(text, letter);
      return letter;
    },
    writeToGroup(
      from: string,
      group: string,
      at: Pick<GroupLetter, "writtenAt" | "burnMs" | "joins" | "gone">,
    ): GroupLetter {
      const text = `letter ${++count} of ${from} to all`;
      const letter = {
        ...create(from, group, text, at.writtenAt, at.burnMs),
        joins: at.joins,
        gone: at.gone,
      };
      byText.set(text, letter);
      groupLetters.set(letter, letter);
      return letter;
    },
    wish: (wish: Wish): void => void wishes.push(wish),
    wishes: (): readonly Wish[] => wishes,
    /** Another text of the same letter. */
    revise(letter: Letter): string {
      const text = `${letter.text}, version ${letter.versions.length + 2}`;
      letter.versions.push(text);
      byText.set(text, letter);
      return text;
    },
    /** What was said to its writer. Undefined: their device died before it could. */
    answered(letter: Letter, answer: Result<Answer, Problem> | undefined): void {
      if (answer?.ok !== true || answer.value.kind !== "message") return;
      letter.key = answer.value.key;
      byKey.set(letter.key, letter);
    },
    ofText: (text: string): Letter | undefined => byText.get(text),
    groupLetterOf: (text: string): GroupLetter | undefined => {
      const letter = byText.get(text);
      return letter && groupLetters.get(letter);
    },
    ofKey: (key: MessageKey): Letter | undefined => byKey.get(key),
    all: (): readonly Letter[] => [...new Set(byText.values())],
    /** Those of two. */
    ofTwo: (): readonly Letter[] => [...new Set(byText.values())].filter((one) => !groupLetters.has(one)),
    inGroups: (): readonly GroupLetter[] => [...groupLetters.values()],
  };
}
