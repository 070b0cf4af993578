/** What people do in groups, and with them: each at most one thing of a world's seed. */
import type { GroupMember, Intent } from "@sotto/client";
import type { GroupRole } from "@sotto/protocol";
import type { GroupLetter } from "./letters.ts";
import type { Seat } from "./seat.ts";
import type { World } from "./world.ts";

/** Enough for them to be in each other's way. */
const GROUPS_MAX = 2;
const EMOJIS = ["👍", "❤️", "👨‍👩‍👧‍👦", ""];
const ROLES: readonly GroupRole[] = ["member", "admin", "owner"];

/** Ids of the groups that anybody was shown. */
export const groupIds = ({ seats }: Pick<World, "seats">): readonly string[] =>
  [...new Set(seats.flatMap((seat) => seat.groupIds()))].toSorted();

/** Of two contacts who have been reached. */
async function createGroup(world: World, from: Seat): Promise<void> {
  const { seats, note, rng } = world;
  const others = seats.filter((seat) => seat !== from);
  const conversations = from.member()?.view().conversations ?? [];
  const ids = others.flatMap(({ name }) => from.conversationWith(name) ?? []);
  const areReady = ids.every((id) => conversations.find((one) => one.id === id)?.state === "ready");
  if (ids.length < others.length || !areReady || groupIds(world).length >= GROUPS_MAX) return;
  const members = rng.chance(0.7) ? ids : [rng.pick(ids)];
  note(`${from.name} begins a group of ${members.length + 1}`);
  await from.ask({ kind: "create-group", name: `the group of ${from.name}`, members });
}

/** Undefined: its writer is not in the group, as far as they know. */
export function letterToGroup({ letters, timeline }: World, from: Seat, id: string): GroupLetter | undefined {
  const witness = from.groupWitness(id);
  if (witness?.isIn() !== true || from.member() === undefined) return undefined;
  return letters.writeToGroup(from.name, id, {
    writtenAt: timeline.now(),
    burnMs: witness.burnMs(),
    joins: witness.joins(),
    gone: witness.gone(),
  });
}

export async function writeInGroup(world: World, from: Seat, id: string): Promise<void> {
  const { letters, note } = world;
  const letter = letterToGroup(world, from, id);
  if (letter === undefined) return;
  note(`${from.name} writes "${letter.text}" in ${id.slice(0, 4)}`);
  const answer = await from.ask({ kind: "send", to: id, text: letter.text });
  letters.answered(letter, answer);
}

/** Somebody who is in a group, as far as they know. */
function pickPlace(
  world: World,
  isFitting: (seat: Seat, id: string) => boolean = () => true,
): { readonly seat: Seat; readonly id: string } | undefined {
  const places = groupIds(world).flatMap((id) => world.seats.map((seat) => ({ seat, id })));
  const fitting = places.filter(
    ({ seat, id }) =>
      seat.member() !== undefined && seat.groupWitness(id)?.isIn() === true && isFitting(seat, id),
  );
  return fitting.length === 0 ? undefined : world.rng.pick(fitting);
}

const isAdmin = (seat: Seat, id: string): boolean => seat.groupWitness(id)?.adminSince() !== undefined;

const write = async (world: World): Promise<void> => {
  const place = pickPlace(world);
  if (place !== undefined) await writeInGroup(world, place.seat, place.id);
};

/** A letter that was promised, at its writer or at somebody who was shown it. */
async function about(
  world: World,
  act: (seat: Seat, letter: GroupLetter, key: string) => Promise<unknown>,
  mayBeReader = false,
): Promise<void> {
  const { rng, seats, letters } = world;
  const known = letters.inGroups().filter((one) => one.key !== undefined && !one.isDeleted);
  if (known.length === 0) return;
  const letter = rng.pick(known.slice(-20));
  const name = mayBeReader ? rng.pick([letter.from, ...[...letter.seenBy].toSorted()]) : letter.from;
  const seat = seats.find((one) => one.name === name);
  if (seat?.groupWitness(letter.to)?.isIn() !== true || letter.key === undefined) return;
  await act(seat, letter, letter.key);
}

const react = (world: World): Promise<void> =>
  about(
    world,
    (seat, { text, to }, key) => {
      const emoji = world.rng.pick(EMOJIS);
      world.note(`${seat.name} reacts to "${text}" with ${emoji}`);
      return seat.ask({ kind: "react", in: to, key, emoji });
    },
    true,
  );

const edit = (world: World): Promise<void> =>
  about(world, (seat, letter, key) => {
    const text = world.letters.revise(letter);
    world.note(`${seat.name} edits: "${text}"`);
    return seat.ask({ kind: "edit", in: letter.to, key, text });
  });

const remove = (world: World): Promise<void> =>
  about(world, (seat, letter, key) => {
    world.note(`${seat.name} deletes "${letter.text}"`);
    letter.isDeleted = true;
    letter.isGivenUp = true;
    return seat.ask({ kind: "delete", in: letter.to, key });
  });

/** What an admin asks of the group; kept as a wish if it was answered that it is done. */
async function ask(
  world: World,
  { seat, id }: { readonly seat: Seat; readonly id: string },
  intent: Intent,
): Promise<boolean> {
  const answer = await seat.ask(intent);
  return answer?.ok === true && isAdmin(seat, id);
}

async function renameGroup(world: World): Promise<void> {
  const { rng, letters, timeline, note } = world;
  const place = pickPlace(world, isAdmin);
  if (place === undefined) return;
  const { seat, id } = place;
  const name = `group ${rng.below(1_000)}`;
  note(`${seat.name} calls ${id.slice(0, 4)} ${name}`);
  const askedAt = timeline.now();
  const isDone = await ask(world, place, { kind: "rename-group", in: id, name });
  letters.wish({ group: id, by: seat.name, askedAt, isAnswered: isDone, what: { kind: "name", name } });
}

async function addMember(world: World): Promise<void> {
  const { rng, seats, letters, timeline, note } = world;
  const isOutside = (seat: Seat, id: string, one: Seat): boolean =>
    seat.conversationWith(one.name) !== undefined && seat.groupWitness(id)?.people().has(one.name) === false;
  const place = pickPlace(
    world,
    (seat, id) => isAdmin(seat, id) && seats.some((one) => one !== seat && isOutside(seat, id, one)),
  );
  if (place === undefined) return;
  const { seat, id } = place;
  const who = rng.pick(seats.filter((one) => one !== seat && isOutside(seat, id, one))).name;
  note(`${seat.name} adds ${who} to ${id.slice(0, 4)}`);
  const askedAt = timeline.now();
  const isDone = await ask(world, place, {
    kind: "add-members",
    in: id,
    members: [seat.conversationWith(who) ?? ""],
  });
  letters.wish({ group: id, by: seat.name, askedAt, isAnswered: isDone, what: { kind: "add", who } });
}

/** Somebody else who is in it, by name. */
function pickOther({ rng }: World, seat: Seat, id: string): readonly [string, GroupMember] | undefined {
  const others = [...(seat.groupWitness(id)?.people() ?? [])].filter(([, { isSelf }]) => !isSelf);
  return others.length === 0 ? undefined : rng.pick(others);
}

async function removeMember(world: World): Promise<void> {
  const { letters, timeline, note } = world;
  const place = pickPlace(world, isAdmin);
  const other = place && pickOther(world, place.seat, place.id);
  if (place === undefined || other === undefined) return;
  const [who, { id: member }] = other;
  const { seat, id } = place;
  note(`${seat.name} removes ${who} from ${id.slice(0, 4)}`);
  const askedAt = timeline.now();
  const isDone = await ask(world, place, { kind: "remove-member", in: id, member });
  letters.wish({ group: id, by: seat.name, askedAt, isAnswered: isDone, what: { kind: "remove", who } });
}

async function setRole(world: World): Promise<void> {
  const { rng, note } = world;
  const place = pickPlace(world, isAdmin);
  const other = place && pickOther(world, place.seat, place.id);
  if (place === undefined || other === undefined) return;
  const role = rng.pick(ROLES);
  note(`${place.seat.name} makes ${other[0]} ${role} in ${place.id.slice(0, 4)}`);
  await place.seat.ask({ kind: "set-role", in: place.id, member: other[1].id, role });
}

async function leave(world: World): Promise<void> {
  const place = pickPlace(world);
  if (place === undefined) return;
  world.note(`${place.seat.name} leaves ${place.id.slice(0, 4)}`);
  await place.seat.ask({ kind: "leave-group", in: place.id });
}

/** Each as often as it stands here. */
export const GROUP_HAPPENINGS = [
  (world: World) => createGroup(world, world.rng.pick(world.seats)),
  (world: World) => createGroup(world, world.rng.pick(world.seats)),
  ...Array.from({ length: 10 }, () => write),
  react,
  react,
  edit,
  remove,
  renameGroup,
  addMember,
  addMember,
  addMember,
  removeMember,
  removeMember,
  setRole,
  setRole,
  leave,
];
