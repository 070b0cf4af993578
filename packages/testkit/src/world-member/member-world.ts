/**
 * Three people with the product's own clients, two of its relays, and everything that can go wrong between them. One
 * seed is one run, every time. Spec: spec/simulation.md, "The member world".
 */
import { CALM } from "../air.ts";
import type { RelayMutant } from "../simulation/relay-host.ts";
import type { Violation } from "../world-channel/ledger.ts";
import { checkForgotten, unrestOf } from "./at-rest.ts";
import type { EngineName } from "./engines.ts";
import { HAPPENINGS } from "./happenings.ts";
import type { MemberMutant } from "./seat.ts";
import { metStart, newStart } from "./start.ts";
import { createWorld, type World } from "./world.ts";

export type MemberWorldOptions = {
  readonly seed: number;
  readonly engine?: EngineName;
  readonly relayMutant?: RelayMutant | undefined;
  readonly memberMutant?: MemberMutant | undefined;
};
export type MemberWorldReport = {
  readonly violations: readonly Violation[];
  /** What was done to the world, for a person who reads a failing seed. */
  readonly operations: readonly string[];
  readonly counts: {
    readonly events: number;
    /** Letters that `send` accepted. */
    readonly letters: number;
    readonly seen: number;
    readonly givenUp: number;
    readonly crashes: number;
    /** Commits that relays were asked for. */
    readonly commits: number;
  };
};

/** Every so manieth world begins with people who have not met. */
const NEW_EVERY = 10;
/** Events before all is well again, in a world of people who have met and in one that is new. */
const EVENTS = 250;
const EVENTS_NEW = 600;
/** How long a world may take to come to rest: longer than any retry, half-open line and pause of a client. */
const REST_MS = 180_000;
const MONTH_MS = 31 * 86_400_000;
const FAULTS = { breaks: 0.01, delays: 0.05, hostile: 0 };
const HOSTILE = { breaks: 0.01, delays: 0.05, hostile: 0.04 };

export async function runMemberWorld(options: MemberWorldOptions): Promise<MemberWorldReport> {
  const { seed, engine = "reference", relayMutant, memberMutant } = options;
  const isNew = seed % NEW_EVERY === 0 || memberMutant?.isSeenWhereTheyMeet === true;
  const start = isNew ? await newStart() : await metStart(engine);
  const world = createWorld({ seed, engine, start, relayMutant, memberMutant });
  await suffer(world, isNew ? EVENTS_NEW : EVENTS);
  await rest(world);
  if (world.rng.chance(0.2)) await forget(world);
  checkBugs(world);
  return reportOf(world);
}

async function suffer(world: World, events: number): Promise<void> {
  const { rng, air } = world;
  await world.boot();
  world.setPowerMayFail(true);
  for (let count = 0; count < events; count++) {
    if (count % 100 === 0) air.setFaults(rng.chance(0.2) ? HOSTILE : FAULTS);
    if (rng.chance(0.1)) {
      await rng.pick(HAPPENINGS)(world);
      await world.settle();
    }
    await world.step();
  }
}

/** All is well: whatever was promised must now come true. */
async function rest(world: World): Promise<void> {
  const { seats, air } = world;
  world.note("all is well again");
  world.setPowerMayFail(false);
  air.setFaults(CALM);
  for (const seat of seats) {
    seat.machine.time.wake();
    seat.process()?.network.plug();
    if (world.rng.chance(0.4)) seat.crash();
  }
  await restartRelays(world, 0.3);
  // What one connection carried without an answer the next one confirms.
  if ((await unrestOf(world)).length > 0) await restartRelays(world, 1);
  for (const { rule, what } of await unrestOf(world)) world.letters.violate(rule, what);
}

async function restartRelays({ hosts, rng, runFor }: World, probability: number): Promise<void> {
  for (const host of hosts) {
    host.setDiskFull(false);
    if (rng.chance(probability)) host.crash();
    host.boot();
  }
  await runFor(REST_MS);
}

async function forget(world: World): Promise<void> {
  world.note("a month goes by");
  world.timeline.skip(MONTH_MS);
  await world.runFor(REST_MS);
  await checkForgotten(world);
}

function checkBugs({ hosts, letters }: World): void {
  for (const host of hosts)
    for (const bug of host.bugs)
      letters.violate("SM17", `${host.url} reports a bug of its own: ${String(bug)}`);
}

function reportOf({ letters, operations, counts, hosts }: World): MemberWorldReport {
  const promised = letters.all().filter(({ key }) => key !== undefined);
  return {
    violations: letters.violations,
    operations,
    counts: {
      ...counts(),
      letters: promised.length,
      seen: promised.filter(({ isSeen }) => isSeen).length,
      commits: hosts.reduce((sum, host) => sum + host.commitCount(), 0),
      givenUp: promised.filter(({ isGivenUp }) => isGivenUp).length,
    },
  };
}
