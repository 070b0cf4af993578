/**
 * Three people with the product's own clients, two of its relays, and everything that can go wrong between them. One
 * seed is one run, every time. Spec: spec/simulation.md, "The member world".
 */
import { CALM } from "../air.ts";
import type { Violation } from "../world-channel/ledger.ts";
import { checkForgotten, lossesOf, outlivedIn, unrestOf } from "./at-rest.ts";
import type { EngineName } from "./engines.ts";
import { readFiles, supplyFiles } from "./file-happenings.ts";
import { groupIds, writeInGroup } from "./group-happenings.ts";
import { happeningsIn, readAll, write, type Happening, type WorldKind } from "./happenings.ts";
import { RELAY_LIES } from "./lies.ts";
import { isSeen } from "./letters.ts";
import type { MemberMutant } from "./seat.ts";
import { metStart, newStart } from "./start.ts";
import { createWorld, type World } from "./world.ts";

export type MemberWorldOptions = {
  readonly seed: number;
  readonly engine?: EngineName;
  /** Of RELAY_LIES; chosen by the seed unless told. */
  readonly lie?: string | undefined;
  readonly memberMutant?: MemberMutant | undefined;
  /** People have groups, unless told. */
  readonly hasGroups?: boolean | undefined;
  /** They send files, unless told. */
  readonly hasFiles?: boolean | undefined;
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
    /** Files that somebody read whole, and files that somebody was told are damaged or gone. */
    readonly files: number;
    readonly refusedFiles: number;
    readonly givenUp: number;
    readonly crashes: number;
    /** Commits that relays were asked for. */
    readonly commits: number;
    /** Pairs of people of whom one was told that a relay lied. */
    readonly warnings: number;
  };
};

/** Every so manieth world begins with people who have not met. */
const NEW_EVERY = 10;
/** Every so manieth world has device containers; the disks of the others keep or lose commits whole. */
const CONTAINER_EVERY = 7;
/** Every so manieth world has relays that lie, or whose clocks jump. */
const LYING_EVERY = 8;
const WILD_CLOCKS_EVERY = 6;
/** Every so manieth world has relays on SQLite files. */
const SQLITE_EVERY = 5;
/** Every so manieth world of people who have met begins without a group. */
const GROUPED_EVERY = 4;
/** Events before all is well again, in a world of people who have met and in one that is new. */
const EVENTS = 250;
const EVENTS_NEW = 600;
/** How long a world may take to come to rest: longer than any retry, half-open line and pause of a client. */
const REST_MS = 180_000;
/** After so long most are. */
const REST_MS_USUAL = 30_000;
const DAY_MS = 86_400_000;
const MONTH_MS = 31 * DAY_MS;
const FAULTS = { breaks: 0.01, delays: 0.05, hostile: 0 };
const HOSTILE = { breaks: 0.01, delays: 0.05, hostile: 0.04 };

export async function runMemberWorld(options: MemberWorldOptions): Promise<MemberWorldReport> {
  const { seed, engine = "reference", memberMutant, hasGroups = true, hasFiles = true } = options;
  const kind = options.lie === undefined ? kindOf(seed, memberMutant) : "lyingRelays";
  const lie = kind === "lyingRelays" ? RELAY_LIES[options.lie ?? lieOf(seed)] : undefined;
  // An invitation that a relay keeps back is a delay, which nobody can see through: lies are for people who have met.
  const mayBeNew = seed % NEW_EVERY === 0 && lie === undefined;
  const isNew = mayBeNew || memberMutant?.isSeenWhereTheyMeet === true;
  const disk = seed % CONTAINER_EVERY === 0 || memberMutant?.disk !== undefined ? "container" : "memory";
  const relayDisk = seed % SQLITE_EVERY === 1 && lie === undefined ? "sqlite" : "memory";
  const hasGroup = hasGroups && seed % GROUPED_EVERY !== 0;
  const start = isNew ? await newStart(disk) : await metStart(engine, disk, hasGroup);
  const world = createWorld({ seed, engine, start, relayDisk, lie, memberMutant });
  try {
    await suffer(world, isNew ? EVENTS_NEW : EVENTS, happeningsIn(kind, { hasGroups, hasFiles }));
    await rest(world, lie?.blob !== undefined);
    for (const seat of world.seats) seat.checkSearch();
    if (world.rng.chance(0.2)) await forget(world);
    checkBugs(world);
    return reportOf(world);
  } finally {
    world.end();
  }
}

/** Planted bugs in clients must be found where relays are honest. */
function kindOf(seed: number, mutant: MemberMutant | undefined): WorldKind {
  if (mutant !== undefined) return "plain";
  if (seed % LYING_EVERY === LYING_EVERY - 1) return "lyingRelays";
  return seed % WILD_CLOCKS_EVERY === WILD_CLOCKS_EVERY - 1 ? "wildClocks" : "plain";
}

function lieOf(seed: number): string {
  const names = Object.keys(RELAY_LIES);
  return names[Math.floor(seed / LYING_EVERY) % names.length] ?? "";
}

async function suffer(world: World, events: number, happenings: readonly Happening[]): Promise<void> {
  const { rng, air } = world;
  await world.boot();
  world.setPowerMayFail(true);
  for (let count = 0; count < events; count++) {
    if (count % 100 === 0) air.setFaults(rng.chance(0.2) ? HOSTILE : FAULTS);
    if (rng.chance(0.1)) {
      await rng.pick(happenings)(world);
      await world.settle();
    }
    await world.step();
  }
}

/** All is well: whatever was promised must now come true. `isAboutFiles`: the relays' lie is about files. */
async function rest(world: World, isAboutFiles: boolean): Promise<void> {
  const { seats, hosts, air, letters } = world;
  world.note("all is well again");
  world.setPowerMayFail(false);
  air.setFaults(CALM);
  for (const host of hosts) host.setClockOffset(0);
  for (const seat of seats) {
    seat.machine.time.wake();
    seat.process()?.network.plug();
    if (world.rng.chance(0.4)) seat.crash();
  }
  if (!letters.isHonest) return findOut(world, isAboutFiles);
  await restartRelays(world, 0.3, REST_MS_USUAL);
  if (await supplyFiles(world)) await world.runFor(REST_MS);
  // Some are watched longer, for what might still come.
  if (world.rng.chance(0.2) || (await unrestOf(world)).length > 0) await world.runFor(REST_MS);
  // What one connection carried without an answer the next one confirms.
  if ((await unrestOf(world)).length > 0) await restartRelays(world, 1);
  for (const { rule, what } of [...(await unrestOf(world)), ...(await readFiles(world))])
    letters.violate(rule, what);
  if (!letters.all().some(({ afterReadMs }) => afterReadMs !== undefined) || !world.rng.chance(0.4)) return;
  await readAll(world);
  for (const { rule, what } of outlivedIn(world)) letters.violate(rule, what);
}

/** Relays stop lying, and whoever was lied to has a day to notice by what the others write. */
async function findOut(world: World, isAboutFiles: boolean): Promise<void> {
  const { seats, hosts, letters, timeline } = world;
  if (isAboutFiles) {
    await world.runFor(REST_MS_USUAL);
    await readFiles(world); // once with the lies, and once without
  }
  for (const host of hosts) host.stopLying();
  await restartRelays(world, 1, REST_MS_USUAL);
  for (const from of seats) for (const to of seats) if (from !== to) await write(world, from, to);
  for (const id of groupIds(world)) for (const from of seats) await writeInGroup(world, from, id);
  await world.settle();
  await world.runFor(REST_MS_USUAL);
  if (isAboutFiles) await readFiles(world);
  timeline.skip(DAY_MS);
  await restartRelays(world, 1);
  for (const { rule, what } of lossesOf(world)) letters.violate(rule, what);
}

async function restartRelays(
  { hosts, rng, runFor }: World,
  probability: number,
  restMs = REST_MS,
): Promise<void> {
  for (const host of hosts) {
    host.setDiskFull(false);
    if (rng.chance(probability)) host.crash();
    host.boot();
  }
  await runFor(restMs);
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
      seen: promised.filter(isSeen).length,
      files: promised.filter(({ isFileRead }) => isFileRead).length,
      refusedFiles: promised.filter(({ isFileRefused }) => isFileRefused).length,
      warnings: letters.warnings(),
      commits: hosts.reduce((sum, host) => sum + host.commitCount(), 0),
      givenUp: promised.filter(({ isGivenUp }) => isGivenUp).length,
    },
  };
}
