/**
 * One person at one device: the product's own client over a container on a failing disk, and what the person was shown.
 * The device loses power between any two effects and starts again by itself. Spec: spec/simulation.md, "Crashes".
 */
import {
  createMember,
  type BlobPlace,
  type BlobTransport,
  createProfile,
  type ConversationId,
  type FileSource,
  type Intent,
  type Member,
  type MemberPorts,
  type OpenSearch,
  type Ports,
  type Records,
  type SearchView,
} from "@sotto/client";
import { assert, codeToText } from "@sotto/protocol";
import type { Air } from "../air.ts";
import type { Rng } from "../rng.ts";
import { createMachine, type Machine, type Process } from "../simulation/machine.ts";
import { never, type Timeline } from "../simulation/timeline.ts";
import { createMemberDisk, type DiskImage, type DiskMutant, type MemberDisk } from "./disk.ts";
import { createGroupWitness, type GroupWitness } from "./group-witness.ts";
import type { GroupLetter, Letter, Letters } from "./letters.ts";
import { createWitness, type Witness } from "./witness.ts";

/** A bug planted in a client, by what it is given. */
export type MemberMutant = {
  /** It shows only in worlds of people who have not met. */
  readonly isSeenWhereTheyMeet?: true;
  readonly disk?: DiskMutant;
  /** Before the profile is opened. */
  readonly onBoot?: (records: Records) => Promise<void>;
  readonly ports?: (ports: Pick<Ports, "records" | "dial">) => Partial<Ports>;
  readonly blobs?: (blobs: BlobTransport) => Partial<BlobTransport>;
  readonly engine?: (create: EngineMaker) => EngineMaker;
  /** In what the person is given: the member itself. */
  readonly member?: (member: Member) => Member;
};

export type EngineMaker = (
  authenticate: Parameters<MemberPorts["createEngine"]>[0],
  ports: Pick<Ports, "clock" | "randomBytes">,
) => ReturnType<MemberPorts["createEngine"]>;

export type SeatOptions = {
  readonly name: string;
  readonly relayUrl: string;
  readonly code: Uint8Array;
  readonly image: DiskImage;
  readonly timeline: Timeline;
  readonly air: Air;
  readonly rng: Rng;
  readonly letters: Letters;
  readonly createEngine: EngineMaker;
  /** Of the relay at this address, while it is up. */
  readonly blobsAt: (url: string) => BlobTransport;
  /** A file that somebody chose, found again after a restart. */
  readonly openSource: (origin: string) => FileSource | undefined;
  readonly mutant: MemberMutant;
  /** Asked between any two effects. */
  readonly mayFail: () => boolean;
  readonly onCrash: (seat: Seat) => void;
  /** Who has this account, once anybody was told. */
  readonly nameOf: (id: ConversationId) => string | undefined;
  readonly hasArrived: (letter: Letter) => boolean;
  /** Who shows this name in a group. */
  readonly personNamed: (shownName: string | undefined) => string | undefined;
  readonly hasArrivedInGroup: (letter: GroupLetter) => boolean;
};

export type Seat = {
  readonly name: string;
  readonly machine: Machine;
  readonly disk: MemberDisk;
  readonly boot: () => void;
  crash(): void;
  member(): Member | undefined;
  process(): Process | undefined;
  /** Resolves when the device waits for nothing but the timeline, or is dead. */
  settle(): Promise<void>;
  /** Resolves when it handles nothing, or is dead: what came beside its queue may have begun something since. */
  idle(): Promise<unknown>;
  /** Asks, and gives the answer if the device lives to give it. */
  ask(intent: Intent): Promise<Awaited<ReturnType<Member["ask"]>> | undefined>;
  /** The same of anything else that a member does. */
  attempt<T>(act: (member: Member) => Promise<T>): Promise<T | undefined>;
  /** By the name of the other. */
  witness(other: string): Witness;
  /** Groups that were ever on this person's screen. */
  groupIds(): readonly ConversationId[];
  groupWitness(id: ConversationId): GroupWitness | undefined;
  conversationWith(other: string): ConversationId | undefined;
  /** Whether what it has of the other, or of a group, is on its screen: only then does what is not there tell anything. */
  isWatching(otherOrGroup: string): boolean;
  /** At rest: a search finds all that is shown. */
  checkSearch(): void;
  /** Every value that is kept: the keys of deleted ones do not count. */
  kept(): Promise<readonly Uint8Array[]>;
};

type Running = {
  readonly process: Process;
  readonly died: Promise<void>;
  opening: Promise<void>;
  member: Member | undefined;
  records: Records | undefined;
  readonly windows: Set<ConversationId>;
  /** By the name of the other, or the id of a group: windows that have shown what there is. */
  readonly watched: Set<string>;
  /** Results of one search, open for as long as the device is. */
  search: OpenSearch | undefined;
  found: SearchView | undefined;
  isBroken: boolean;
};

export function createSeat(options: SeatOptions): Seat {
  const { name, timeline, air, letters, mutant } = options;
  const machine = createMachine(timeline, air, options.rng.fork(), name);
  const disk = createMemberDisk(options.image, options.rng.fork(), mutant.disk ?? ((file) => file));
  const witnesses = new Map<string, Witness>();
  const groupWitnesses = new Map<ConversationId, GroupWitness>();
  let running: Running | undefined;
  let kill = (): void => {};

  /** Asked between any two effects; true when this process must have no further effect. */
  const isOver = (of: Running): boolean => {
    if (!of.process.isAlive()) return true;
    if (options.mayFail()) seat.crash();
    return !of.process.isAlive();
  };

  function boot(): void {
    const process = machine.boot();
    const died = Promise.withResolvers<void>();
    const starting: Running = {
      process,
      died: died.promise,
      opening: Promise.resolve(),
      member: undefined,
      records: undefined,
      windows: new Set(),
      watched: new Set(),
      search: undefined,
      found: undefined,
      isBroken: false,
    };
    kill = () => died.resolve();
    running = starting;
    starting.opening = open(starting);
  }

  async function open(of: Running): Promise<void> {
    const { process } = of;
    const opened = await disk.open({ isOver: () => isOver(of), randomBytes: process.randomBytes });
    if (!opened.ok) return letters.violate("SM26", `${name}: the disk does not open: ${opened.error}`);
    await mutant.onBoot?.(opened.value);
    of.records = opened.value;
    const ports = portsOf(of, opened.value);
    const changed = { ...ports, ...mutant.ports?.(ports) };
    const blobs = blobsOf(of);
    const createEngine: EngineMaker = mutant.engine?.(options.createEngine) ?? options.createEngine;
    const memberPorts = {
      ...changed,
      blobs: { ...blobs, ...mutant.blobs?.(blobs) },
      openSource: (origin: string) => Promise.resolve(options.openSource(origin)),
      createEngine: (auth: Parameters<EngineMaker>[0]) => createEngine(auth, ports),
    };
    const { relayUrl, code } = options;
    let member = await createMember(memberPorts);
    if (!member.ok && member.error === "empty") {
      const made = await createProfile(ports, { name, relayUrl, code: codeToText(code), kind: "cli" });
      assert(made.ok, `a profile can be made: ${made.ok ? "" : made.error.kind}`);
      member = await createMember(memberPorts);
    }
    if (!member.ok) return letters.violate("SM26", `${name}: the profile does not open: ${member.error}`);
    of.member = mutant.member?.(member.value) ?? member.value;
  }

  function portsOf(of: Running, records: Records): Ports {
    const { process } = of;
    return {
      records,
      alarm: process.createAlarm(),
      clock: process.clock,
      randomBytes: process.randomBytes,
      dial(relay, circuit, events) {
        const line = process.dial(relay, circuit, events);
        return {
          send: (frame) => (isOver(of) ? undefined : line.send(frame)),
          end: () => (isOver(of) ? undefined : line.end()),
        };
      },
    };
  }

  /** Each request by itself, as HTTP carries it; a process that is gone has no further effect. */
  function blobsOf(of: Running): BlobTransport {
    const { network } = of.process;
    const AWAY = { kind: "away" } as const;
    const ask = async <T>(
      { url }: BlobPlace,
      request: (blobs: BlobTransport) => Promise<T>,
      away: T,
    ): Promise<T> => {
      if (isOver(of)) return never();
      const answer = await network.carry(url, () => request(options.blobsAt(url)));
      return isOver(of) ? never() : (answer ?? away);
    };
    return {
      put: (place, ...rest) => ask(place, (blobs) => blobs.put(place, ...rest), AWAY),
      received: (place, token) => ask(place, (blobs) => blobs.received(place, token), AWAY),
      get: (place, ...rest) => ask(place, (blobs) => blobs.get(place, ...rest), AWAY),
      erase: (place, token) => ask(place, (blobs) => blobs.erase(place, token), "away"),
    };
  }

  /** Opens a window on every conversation there is, as large as it gets. */
  async function watch(of: Running, member: Member): Promise<void> {
    for (const { id, members } of member.view().conversations) {
      const other = members === undefined ? options.nameOf(id) : id;
      if (other === undefined || of.windows.has(id)) continue;
      of.windows.add(id);
      const witness = members === undefined ? witnessOf(other) : groupWitnessOf(id);
      await member.openConversation(id, (view) => {
        if (!of.process.isAlive()) return;
        of.watched.add(other);
        witness.see(view, of.process.clock());
      });
    }
  }

  /** Looks for every letter there is, and for whatever has come since. */
  async function searchAll(of: Running, member: Member): Promise<void> {
    if (of.search === undefined) {
      of.search = await member.openSearch((view) => void (of.found = view));
      await of.search?.find({ text: "letter" });
      await member.idle(); // until all that is kept was read
    }
    while (of.found?.hasMore === true) await of.search?.more();
  }

  /** What a search finds is on the screen of its conversation. With `isAll` the other way round, too. */
  function checkFound(of: Running, isAll: boolean): void {
    for (const other of of.watched) {
      const found = (of.found?.messages ?? []).flatMap(({ in: id, pieces }) =>
        options.nameOf(id) === other ? [pieces.map(({ text }) => text).join("")] : [],
      );
      const shown = witnessOf(other).shown();
      for (const text of found)
        if (!shown.has(text)) letters.violate("SM35", `${name} finds "${text}", which is not there`);
      if (isAll && new Set(found).size !== shown.size)
        letters.violate("SM35", `${name} finds ${found.length} of ${shown.size} letters of ${other}`);
    }
  }

  function witnessOf(other: string): Witness {
    let witness = witnesses.get(other);
    if (witness === undefined) {
      witness = createWitness({ letters, me: name, other, hasArrived: options.hasArrived });
      witnesses.set(other, witness);
    }
    return witness;
  }

  function groupWitnessOf(id: ConversationId): GroupWitness {
    let witness = groupWitnesses.get(id);
    if (witness === undefined) {
      const { nameOf, personNamed, hasArrivedInGroup: hasArrived } = options;
      witness = createGroupWitness({
        letters,
        me: name,
        id,
        nameOf,
        personNamed,
        hasArrived,
        trueTime: () => timeline.now(),
      });
      groupWitnesses.set(id, witness);
    }
    return witness;
  }

  async function settled(of: Running): Promise<void> {
    await of.opening;
    if (of.member === undefined) return;
    await of.member.idle();
    await watch(of, of.member);
    await of.member.idle();
    await searchAll(of, of.member);
    if (of.process.isAlive()) checkFound(of, false);
  }

  function breakDown(of: Running, error: unknown): void {
    of.isBroken = true;
    const bug = error instanceof Error ? error.stack : String(error);
    letters.violate("SM27", `${name}: a bug of its own: ${bug}`);
  }

  const seat: Seat = {
    name,
    machine,
    disk,
    boot,
    crash() {
      if (running === undefined) return;
      running.process.kill();
      running = undefined;
      disk.crash();
      kill();
      options.onCrash(seat);
    },
    member: () => running?.member,
    process: () => running?.process,
    async settle() {
      const of = running;
      if (of === undefined || of.isBroken) return;
      try {
        await Promise.race([settled(of), of.died]);
      } catch (error) {
        breakDown(of, error);
      }
    },
    idle: () => seat.attempt((member) => member.idle()),
    ask: (intent) => seat.attempt((member) => member.ask(intent)),
    async attempt(act) {
      const of = running;
      if (of?.member === undefined || of.isBroken) return undefined;
      try {
        return await Promise.race([act(of.member), of.died.then(() => undefined)]);
      } catch (error) {
        breakDown(of, error);
        return undefined;
      }
    },
    witness: witnessOf,
    groupIds: () => [...groupWitnesses.keys()],
    groupWitness: (id) => groupWitnesses.get(id),
    conversationWith: (other) =>
      running?.member?.view().conversations.find(({ id }) => options.nameOf(id) === other)?.id,
    checkSearch() {
      if (running !== undefined) checkFound(running, true);
    },
    isWatching: (otherOrGroup) => running?.watched.has(otherOrGroup) === true,
    async kept() {
      const records = running?.records;
      if (records === undefined) return [];
      const values = await records.getMany(records.list(""));
      return values.filter((value) => value !== undefined);
    },
  };
  return seat;
}
