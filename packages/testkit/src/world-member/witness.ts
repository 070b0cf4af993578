/**
 * What one person was shown in one conversation, across all crashes of their device, and whether it can be true.
 * It knows views and letters, nothing of the client's inside. Spec: spec/simulation.md, "The member world".
 */
import type { ConversationView, Mark, MessageKey, MessageView } from "@sotto/client";
import type { Letter, Letters } from "./letters.ts";

type Shown = {
  readonly mark: Mark | undefined;
  readonly mine: boolean;
  readonly burnAt: number | undefined;
  readonly letter: Letter | undefined;
};

export type Witness = {
  /** `ownTime` is the device's clock. */
  see(view: ConversationView, ownTime: number): void;
  /** Burn time of what is written next. */
  burnMs(): number;
  /** Letters that have their place, in the order shown. */
  texts(): readonly string[];
  /** Every text that is shown now, also of what waits. */
  shown(): ReadonlySet<string>;
  markOf(text: string): Mark | undefined;
  /** What a message says, all its versions, and who reacted how: equal for both sides. */
  saidOf(key: MessageKey): string | undefined;
  /** Nothing anybody wrote is shown: notices, and that something was not sent, may be. */
  isEmpty(): boolean;
};

/** An alarm rings so much late, and the device needs its turn. */
const LATE_MS_MAX = 60_000;
const RANK: Readonly<Record<Mark, number>> = { failed: 0, waiting: 0, sent: 1, delivered: 2 };
const HONEST_NOTICES: readonly string[] = ["started", "contact-renamed", "burn-changed", "pin-changed"];
const WARNINGS: readonly string[] = ["gap", "log-conflict", "remade"];

export type WitnessOptions = {
  readonly letters: Letters;
  readonly me: string;
  readonly other: string;
  /** Whether the reader of a letter has it: what *delivered* means. */
  readonly hasArrived: (letter: Letter) => boolean;
};

export function createWitness({ letters, me, other, hasArrived }: WitnessOptions): Witness {
  let known = new Map<MessageKey, Shown>();
  /** Keys of what has its place, in the order shown last. */
  let order: readonly MessageKey[] = [];
  let current: readonly MessageView[] = [];
  let burnMs = 0;
  const violate = (rule: string, what: string): void => letters.violate(rule, `${me} with ${other}: ${what}`);

  const hasPlace = ({ mine, mark, content }: MessageView): boolean =>
    content.kind !== "notice" && (!mine || mark === "sent" || mark === "delivered");

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
    if (!message.mine) letter.isSeen = true;
    if (message.mark === "failed") giveUp(message.key);
    if (message.mark === "delivered" && letters.isHonest && !hasArrived(letter))
      violate("SM23", `${text} counts as delivered and is not`);
  }

  /** Power may have failed before its writer had the answer, and then nobody knows which letter it was. */
  function checkDeleted({ key }: MessageView): void {
    const letter = letters.ofKey(key);
    if (letter === undefined) return;
    letter.isSeen = true;
    if (!letter.isDeleted) violate("SM21", `${letter.text} counts as deleted and is not`);
  }

  function giveUp(key: MessageKey): void {
    const letter = letters.ofKey(key);
    if (letter !== undefined) letter.isGivenUp = true;
  }

  function checkOnce(messages: readonly MessageView[]): void {
    const keys = new Set(messages.map(({ key }) => key));
    if (keys.size !== messages.length) violate("SM21", "one message twice");
    const texts = messages.flatMap(({ content }) =>
      content.kind === "text" && content.text !== "" ? [content.text] : [],
    );
    if (new Set(texts).size !== texts.length) violate("SM21", "one letter twice");
  }

  function checkKept(view: ConversationView, ownTime: number): void {
    const now = new Map(view.messages.map((message) => [message.key, message]));
    for (const [key, before] of known) {
      const message = now.get(key);
      const isGone = message === undefined;
      // Power may have failed before its writer had the answer: then only the mark tells.
      const isGivenUp = letters.ofKey(key)?.isGivenUp === true || before.mark === "failed";
      const isBurnt =
        before.burnAt !== undefined && before.burnAt <= ownTime + LATE_MS_MAX + letters.earlyMs();
      const isRead = before.letter?.mayBeRead === true;
      if (isGone && !isBurnt && !isGivenUp && !isRead) violate("SM20", "something was shown and is gone");
      // What a lying relay lost is sent again.
      if (letters.isHonest && message?.mark && before.mark && RANK[message.mark] < RANK[before.mark])
        violate("SM20", `${before.mark} became ${message.mark}`);
    }
  }

  function checkOrder(messages: readonly MessageView[]): void {
    const placed = messages.filter(hasPlace).map(({ key }) => key);
    const still = new Set(placed);
    const before = order.filter((key) => still.has(key));
    const known = new Set(before);
    const after = placed.filter((key) => known.has(key));
    if (before.some((key, at) => after[at] !== key)) violate("SM22", "messages changed places");
    order = placed;
  }

  function checkBurns(messages: readonly MessageView[], ownTime: number): void {
    for (const { burn } of messages)
      if (burn !== undefined && burn.burnAt + LATE_MS_MAX < ownTime)
        violate("SM25", `a message is shown that burnt at ${burn.burnAt} and it is ${ownTime}`);
  }

  return {
    see(view, ownTime) {
      for (const message of view.messages) checkLetter(message);
      checkOnce(view.messages);
      if (!view.hasOlder) checkKept(view, ownTime);
      checkOrder(view.messages);
      checkBurns(view.messages, ownTime);
      current = view.messages;
      burnMs = view.burnMs;
      known = new Map(
        view.messages.map(({ key, mark, mine, burn, content }) => {
          const letter = content.kind === "text" ? letters.ofText(content.text) : undefined;
          return [key, { mark, mine, burnAt: burn?.burnAt, letter }];
        }),
      );
    },
    burnMs: () => burnMs,
    texts: () =>
      current
        .filter(hasPlace)
        .flatMap(({ content }) => (content.kind === "text" && content.text !== "" ? [content.text] : [])),
    shown: () =>
      new Set(
        current.flatMap(({ content }) =>
          content.kind === "text" && content.text !== "" ? [content.text] : [],
        ),
      ),
    markOf: (text) => current.find(({ content }) => content.kind === "text" && content.text === text)?.mark,
    saidOf: (key) => {
      const message = current.find((one) => one.key === key);
      if (message === undefined || message.content.kind === "notice") return undefined;
      const { content, reactions, isPinned } = message;
      const said = content.kind === "text" ? [...content.edits.map(({ text }) => text), content.text] : [];
      const byName = reactions.map(({ emoji, mine }) => `${mine ? me : other} ${emoji}`).toSorted();
      return JSON.stringify([content.kind, isPinned, ...said, ...byName]);
    },
    isEmpty: () => current.every(({ content }) => content.kind !== "text" || content.text === ""),
  };
}
