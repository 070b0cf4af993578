/** What must be true of groups once all is well again and everything under way has arrived. */
import type { Violation } from "../world-channel/ledger.ts";
import { groupIds } from "./group-happenings.ts";
import type { GroupWitness } from "./group-witness.ts";
import type { GroupLetter, Letters, Wish } from "./letters.ts";
import type { Seat } from "./seat.ts";
import type { World } from "./world.ts";

type Place = { readonly name: string; readonly witness: GroupWitness };

/** Who is in a group, as they are shown it themselves. */
const insidersOf = (seats: readonly Seat[], id: string): readonly Place[] =>
  seats.flatMap((seat) => {
    const witness = seat.groupWitness(id);
    return witness?.isIn() === true ? [{ name: seat.name, witness }] : [];
  });

/** Nothing, once everything has arrived. */
export function groupUnrest({ seats, letters, timeline }: World): readonly Violation[] {
  return groupIds({ seats }).flatMap((id) => {
    const inside = insidersOf(seats, id);
    const written = letters.inGroups().filter(({ to }) => to === id);
    return [
      ...disagreement(id, inside),
      ...disorder(inside),
      ...written.flatMap((letter) => unarrived(letter, inside, letters, timeline.now())),
      ...written.flatMap((letter) => difference(letter, inside, letters, timeline.now())),
      ...letters.wishes().flatMap((wish) => (wish.group === id ? unfulfilled(wish, inside, letters) : [])),
    ];
  });
}

/** Nothing, once relays that lied have been found out wherever it cost anything. */
export function groupLosses({ seats, letters, timeline }: World): readonly Violation[] {
  return groupIds({ seats }).flatMap((id) => {
    if (letters.isGroupWarned(id)) return [];
    const inside = insidersOf(seats, id);
    const written = letters.inGroups().filter(({ to }) => to === id);
    return [
      ...disorder(inside),
      ...written.flatMap((letter) => unarrived(letter, inside, letters, timeline.now())),
    ];
  });
}

/** How many groups nobody is in: nobody reads what is left of them. */
export const emptyGroups = ({ seats }: Pick<World, "seats">): number =>
  groupIds({ seats }).filter((id) => insidersOf(seats, id).length === 0).length;

/** How many groups somebody is not in any more: their device may have had no time to say how far it has read. */
export const leftGroups = ({ seats }: Pick<World, "seats">): number =>
  groupIds({ seats }).filter((id) =>
    seats.some((seat) => {
      const witness = seat.groupWitness(id);
      return witness !== undefined && (!witness.isIn() || witness.joins() > 1);
    }),
  ).length;

/** Name, people and roles: one for all; everybody whom they name is there, and nobody is on their way. */
function disagreement(id: string, inside: readonly Place[]): readonly Violation[] {
  const shown = new Map(inside.map(({ name, witness }) => [name, rosterOf(witness)]));
  const names = inside.map(({ name }) => name).toSorted();
  return [...shown].flatMap(([name, roster]) => {
    const there = [
      ...(inside
        .find((one) => one.name === name)
        ?.witness.people()
        .keys() ?? []),
    ].toSorted();
    const others = [...shown].filter(([, other]) => other !== roster);
    return [
      ...others.map(([other, theirs]) => `${name} sees ${roster} and ${other} ${theirs}`),
      ...(there.join() === names.join()
        ? []
        : [`${name} sees ${there.join()} and there are ${names.join()}`]),
    ].map((what) => ({ rule: "SM42", what: `in group ${id.slice(0, 4)} ${what}` }));
  });
}

const rosterOf = (witness: GroupWitness): string =>
  JSON.stringify([
    witness.name(),
    ...[...witness.people()].map(([name, { role, state }]) => `${name} ${role} ${state}`).toSorted(),
  ]);

const pairsOf = (inside: readonly Place[]): readonly (readonly [Place, Place])[] =>
  inside.flatMap((one, at) => inside.slice(at + 1).map((other) => [one, other] as const));

function disorder(inside: readonly Place[]): readonly Violation[] {
  return pairsOf(inside).flatMap(([one, other]) => {
    const [mine, theirs] = [one.witness.texts(), other.witness.texts()];
    const shared = new Set(mine).intersection(new Set(theirs));
    const inOrder = (texts: readonly string[]): string => texts.filter((text) => shared.has(text)).join();
    if (inOrder(mine) === inOrder(theirs)) return [];
    return [{ rule: "SM22", what: `${one.name} and ${other.name} do not agree on the order in a group` }];
  });
}

/** Who was in the group when it was written and ever since. */
const readersOf = ({ from, writtenAt }: GroupLetter, inside: readonly Place[]): readonly Place[] =>
  inside.filter(({ name, witness }) => name !== from && witness.joinedAt() <= writtenAt);

const writerOf = ({ from, joins }: GroupLetter, inside: readonly Place[]): Place | undefined =>
  inside.find(({ name, witness }) => name === from && witness.joins() === joins);

function unarrived(
  letter: GroupLetter,
  inside: readonly Place[],
  letters: Letters,
  now: number,
): readonly Violation[] {
  const writer = writerOf(letter, inside);
  if (letter.key === undefined || letter.isGivenUp || writer === undefined) return [];
  if (letters.mayHaveBurnt(letter, now)) return [];
  const mark = writer.witness.markOf(letter.text) ?? "gone";
  return readersOf(letter, inside)
    .filter(({ name }) => !letter.seenBy.has(name))
    .map(({ name }) => ({
      rule: "SM43",
      what: `${letter.text} never came to ${name}, and counts as ${mark}`,
    }));
}

/** Whoever has been there since before it was written, and still has it, sees the same of it. */
function difference(
  letter: GroupLetter,
  inside: readonly Place[],
  letters: Letters,
  now: number,
): readonly Violation[] {
  const { key, text } = letter;
  if (key === undefined || letters.mayHaveBurnt(letter, now)) return [];
  const writer = writerOf(letter, inside);
  const all = writer === undefined ? readersOf(letter, inside) : [writer, ...readersOf(letter, inside)];
  const said = all.flatMap(({ name, witness }) => {
    const one = witness.saidOf(key);
    return one === undefined ? [] : [{ name, one }];
  });
  const [first] = said;
  return said
    .filter(({ one }) => one !== first?.one)
    .map(({ name, one }) => ({
      rule: "SM34",
      what: `${text} is ${one} to ${name} and ${first?.one} to ${first?.name}`,
    }));
}

/** Who asked has been an admin all the time, and nobody asked for anything else of the kind since. */
function unfulfilled(wish: Wish, inside: readonly Place[], letters: Letters): readonly Violation[] {
  const { group, by, askedAt, what } = wish;
  const asker = inside.find(({ name }) => name === by);
  if (!wish.isAnswered || asker === undefined) return [];
  const since = asker.witness.adminSince();
  if (since === undefined || since > askedAt || isOvertaken(wish, letters.wishes())) return [];
  const people = asker.witness.people();
  if (what.kind === "name" && asker.witness.name() === what.name) return [];
  // Whoever has become the owner meanwhile stays.
  if (what.kind === "remove" && (people.get(what.who)?.role ?? "owner") === "owner") return [];
  if (what.kind === "add") return []; // whoever was added may have left again, and an owner may not be
  const wanted = what.kind === "name" ? `called ${what.name}` : `without ${what.who}`;
  return [{ rule: "SM44", what: `group ${group.slice(0, 4)} is not ${wanted}, as ${by} asked` }];
}

/** Somebody asked for something else of the same, or an add of them may still have been under way. */
function isOvertaken(wish: Wish, wishes: readonly Wish[]): boolean {
  const { group, by, what } = wish;
  const at = wishes.indexOf(wish);
  return wishes.some((other, index) => {
    if (index === at || other.group !== group) return false;
    if (what.kind === "name") return other.what.kind === "name" && (index > at || other.by !== by);
    return other.what.kind === "add" && other.what.who === what.who;
  });
}
