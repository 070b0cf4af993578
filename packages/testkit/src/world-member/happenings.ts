/** What people do, and what happens to them: each at most one thing of a world's seed. */
import { FILE_HAPPENINGS } from "./file-happenings.ts";
import { GROUP_HAPPENINGS } from "./group-happenings.ts";
import { isSeen, type Letter } from "./letters.ts";
import type { Seat } from "./seat.ts";
import type { World } from "./world.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const BURNS_MS = [5 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

/** lyingRelays: see lies.ts. */
export type WorldKind = "plain" | "wildClocks" | "lyingRelays";

export type Happening = (world: World) => Promise<unknown> | void;

/** Whoever has no conversation with the other yet pastes the other's link. */
export async function meet({ note }: World, from: Seat, to: Seat): Promise<void> {
  const link = to.member()?.view().me.link;
  if (link === undefined || from.member() === undefined) return;
  note(`${from.name} adds ${to.name}`);
  await from.ask({ kind: "add-contact", link });
}

export async function write(world: World, from: Seat, to: Seat): Promise<void> {
  const { letters, timeline, note } = world;
  const id = from.conversationWith(to.name);
  if (id === undefined) return meet(world, from, to);
  const letter = letters.write(from.name, to.name, timeline.now(), from.witness(to.name).burnMs());
  note(`${from.name} writes "${letter.text}"`);
  const answer = await from.ask({ kind: "send", to: id, text: letter.text });
  letters.answered(letter, answer);
}

const MESSAGE_BURNS_MS = [30 * SECOND_MS, 5 * MINUTE_MS, HOUR_MS];
const BURN_MAX_MS = 30 * DAY_MS;

/** A letter with a burn time of its own. */
async function writeFleeting(world: World): Promise<void> {
  const { rng, letters, timeline, note } = world;
  const from = rng.pick(world.seats);
  const to = rng.pick(world.seats.filter((seat) => seat !== from));
  const id = from.conversationWith(to.name);
  const burn = { ms: rng.pick(MESSAGE_BURNS_MS), from: rng.chance(0.7) ? "reading" : "sending" } as const;
  if (id === undefined) return;
  const isRead = burn.from === "reading";
  const bound = isRead ? Math.min(from.witness(to.name).burnMs() + burn.ms, BURN_MAX_MS) : burn.ms;
  const letter = letters.write(from.name, to.name, timeline.now(), bound, isRead ? burn.ms : undefined);
  note(`${from.name} writes "${letter.text}", which burns ${burn.ms} ms after ${burn.from}`);
  const answer = await from.ask({ kind: "send", to: id, text: letter.text, burn });
  letters.answered(letter, answer);
}

function writeToSomebody(world: World): Promise<void> {
  const from = world.rng.pick(world.seats);
  return write(world, from, world.rng.pick(world.seats.filter((seat) => seat !== from)));
}

async function inSome(
  { rng, seats }: World,
  act: (seat: Seat, id: string) => Promise<unknown>,
): Promise<void> {
  const seat = rng.pick(seats);
  const conversations = seat.member()?.view().conversations ?? [];
  if (conversations.length > 0) await act(seat, rng.pick(conversations).id);
}

const setBurn = (world: World): Promise<void> =>
  inSome(world, (seat, id) => {
    const burnMs = world.rng.pick(BURNS_MS);
    world.note(`${seat.name} lets messages burn after ${burnMs} ms`);
    return seat.ask({ kind: "set-burn", in: id, burnMs });
  });

async function readAs(world: World, seat: Seat, id: string): Promise<void> {
  const { letters, timeline, nameById } = world;
  const from = nameById.get(id);
  const fleeting = letters
    .all()
    .filter((one) => one.to === seat.name && one.from === from && one.afterReadMs !== undefined);
  const seen = fleeting.filter(isSeen);
  for (const letter of fleeting) letter.mayBeRead = true;
  const answer = await seat.ask({ kind: "mark-read", in: id });
  if (answer?.ok === true) for (const letter of seen) letter.readAt ??= timeline.now();
}

const markRead = (world: World): Promise<void> =>
  inSome(world, (seat, id) => {
    world.note(`${seat.name} reads what ${world.nameById.get(id)} wrote`);
    return readAs(world, seat, id);
  });

/** Everybody reads what there is, and what burns then has time to. */
export async function readAll(world: World): Promise<void> {
  world.note("everybody reads what there is");
  for (const seat of world.seats)
    for (const { id } of seat.member()?.view().conversations ?? []) await readAs(world, seat, id);
  await world.settle();
  await world.runFor(30 * SECOND_MS);
  world.timeline.skip(2 * HOUR_MS);
  await world.runFor(MINUTE_MS);
}

const draft = (world: World): Promise<void> =>
  inSome(world, (seat, id) => seat.ask({ kind: "draft", in: id, text: "not yet" }));

const EMOJIS = ["👍", "❤️", "👨‍👩‍👧‍👦", ""];

/** A letter that was promised, at one of the two who have it. */
async function about(
  world: World,
  act: (seat: Seat, id: string, letter: Letter & { readonly key: string }) => Promise<unknown>,
  mayBeReader = false,
): Promise<void> {
  const { rng, seats, letters } = world;
  const known = letters.ofTwo().filter((one) => one.key !== undefined && !one.isDeleted);
  if (known.length === 0) return;
  const letter = rng.pick(known.slice(-20));
  const isWriter = !mayBeReader || rng.chance(0.5);
  const [me, other] = isWriter ? [letter.from, letter.to] : [letter.to, letter.from];
  const seat = seats.find(({ name }) => name === me);
  const id = seat?.conversationWith(other);
  const { key } = letter;
  if (seat === undefined || id === undefined || key === undefined) return;
  await act(seat, id, Object.assign(letter, { key }));
}

const react = (world: World): Promise<void> =>
  about(
    world,
    (seat, id, { key, text }) => {
      const emoji = world.rng.pick(EMOJIS);
      world.note(`${seat.name} reacts to "${text}" with ${emoji}`);
      return seat.ask({ kind: "react", in: id, key, emoji });
    },
    true,
  );

const pin = (world: World): Promise<void> =>
  about(
    world,
    (seat, id, { key, text }) => {
      const kind = world.rng.pick(["pin", "unpin"] as const);
      world.note(`${seat.name} wants to ${kind} "${text}"`);
      return seat.ask({ kind, in: id, key });
    },
    true,
  );

const edit = (world: World): Promise<void> =>
  about(world, (seat, id, letter) => {
    const text = world.letters.revise(letter);
    world.note(`${seat.name} edits: "${text}"`);
    return seat.ask({ kind: "edit", in: id, key: letter.key, text });
  });

const remove = (world: World): Promise<void> =>
  about(world, (seat, id, letter) => {
    world.note(`${seat.name} deletes "${letter.text}"`);
    letter.isDeleted = true;
    letter.isGivenUp = true;
    return seat.ask({ kind: "delete", in: id, key: letter.key });
  });

function rename({ rng, seats }: World): Promise<unknown> {
  const seat = rng.pick(seats);
  return seat.ask({ kind: "rename", name: `${seat.name} ${rng.below(100)}` });
}

/** Retries or takes back what was not sent. */
async function settleFailed({ rng, seats, letters }: World): Promise<void> {
  const letter = letters.ofTwo().find(({ isGivenUp }) => isGivenUp);
  const seat = seats.find(({ name }) => name === letter?.from);
  const id = letter && seat?.conversationWith(letter.to);
  if (letter?.key === undefined || seat === undefined || id === undefined) return;
  await seat.ask({ kind: rng.chance(0.5) ? "retry" : "discard", in: id, key: letter.key });
}

function crashRelay({ rng, hosts, timeline, note, countCrash }: World): void {
  const host = rng.pick(hosts);
  if (!host.isUp()) return;
  note(`${host.url} loses power`);
  countCrash();
  host.crash();
  timeline.after(rng.below(10 * SECOND_MS), host.boot);
}

function unplug({ rng, seats, timeline, note }: World): void {
  const seat = rng.pick(seats);
  const network = seat.process()?.network;
  if (network === undefined) return;
  note(`${seat.name} goes offline`);
  network.unplug();
  timeline.after(rng.below(2 * MINUTE_MS), network.plug);
}

function sleep({ rng, seats, timeline, note }: World): void {
  const seat = rng.pick(seats);
  note(`${seat.name} closes the lid`);
  seat.process()?.network.unplug();
  seat.machine.time.sleep();
  timeline.after(rng.below(10 * MINUTE_MS), () => {
    seat.machine.time.wake();
    seat.process()?.network.plug();
  });
}

function jumpClock({ rng, seats, note }: World): void {
  const seat = rng.pick(seats);
  const ms = rng.pick([-30, -5, 5, 30]) * SECOND_MS;
  note(`the clock of ${seat.name} jumps by ${ms} ms`);
  seat.machine.time.jump(ms);
}

function fillRelay({ rng, hosts, timeline, note }: World): void {
  const host = rng.pick(hosts);
  note(`the disk of ${host.url} is full`);
  host.setDiskFull(true);
  timeline.after(rng.below(30 * SECOND_MS), () => host.setDiskFull(false));
}

/** The device's disk refuses; some time later the person closes the application and opens it again. */
function fillDevice({ rng, seats, timeline, note }: World): void {
  const seat = rng.pick(seats);
  if (seat.member() === undefined) return;
  note(`the disk of ${seat.name} is full`);
  seat.disk.fill();
  timeline.after(rng.below(30 * SECOND_MS), () => seat.crash());
}

function waitLong({ rng, timeline, note }: World): void {
  const ms = rng.pick([10 * MINUTE_MS, 2 * HOUR_MS, 26 * HOUR_MS]);
  note(`nobody does anything for ${ms} ms`);
  timeline.skip(ms);
}

/** By up to a day, and not for long. Whoever trusts it may burn by as much too early. */
function jumpRelayClock({ rng, hosts, letters, timeline, note }: World): void {
  const host = rng.pick(hosts);
  const ms = rng.pick([5 * MINUTE_MS, HOUR_MS, DAY_MS]) * rng.pick([-1, 1]);
  note(`the clock of ${host.url} is off by ${ms} ms`);
  letters.relayClockWasOff(ms);
  host.setClockOffset(ms);
  timeline.after(rng.below(5 * MINUTE_MS), () => host.setClockOffset(0));
}

/** Each as often as it stands here. */
const ALWAYS: readonly Happening[] = [
  ...Array.from({ length: 14 }, () => writeToSomebody),
  setBurn,
  markRead,
  markRead,
  writeFleeting,
  writeFleeting,
  draft,
  rename,
  react,
  react,
  pin,
  edit,
  edit,
  remove,
  settleFailed,
  ({ rng, seats }) => rng.pick(seats).crash(),
  crashRelay,
  ({ air }) => air.breakOne(),
  ({ air }) => air.breakOne(),
  unplug,
  sleep,
  jumpClock,
  fillRelay,
  fillDevice,
  waitLong,
  waitLong,
];

/** What happens in every world, and in some. */
const HAPPENINGS: Readonly<Record<WorldKind, readonly Happening[]>> = {
  plain: ALWAYS,
  wildClocks: [...ALWAYS, jumpRelayClock, jumpRelayClock],
  // What burns before it could arrive tells nothing of what became of it.
  lyingRelays: ALWAYS.filter((happening) => happening !== setBurn && happening !== writeFleeting),
};

/** With what happens in groups and with files, in worlds that have them. */
export const happeningsIn = (
  kind: WorldKind,
  { hasGroups, hasFiles }: { readonly hasGroups: boolean; readonly hasFiles: boolean },
): readonly Happening[] => [
  ...HAPPENINGS[kind],
  ...(hasGroups ? GROUP_HAPPENINGS : []),
  ...(hasFiles ? FILE_HAPPENINGS : []),
];
