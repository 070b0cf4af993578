/** The parts of a member world and how its time goes on; what happens in it is in happenings.ts. */
import type { BlobTransport } from "@sotto/client";
import { assert, linkToCard, toHex } from "@sotto/protocol";
import { createAir, type Air } from "../air.ts";
import { createRng, type Rng } from "../rng.ts";
import { createRelayHost, type RelayHost, type RelayMutant } from "../simulation/relay-host.ts";
import type { RelayDiskKind } from "../simulation/relay-disk.ts";
import { createTimeline, promisesKept, type Timeline } from "../simulation/timeline.ts";
import type { DiskImage } from "./disk.ts";
import { engineMaker, type EngineName } from "./engines.ts";
import { createLetters, isSeen, type GroupLetter, type Letter, type Letters } from "./letters.ts";
import { sourceOf } from "./sources.ts";
import { createSeat, type MemberMutant, type Seat } from "./seat.ts";
import type { WorldStart } from "./start.ts";

export type WorldOptions = {
  readonly seed: number;
  readonly engine: EngineName;
  readonly start: WorldStart;
  readonly relayDisk?: RelayDiskKind | undefined;
  /** Missing for relays that are honest. */
  readonly lie?: RelayMutant | undefined;
  readonly memberMutant?: MemberMutant | undefined;
};

export type World = {
  readonly rng: Rng;
  readonly timeline: Timeline;
  readonly air: Air;
  readonly letters: Letters;
  readonly hosts: readonly RelayHost[];
  readonly seats: readonly Seat[];
  /** Whose account a conversation's id is. */
  readonly nameById: ReadonlyMap<string, string>;
  /** What was done, with the time since the start in seconds. */
  readonly operations: string[];
  readonly note: (what: string) => void;
  /** Switches everything on. */
  boot(): Promise<void>;
  /** While it may, power fails at clients between any two effects. */
  setPowerMayFail(may: boolean): void;
  /** Resolves when everybody waits for nothing but the timeline. */
  settle(): Promise<void>;
  /** One event, and all that follows from it at once. */
  step(): Promise<void>;
  readonly runFor: (ms: number) => Promise<void>;
  readonly counts: () => { readonly events: number; readonly crashes: number };
  readonly countCrash: () => void;
  /** It is over: nothing of it is left on any disk of ours. */
  end(): void;
};

export const PEOPLE = ["alice", "bob", "carol"];
export const RELAYS = ["red", "blue"];

/** Clocks of devices jump by half a minute, some times in a row. */
const CLOCK_MS_OFF_MAX = 5 * 60_000;
const RESTART_MS_MAX = 8_000;
/** Per effect of a client, of which a world has about a thousand: one of these for a whole world. */
const POWER_FAILS = [0.001, 0.004, 0.016];

export function createWorld(options: WorldOptions): World {
  const { start } = options;
  const rng = createRng(options.seed);
  const timeline = createTimeline(start.timeMs);
  const air = createAir(timeline, rng.fork());
  const letters = createLetters(options.lie === undefined);
  const operations: string[] = [];
  const nameById = new Map(start.nameById);
  const named = new Set(nameById.values());
  const createEngine = engineMaker(options.engine);
  const powerFails = rng.pick(POWER_FAILS);
  let powerMayFail = false;
  let crashes = 0;
  let events = 0;

  const hosts = RELAYS.map((name) =>
    createRelayHost({
      url: `http://${name}.test`,
      timeline,
      air,
      rng: rng.fork(),
      mutant: options.lie,
      image: start.relays.get(name),
      disk: options.relayDisk,
    }),
  );

  function note(what: string): void {
    operations.push(`${((timeline.now() - start.timeMs) / 1_000).toFixed(3).padStart(12)} ${what}`);
  }

  /**
   * A letter that burnt before it came was delivered too. One that is stored by a device whose power failed before it
   * showed anything of a new conversation is judged when that device shows it.
   */
  const hasArrived = (letter: Letter): boolean =>
    isSeen(letter) ||
    letters.mayHaveBurnt(letter, timeline.now() + CLOCK_MS_OFF_MAX) ||
    seats.find(({ name }) => name === letter.to)?.isWatching(letter.from) !== true;

  /** By everybody whom its writer has had in the group since before, and who has been there since before. */
  function hasArrivedInGroup(letter: GroupLetter): boolean {
    if (letters.mayHaveBurnt(letter, timeline.now() + CLOCK_MS_OFF_MAX)) return true;
    const writer = seats.find(({ name }) => name === letter.from)?.groupWitness(letter.to);
    return seats.every((seat) => {
      const witness = seat.groupWitness(letter.to);
      const isReader =
        (writer?.presentSince(seat.name) ?? Infinity) <= letter.writtenAt &&
        witness?.isIn() === true &&
        witness.joinedAt() <= letter.writtenAt &&
        seat.isWatching(letter.to);
      return !isReader || letter.seenBy.has(seat.name);
    });
  }

  /** Names begin with whose they are; who has told none is shown by their account. */
  function personNamed(shownName: string | undefined): string | undefined {
    if (shownName === undefined) return undefined;
    const [first = ""] = shownName.split(" ");
    return PEOPLE.includes(first) ? first : [...nameById].find(([id]) => id.startsWith(first))?.[1];
  }

  function diskOf(name: string): DiskImage {
    const image = start.disks.get(name);
    assert(image !== undefined, "everybody has a disk");
    return image;
  }

  function createOne(name: string, host: RelayHost): Seat {
    // Its own: machines that are busy at the same moment must not take turns in drawing.
    const luck = rng.fork();
    return createSeat({
      name,
      relayUrl: host.url,
      code: host.createCode(),
      image: diskOf(name),
      timeline,
      air,
      rng: rng.fork(),
      letters,
      createEngine,
      mutant: options.memberMutant ?? {},
      mayFail: () => powerMayFail && luck.chance(powerFails),
      onCrash(seat) {
        crashes++;
        note(`${name} loses power`);
        timeline.after(luck.below(RESTART_MS_MAX), seat.boot);
      },
      nameOf: (id) => nameById.get(id),
      hasArrived,
      personNamed,
      hasArrivedInGroup,
      blobsAt,
      openSource: (origin) => {
        const file = letters.ofText(origin)?.file;
        return file && sourceOf(file, origin);
      },
    });
  }
  const seats: readonly Seat[] = PEOPLE.map((name, at) =>
    createOne(name, hosts[at % hosts.length] as RelayHost),
  );

  /** An account is known by its link before anybody can have a conversation with it. */
  function learnAccount(seat: Seat): void {
    const link = named.has(seat.name) ? undefined : seat.member()?.view().me.link;
    const card = link === undefined ? undefined : linkToCard(link);
    if (card?.ok !== true) return;
    nameById.set(toHex(card.value.accountId), seat.name);
    named.add(seat.name);
  }

  /** What answers a request for a file comes beside every queue, and what follows from it may fill one again. */
  async function settle(): Promise<void> {
    do {
      await promisesKept();
      for (const seat of seats) await seat.settle();
      for (const seat of seats) learnAccount(seat);
      for (const host of hosts) await host.booted();
      await promisesKept();
    } while (!(await areIdle()));
  }

  function areIdle(): Promise<boolean> {
    const idle = Promise.all(seats.map((seat) => seat.idle()));
    return Promise.race([idle.then(() => true), promisesKept().then(() => false)]);
  }

  function blobsAt(url: string): BlobTransport {
    const host = hosts.find((one) => one.url === url);
    assert(host !== undefined, "nobody is asked who is no relay");
    return host.blobs();
  }

  async function step(): Promise<void> {
    events++;
    timeline.runNext();
    await settle();
  }

  return {
    rng,
    timeline,
    air,
    letters,
    hosts,
    seats,
    nameById,
    operations,
    note,
    async boot() {
      for (const host of hosts) host.boot();
      for (const seat of seats) {
        seat.boot();
        await settle(); // one after the other, so that the order of what they do is always the same
      }
    },
    setPowerMayFail: (may) => void (powerMayFail = may),
    settle,
    step,
    async runFor(ms) {
      const until = timeline.now() + ms;
      while ((timeline.nextAt() ?? Infinity) < until) await step();
    },
    counts: () => ({ events, crashes }),
    countCrash: () => void crashes++,
    end() {
      for (const host of hosts) host.remove();
    },
  };
}
