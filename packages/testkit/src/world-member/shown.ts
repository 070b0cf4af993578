/**
 * What a person was shown in one conversation, across all crashes of their device: what holds from one showing to the
 * next wherever people talk. Whose the messages are is for witness.ts and group-witness.ts to say.
 */
import type { ConversationView, Mark, MessageKey, MessageView } from "@sotto/client";
import type { Letter, Letters } from "./letters.ts";

export type Before = {
  readonly mark: Mark | undefined;
  readonly mine: boolean;
  readonly burnAt: number | undefined;
  readonly letter: Letter | undefined;
};

export type Shown = {
  /** `ownTime` is the device's clock. */
  see(view: ConversationView, ownTime: number): void;
  /** Burn time of what is written next. */
  burnMs(): number;
  /** Letters that have their place, in the order shown. */
  texts(): readonly string[];
  /** Every text that is shown now, also of what waits. */
  shown(): ReadonlySet<string>;
  markOf(text: string): Mark | undefined;
  /** What a message says, all its versions, and who reacted how: equal for everybody. */
  saidOf(key: MessageKey): string | undefined;
  /** Nothing anybody wrote is shown: notices, and that something was not sent, may be. */
  isEmpty(): boolean;
};

export type ShownOptions = {
  readonly letters: Letters;
  readonly violate: (rule: string, what: string) => void;
  /** Who reacted. */
  readonly reacted: (reaction: MessageView["reactions"][number]) => string;
  /** Whether what was not sent may have been thrown away. */
  readonly mayForgetUnsent?: () => boolean;
};

/** An alarm rings so much late, and the device needs its turn. */
const LATE_MS_MAX = 60_000;
const RANK: Readonly<Record<Mark, number>> = { failed: 0, waiting: 0, sent: 1, delivered: 2 };

export function createShown({ letters, violate, reacted, mayForgetUnsent }: ShownOptions): Shown {
  let known = new Map<MessageKey, Before>();
  /** Keys of what has its place, in the order shown last. */
  let order: readonly MessageKey[] = [];
  let current: readonly MessageView[] = [];
  let burnMs = 0;

  const hasPlace = ({ mine, mark, content }: MessageView): boolean =>
    content.kind !== "notice" && (!mine || mark === "sent" || mark === "delivered");

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
      const isForgotten = before.mark === "waiting" && mayForgetUnsent?.() === true;
      // Power may have failed before its writer had the answer: then only the mark tells.
      const isGivenUp = letters.ofKey(key)?.isGivenUp === true || before.mark === "failed" || isForgotten;
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
      const byName = reactions.map((one) => `${reacted(one)} ${one.emoji}`).toSorted();
      return JSON.stringify([content.kind, isPinned, ...said, ...byName]);
    },
    isEmpty: () => current.every(({ content }) => content.kind !== "text" || content.text === ""),
  };
}
