/**
 * What one person was shown in one conversation of two, across all crashes of their device, and whether it can be true.
 * It knows views and letters, nothing of the client's inside. Spec: spec/simulation.md, "The member world".
 */
import type { MessageKey, MessageView } from "@sotto/client";
import type { Letter, Letters } from "./letters.ts";
import { createShown, type Shown } from "./shown.ts";

export type Witness = Shown;

const HONEST_NOTICES: readonly string[] = ["started", "contact-renamed", "burn-changed", "pin-changed"];
export const WARNINGS: readonly string[] = ["gap", "log-conflict", "remade"];

export type WitnessOptions = {
  readonly letters: Letters;
  readonly me: string;
  readonly other: string;
  /** Whether the reader of a letter has it: what *delivered* means. */
  readonly hasArrived: (letter: Letter) => boolean;
};

export function createWitness({ letters, me, other, hasArrived }: WitnessOptions): Witness {
  const violate = (rule: string, what: string): void => letters.violate(rule, `${me} with ${other}: ${what}`);
  const shown = createShown({ letters, violate, reacted: ({ mine }) => (mine ? me : other) });

  /** A relay whose clock runs ahead burns what nobody else thinks is due. */
  const isExpected = (kind: string): boolean =>
    HONEST_NOTICES.includes(kind) || (kind === "gap" && letters.earlyMs() > 0) || !letters.isHonest;

  function checkLetter(message: MessageView): void {
    if (message.content.kind === "notice") {
      const { kind } = message.content.notice;
      if (!isExpected(kind)) violate("SM24", `the notice ${kind}`);
      if (WARNINGS.includes(kind)) letters.warn(me, other);
      return;
    }
    if (message.content.kind === "deleted") return checkDeleted(message);
    if (message.content.kind !== "text") return violate("SM21", "a message of unknown kind");
    const { text } = message.content;
    if (message.mark === "failed" && text === "") return giveUp(message.key);
    const letter = letters.ofText(text);
    const [from, to] = message.mine ? [me, other] : [other, me];
    if (letter?.from !== from || letter.to !== to) return violate("SM21", "a message that nobody wrote here");
    if (!message.mine) letter.seenBy.add(me);
    if (message.mark === "failed") giveUp(message.key);
    if (message.mark === "delivered" && letters.isHonest && !hasArrived(letter))
      violate("SM23", `${text} counts as delivered and is not`);
  }

  /** Power may have failed before its writer had the answer, and then nobody knows which letter it was. */
  function checkDeleted({ key }: MessageView): void {
    const letter = letters.ofKey(key);
    if (letter === undefined) return;
    letter.seenBy.add(letter.to);
    if (!letter.isDeleted) violate("SM21", `${letter.text} counts as deleted and is not`);
  }

  function giveUp(key: MessageKey): void {
    const letter = letters.ofKey(key);
    if (letter !== undefined) letter.isGivenUp = true;
  }

  return {
    ...shown,
    see(view, ownTime) {
      for (const message of view.messages) checkLetter(message);
      shown.see(view, ownTime);
    },
  };
}
