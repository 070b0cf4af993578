/**
 * How a world begins: three people who have just installed the client, or three who have met already and talk. The
 * second is made once and begun from by many seeds, because meeting takes longer than anything else.
 */
import { assert } from "@sotto/protocol";
import type { RelayImage } from "../simulation/relay-host.ts";
import { emptyDisk, type DiskImage, type DiskKind } from "./disk.ts";
import type { EngineName } from "./engines.ts";
import { meet } from "./happenings.ts";
import { createWorld, PEOPLE, RELAYS, type World } from "./world.ts";

export type WorldStart = {
  readonly timeMs: number;
  /** By name; missing for relays that are new. */
  readonly relays: ReadonlyMap<string, RelayImage>;
  /** By name of their owners. */
  readonly disks: ReadonlyMap<string, DiskImage>;
  readonly nameById: ReadonlyMap<string, string>;
};

const DAY_MS = 86_400_000;
/** Two months ago: ts-mls asks the system for the time when it looks at lifetimes, and worlds go on for a month. */
const START_MS = Date.now() - 60 * DAY_MS;
const MEETING_MS = 120_000;

export async function newStart(disk: DiskKind): Promise<WorldStart> {
  const image = await emptyDisk(disk);
  return {
    timeMs: START_MS,
    relays: new Map(),
    disks: new Map(PEOPLE.map((name) => [name, image])),
    nameById: new Map(),
  };
}

const met = new Map<string, Promise<WorldStart>>();

export function metStart(engine: EngineName, disk: DiskKind, hasGroup: boolean): Promise<WorldStart> {
  const name = `${engine} ${disk} ${hasGroup}`;
  let start = met.get(name);
  if (start === undefined) met.set(name, (start = letMeet(engine, disk, hasGroup)));
  return start;
}

async function letMeet(engine: EngineName, disk: DiskKind, hasGroup: boolean): Promise<WorldStart> {
  const world = createWorld({ seed: 0, engine, start: await newStart(disk) });
  await world.boot();
  await world.runFor(MEETING_MS);
  for (const from of world.seats)
    for (const to of world.seats) if (from.name < to.name) await meet(world, from, to);
  await world.settle();
  await world.runFor(MEETING_MS);
  assert(haveMet(world), "three people who are left in peace can meet");
  if (hasGroup) await gather(world);
  return {
    timeMs: world.timeline.now(),
    relays: new Map(world.hosts.map((host, at) => [RELAYS[at] as string, host.image()])),
    disks: new Map(world.seats.map((seat) => [seat.name, seat.disk.image()])),
    nameById: world.nameById,
  };
}

/** All of them in one group. */
async function gather(world: World): Promise<void> {
  const [owner, ...others] = world.seats;
  assert(owner !== undefined, "there are people");
  const members = others.map(({ name }) => owner.conversationWith(name) ?? "");
  await owner.ask({ kind: "create-group", name: "all of us", members });
  await world.settle();
  await world.runFor(MEETING_MS);
  const areThere = world.seats.every((seat) =>
    seat.groupIds().some((id) => seat.groupWitness(id)?.people().size === PEOPLE.length),
  );
  assert(areThere, "three people who are left in peace come together");
}

const haveMet = ({ seats }: World): boolean =>
  seats.every((seat) => {
    const conversations = seat.member()?.view().conversations ?? [];
    return (
      conversations.length === PEOPLE.length - 1 && conversations.every(({ state }) => state === "ready")
    );
  });
