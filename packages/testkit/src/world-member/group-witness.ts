/**
 * What one person was shown in one group, across all crashes of their device, and whether it can be true: words under
 * their author's name, and nothing from after the person was taken out. Spec: spec/simulation.md, "Groups".
 */
import type { ConversationView, GroupMember, MessageKey, MessageView } from "@sotto/client";
import type { GroupLetter, Letters } from "./letters.ts";
import { createShown, type Shown } from "./shown.ts";
import { WARNINGS } from "./witness.ts";

export type GroupWitness = Shown & {
  /** Being set up counts: whoever begins a group is in it. */
  isIn(): boolean;
  /** How often this person came in. */
  joins(): number;
  /** True time at which they were first shown that they are in, this time. */
  joinedAt(): number;
  /** True time since which they were shown to be an admin or the owner without a break; undefined if they are not. */
  adminSince(): number | undefined;
  /** Who was in it and is no more. */
  gone(): ReadonlySet<string>;
  /** True time since which somebody was shown to be in it without a break. */
  presentSince(name: string): number | undefined;
  /** As shown last: by name of the person. */
  people(): ReadonlyMap<string, GroupMember>;
  name(): string;
};

const HONEST_NOTICES: readonly string[] = [
  "burn-changed",
  "group-created",
  "group-renamed",
  "left",
  "member-added",
  "member-left",
  "member-removed",
  "removed",
  "role-changed",
];

export type GroupWitnessOptions = {
  readonly letters: Letters;
  readonly me: string;
  readonly id: string;
  readonly trueTime: () => number;
  /** Who has this account, once anybody was told. */
  readonly nameOf: (accountId: string) => string | undefined;
  /** Who shows this name in a group. */
  readonly personNamed: (shownName: string | undefined) => string | undefined;
  /** Whether everybody who is to read it has it: what *delivered* means. */
  readonly hasArrived: (letter: GroupLetter) => boolean;
};

export function createGroupWitness(options: GroupWitnessOptions): GroupWitness {
  const { letters, me, id, trueTime, nameOf, personNamed, hasArrived } = options;
  const gone = new Set<string>();
  const present = new Map<string, number>();
  let people = new Map<string, GroupMember>();
  let name = "";
  let isOver = false;
  let joins = 0;
  let joinedAt = Infinity;
  let adminSince: number | undefined;
  /** Came in or went out with what is shown now. */
  let hasMoved = false;

  const violate = (rule: string, what: string): void =>
    letters.violate(rule, `${me} in group ${id.slice(0, 4)}: ${what}`);
  const shown = createShown({
    letters,
    violate,
    reacted: ({ mine, author }) => (mine ? me : (personNamed(author) ?? "nobody")),
    mayForgetUnsent: () => hasMoved || isOver,
  });

  const isExpected = (kind: string): boolean =>
    HONEST_NOTICES.includes(kind) || (kind === "gap" && letters.earlyMs() > 0) || !letters.isHonest;

  function checkLetter(message: MessageView): void {
    const { content, mine, mark, key } = message;
    if (content.kind === "notice") {
      if (!isExpected(content.notice.kind)) violate("SM24", `the notice ${content.notice.kind}`);
      if (WARNINGS.includes(content.notice.kind)) letters.warnGroup(id);
      return;
    }
    if (content.kind === "deleted") return checkDeleted(key);
    if (content.kind !== "text") return violate("SM40", "a message of unknown kind");
    if (mark === "failed" && content.text === "") return giveUp(key);
    const letter = letters.groupLetterOf(content.text);
    const author = mine ? me : personNamed(message.author);
    if (letter?.to !== id) return violate("SM40", "a message that nobody wrote here");
    if (letter.from !== author) return violate("SM40", `${content.text}, as if by ${author}`);
    if (!mine && letter.gone.has(me) && joins === 1)
      violate("SM41", `${content.text}, whose writer saw them gone`);
    letter.seenBy.add(me);
    if (mark === "failed") giveUp(key);
    if (mark === "delivered" && letters.isHonest && !hasArrived(letter))
      violate("SM23", `${content.text} counts as delivered and is not`);
  }

  function checkDeleted(key: MessageKey): void {
    const letter = letters.ofKey(key);
    if (letter === undefined) return;
    letter.seenBy.add(me);
    if (!letter.isDeleted) violate("SM40", `${letter.text} counts as deleted and is not`);
  }

  function giveUp(key: MessageKey): void {
    const letter = letters.ofKey(key);
    if (letter !== undefined) letter.isGivenUp = true;
  }

  function learnPlace({ state, messages, group }: ConversationView): void {
    const created = messages.filter(
      ({ content }) => content.kind === "notice" && content.notice.kind === "group-created",
    ).length;
    const wasOver = isOver;
    isOver = state === "over";
    hasMoved = created !== joins || wasOver !== isOver;
    if (created !== joins) joinedAt = trueTime();
    joins = created;
    const isAdmin = !isOver && group !== undefined && group.role !== "member";
    adminSince = isAdmin ? (adminSince ?? trueTime()) : undefined;
  }

  function learnPeople({ group }: ConversationView): void {
    const inside = (group?.members ?? []).filter((one) => one.state !== "joining");
    people = new Map(inside.flatMap((one) => [[nameOf(one.id) ?? one.id, one] as const]));
    for (const one of people.keys()) {
      gone.delete(one);
      if (!present.has(one)) present.set(one, trueTime());
    }
    for (const one of [...present.keys()].filter((each) => !people.has(each))) {
      gone.add(one);
      present.delete(one);
    }
  }

  return {
    ...shown,
    see(view, ownTime) {
      learnPlace(view);
      learnPeople(view);
      name = view.name;
      for (const message of view.messages) checkLetter(message);
      shown.see(view, ownTime);
    },
    isIn: () => joins > 0 && !isOver,
    joins: () => joins,
    joinedAt: () => joinedAt,
    adminSince: () => adminSince,
    gone: () => new Set(gone),
    presentSince: (who) => present.get(who),
    people: () => people,
    name: () => name,
  };
}
