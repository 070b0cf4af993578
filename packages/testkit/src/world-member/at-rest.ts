/** What must be true once all is well again and everything under way has arrived, and what once all of it has burnt. */
import { textToBytes } from "@sotto/protocol";
import type { ChannelState } from "../simulation/relay-host.ts";
import type { Violation } from "../world-channel/ledger.ts";
import { isSeen, type Letter, type Letters } from "./letters.ts";
import { emptyGroups, groupLosses, groupUnrest, leftGroups } from "./groups-at-rest.ts";
import type { Seat } from "./seat.ts";
import type { World } from "./world.ts";

/** Nothing, once everything has arrived. */
export async function unrestOf(world: World): Promise<readonly Violation[]> {
  const { seats, hosts, letters, timeline } = world;
  const channels = await Promise.all(hosts.map((host) => host.channels()));
  return [
    ...letters.ofTwo().flatMap((letter) => unarrived(letter, letters, seats, timeline.now())),
    ...pairsOf(seats).flatMap(([one, other]) => disorder(one, other)),
    ...letters.ofTwo().flatMap((letter) => disagreement(letter, letters, seats, timeline.now())),
    ...groupUnrest(world),
    ...channels.flat().flatMap(unacknowledged).slice(emptyGroups(world)),
    ...channels.flat().flatMap(unerased).slice(leftGroups(world)),
  ];
}

/** Clocks of devices differ, and an alarm rings a little late. */
const READ_MS_LATE_MAX = 6 * 60_000;

/** Nothing, once everybody has read what there is and time has passed. */
export const outlivedIn = ({ seats, letters, timeline }: World): readonly Violation[] =>
  letters.all().flatMap((letter) => outlived(letter, seats, timeline.now()));

/** Once its reader has read it, a letter that burns then goes on both sides. */
function outlived(letter: Letter, seats: readonly Seat[], now: number): readonly Violation[] {
  const { key, from, to, text, afterReadMs, readAt, isDeleted } = letter;
  if (key === undefined || afterReadMs === undefined || readAt === undefined || isDeleted) return [];
  if (readAt + afterReadMs + READ_MS_LATE_MAX > now) return [];
  return [
    [from, to],
    [to, from],
  ].flatMap(([me = "", other = ""]) => {
    const said = seats
      .find(({ name }) => name === me)
      ?.witness(other)
      .saidOf(key);
    return said === undefined ? [] : [{ rule: "SM36", what: `${text} was read, and ${me} still has it` }];
  });
}

/** Nothing, once relays that lied have been found out wherever it cost anything. */
export function lossesOf(world: World): readonly Violation[] {
  const { seats, letters, timeline } = world;
  const lost = letters.ofTwo().filter(({ from, to }) => !letters.isWarned(from, to));
  const pairs = pairsOf(seats).filter(([one, other]) => !letters.isWarned(one.name, other.name));
  return [
    ...lost.flatMap((letter) => unarrived(letter, letters, seats, timeline.now())),
    ...pairs.flatMap(([one, other]) => disorder(one, other)),
    ...groupLosses(world),
  ].map(({ what }) => ({ rule: "SM32", what: `nobody was told: ${what}` }));
}

function unarrived(
  letter: Letter,
  letters: Letters,
  seats: readonly Seat[],
  now: number,
): readonly Violation[] {
  if (letter.key === undefined || letter.isGivenUp || isSeen(letter)) return [];
  if (letters.mayHaveBurnt(letter, now)) return []; // on its way, and its writer saw it go
  const writer = seats.find(({ name }) => name === letter.from);
  const mark = writer?.witness(letter.to).markOf(letter.text) ?? "gone";
  return [{ rule: "SM28", what: `${letter.text} never arrived, and counts as ${mark}` }];
}

const pairsOf = (seats: readonly Seat[]): readonly (readonly [Seat, Seat])[] =>
  seats.flatMap((one, at) => seats.slice(at + 1).map((other) => [one, other] as const));

/** What both show they show in the same order. */
function disorder(one: Seat, other: Seat): readonly Violation[] {
  const mine = one.witness(other.name).texts();
  const theirs = other.witness(one.name).texts();
  const shared = new Set(mine).intersection(new Set(theirs));
  const isSame =
    mine.filter((text) => shared.has(text)).join() === theirs.filter((text) => shared.has(text)).join();
  return isSame ? [] : [{ rule: "SM22", what: `${one.name} and ${other.name} do not agree on the order` }];
}

/** Whoever still has a letter sees the same edits, the same reactions, or that it was deleted. */
function disagreement(
  letter: Letter,
  letters: Letters,
  seats: readonly Seat[],
  now: number,
): readonly Violation[] {
  const { key, from, to, text } = letter;
  if (key === undefined || letters.mayHaveBurnt(letter, now)) return [];
  const said = [
    [from, to],
    [to, from],
  ].map(([me = "", other = ""]) =>
    seats
      .find(({ name }) => name === me)
      ?.witness(other)
      .saidOf(key),
  );
  const [mine, theirs] = said;
  if (mine === undefined || theirs === undefined || mine === theirs) return [];
  return [{ rule: "SM34", what: `${text} is ${mine} to ${from} and ${theirs} to ${to}` }];
}

/** Everybody reads with keys of the current epoch, so cursors at the end of the log mean one epoch and one history. */
function unacknowledged({ lastSeq, cursors }: ChannelState): readonly Violation[] {
  const unread = { rule: "SM29", what: `a channel was read to ${cursors.join()} of ${lastSeq}` };
  return cursors.every((cursor) => cursor >= lastSeq) ? [] : [unread];
}

const unerased = ({ bodies }: ChannelState): readonly Violation[] =>
  bodies > 0 ? [{ rule: "SM15", what: `${bodies} bodies outlived their readers` }] : [];

/** Past every burn nothing of any letter is shown, kept on a device or kept at a relay. */
export async function checkForgotten({ seats, hosts, letters }: World): Promise<void> {
  const texts = letters.all().flatMap(({ text, versions }) => [text, ...versions].map(textToBytes));
  const isIn = (bytes: Uint8Array): boolean =>
    texts.some((text) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(text));
  for (const seat of seats) {
    const others = seats.filter((one) => one !== seat);
    if (others.some(({ name }) => !seat.witness(name).isEmpty()))
      letters.violate("SM25", `${seat.name} is shown letters that burnt`);
    if (seat.groupIds().some((id) => seat.groupWitness(id)?.isEmpty() === false))
      letters.violate("SM25", `${seat.name} is shown letters to a group that burnt`);
    if ((await seat.kept()).some(isIn)) letters.violate("SM25", `${seat.name} keeps letters that burnt`);
  }
  for (const host of hosts) {
    if ((await host.wires()).some(isIn)) letters.violate("SM25", `${host.url} can read a letter`);
    if ((await host.files()).length > 0) letters.violate("SM25", `${host.url} keeps files that burnt`);
  }
}
