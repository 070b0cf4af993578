/**
 * How a world begins: three people who have just installed the client, or three who have met already and talk. The
 * second is made once and begun from by many seeds, because meeting takes longer than anything else.
 */
import { assert } from "@sotto/protocol";
import type { RelayImage } from "../simulation/relay-host.ts";
import { emptyContainer } from "./disk.ts";
import type { EngineName } from "./engines.ts";
import { meet } from "./happenings.ts";
import { createWorld, PEOPLE, RELAYS, type World } from "./world.ts";

export type WorldStart = {
  readonly timeMs: number;
  /** By name; missing for relays that are new. */
  readonly relays: ReadonlyMap<string, RelayImage>;
  /** By name of their owners. */
  readonly disks: ReadonlyMap<string, Uint8Array>;
  readonly nameById: ReadonlyMap<string, string>;
};

const DAY_MS = 86_400_000;
/** Two months ago: ts-mls asks the system for the time when it looks at lifetimes, and worlds go on for a month. */
const START_MS = Date.now() - 60 * DAY_MS;
const MEETING_MS = 120_000;

export async function newStart(): Promise<WorldStart> {
  const image = await emptyContainer();
  return {
    timeMs: START_MS,
    relays: new Map(),
    disks: new Map(PEOPLE.map((name) => [name, image])),
    nameById: new Map(),
  };
}

const met = new Map<EngineName, Promise<WorldStart>>();

export function metStart(engine: EngineName): Promise<WorldStart> {
  let start = met.get(engine);
  if (start === undefined) met.set(engine, (start = letMeet(engine)));
  return start;
}

async function letMeet(engine: EngineName): Promise<WorldStart> {
  const world = createWorld({ seed: 0, engine, start: await newStart() });
  await world.boot();
  await world.runFor(MEETING_MS);
  for (const from of world.seats)
    for (const to of world.seats) if (from.name < to.name) await meet(world, from, to);
  await world.settle();
  await world.runFor(MEETING_MS);
  assert(haveMet(world), "three people who are left in peace can meet");
  return {
    timeMs: world.timeline.now(),
    relays: new Map(world.hosts.map((host, at) => [RELAYS[at] as string, host.image()])),
    disks: new Map(world.seats.map((seat) => [seat.name, seat.disk.image()])),
    nameById: world.nameById,
  };
}

const haveMet = ({ seats }: World): boolean =>
  seats.every((seat) => {
    const conversations = seat.member()?.view().conversations ?? [];
    return (
      conversations.length === PEOPLE.length - 1 && conversations.every(({ state }) => state === "ready")
    );
  });
