/**
 * Two relays, a channel on each, three scripted clients in both, and everything that can go wrong between them. One
 * seed is one run, every time. Spec: spec/simulation.md, "The channel world".
 */
import { RUNGS } from "@sotto/protocol";
import { CALM, createAir } from "../air.ts";
import { createRng, type Rng } from "../rng.ts";
import { createMachine, type Machine, type Process } from "../simulation/machine.ts";
import { createRelayHost, type RelayHost, type RelayMutant } from "../simulation/relay-host.ts";
import { createTimeline, promisesKept } from "../simulation/timeline.ts";
import { checkAtRest, checkBurnt } from "./at-rest.ts";
import {
  createChannelClient,
  firstState,
  type ChannelClient,
  type ChannelPlace,
  type ChannelState,
  type Founder,
} from "./channel-client.ts";
import { createLedger, type Ledger, type Violation } from "./ledger.ts";

export type ChannelWorldOptions = {
  readonly seed: number;
  readonly mutant?: RelayMutant | undefined;
};
export type WorldReport = {
  readonly violations: readonly Violation[];
  /** What was done to the world, for a person who reads a failing seed. */
  readonly operations: readonly string[];
  readonly counts: {
    readonly messages: number;
    readonly commits: number;
    readonly crashes: number;
    /** Entries that somebody has read. */
    readonly read: number;
  };
};

export type Channel = {
  readonly place: ChannelPlace;
  readonly host: RelayHost;
  readonly ledger: Ledger;
  readonly founder: Founder;
};
export type Node = {
  readonly name: string;
  readonly machine: Machine;
  /** What survives a crash, by channel. */
  readonly disks: ChannelState[];
  process: Process | undefined;
  clients: ChannelClient[];
};

const START_MS = Date.UTC(2030, 0, 1);
const CLIENTS = ["alice", "bob", "carol"];
/** Events before all is well again. */
const EVENTS = 600;
/** How long a world may take to come to rest once all is well: longer than any retry and any half-open line. */
const REST_MS = 180_000;
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const FAULTS = { breaks: 0.01, delays: 0.05, hostile: 0 };
const HOSTILE = { breaks: 0.01, delays: 0.05, hostile: 0.05 };

class PowerCut extends Error {
  readonly node: Node;
  constructor(node: Node) {
    super("power cut");
    this.node = node;
  }
}

export async function runChannelWorld(options: ChannelWorldOptions): Promise<WorldReport> {
  const rng = createRng(options.seed);
  const timeline = createTimeline(START_MS);
  const air = createAir(timeline, rng.fork());
  const operations: string[] = [];
  const counts = { messages: 0, commits: 0, crashes: 0 };
  let isFaulty = true;

  const note = (what: string): void => {
    operations.push(`${((timeline.now() - START_MS) / SECOND_MS).toFixed(3).padStart(12)} ${what}`);
  };
  const channels: Channel[] = ["red", "blue"].map((name, at) => createChannel(name, at, rng.fork()));
  const nodes: Node[] = CLIENTS.map((name) => createNode(name, rng.fork()));

  function createChannel(name: string, at: number, own: Rng): Channel {
    const url = `http://${name}.test`;
    const host = createRelayHost({ url, timeline, air, rng: own, mutant: options.mutant });
    const place: ChannelPlace = {
      url,
      relayId: host.relayId,
      cid: new Uint8Array(32).fill(at + 1),
      firstSeed: new Uint8Array(32).fill(at + 101),
      memberCount: CLIENTS.length,
    };
    const founder = { code: host.createCode(), token: own.bytes(32) };
    return { place, host, ledger: createLedger(), founder };
  }

  function createNode(name: string, own: Rng): Node {
    const machine = createMachine(timeline, air, own);
    const disks = channels.map(({ place }) => firstState(place));
    return { name, machine, disks, process: undefined, clients: [] };
  }

  function boot(node: Node): void {
    const process = node.machine.boot();
    node.process = process;
    node.clients = channels.map((channel, at) => createClient(node, process, channel, at));
    for (const client of node.clients) client.start();
  }

  function createClient(node: Node, process: Process, channel: Channel, at: number): ChannelClient {
    const index = nodes.indexOf(node);
    const ports = {
      dial: process.dial,
      alarm: process.createAlarm(),
      clock: process.clock,
      randomBytes: process.randomBytes,
      ledger: channel.ledger,
      trueTime: timeline.now,
      disk: {
        read: () => node.disks[at] as ChannelState,
        write: (state: ChannelState) => void (node.disks[at] = state),
      },
      powerMayFail: () => {
        if (isFaulty && rng.chance(0.001)) throw new PowerCut(node);
      },
    };
    return createChannelClient(ports, channel.place, index, index === at ? channel.founder : undefined);
  }

  function crash(node: Node): void {
    note(`${node.name} loses power`);
    counts.crashes++;
    node.process?.kill();
    node.process = undefined;
    node.clients = [];
    timeline.after(rng.below(5 * SECOND_MS), () => boot(node));
  }

  function guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      crash(error.node);
    }
  }

  const actions: readonly (() => void)[] = [
    ...Array.from({ length: 12 }, () => write),
    commit,
    commit,
    () => crash(rng.pick(nodes)),
    crashRelay,
    () => air.breakOne(),
    () => air.breakOne(),
    unplug,
    jumpClock,
    fillDisk,
    waitLong,
  ];

  function write(): void {
    const { node, client, channel } = pickClient();
    if (client === undefined) return;
    counts.messages++;
    const message = {
      messageId: rng.bytes(16),
      rung: rng.chance(0.2) ? rng.pick(RUNGS) : "7days",
      body: new TextEncoder().encode(`${node.name} ${counts.messages}`),
    } as const;
    note(`${node.name} writes ${counts.messages} to ${channel.place.url}`);
    client.append(message);
  }

  /** One or several at once: the relay lets one of them end the epoch. */
  function commit(): void {
    const at = rng.below(channels.length);
    for (const node of nodes.filter(() => rng.chance(0.5))) {
      const state = node.disks[at];
      if (state === undefined || state.wanted !== undefined) continue;
      counts.commits++;
      note(`${node.name} commits in ${channels[at]?.place.url}`);
      // Few different bodies, so that the keys they seed are made once for all worlds.
      node.clients[at]?.commit(new TextEncoder().encode(`${state.epoch} ${node.name} ${at}`));
    }
  }

  function pickClient() {
    const node = rng.pick(nodes);
    const at = rng.below(channels.length);
    return { node, at, client: node.clients[at], channel: channels[at] as Channel };
  }

  function crashRelay(): void {
    const { host } = rng.pick(channels);
    if (!host.isUp()) return;
    note(`${host.url} loses power`);
    counts.crashes++;
    host.crash();
    timeline.after(rng.below(10 * SECOND_MS), host.boot);
  }

  function unplug(): void {
    const node = rng.pick(nodes);
    const { process } = node;
    if (process === undefined) return;
    note(`${node.name} goes offline`);
    process.network.unplug();
    timeline.after(rng.below(60 * SECOND_MS), process.network.plug);
  }

  function jumpClock(): void {
    const node = rng.pick(nodes);
    const ms = rng.pick([-30, -5, 5, 30]) * SECOND_MS;
    note(`the clock of ${node.name} jumps by ${ms} ms`);
    node.machine.time.jump(ms);
  }

  function fillDisk(): void {
    const { host } = rng.pick(channels);
    note(`the disk of ${host.url} is full`);
    host.setDiskFull(true);
    timeline.after(rng.below(30 * SECOND_MS), () => host.setDiskFull(false));
  }

  function waitLong(): void {
    const ms = rng.pick([0.2, 2, 30]) * HOUR_MS;
    note(`nobody does anything for ${ms} ms`);
    timeline.skip(ms);
  }

  async function step(): Promise<void> {
    guarded(() => void timeline.runNext());
    for (const { host } of channels) await host.booted();
    await promisesKept();
  }

  async function runFor(ms: number): Promise<void> {
    const until = timeline.now() + ms;
    while ((timeline.nextAt() ?? Infinity) < until) await step();
  }

  async function rest(): Promise<void> {
    note("all is well again");
    isFaulty = false;
    air.setFaults(CALM);
    for (const { host } of channels) host.setDiskFull(false);
    if (rng.chance(0.2)) await loseSight();
    for (const node of nodes) node.process?.network.plug();
    // Twice: what one line carried without an answer, the next one confirms.
    for (let round = 0; round < 2; round++) {
      for (const { host } of channels) {
        if (host.isUp()) host.crash();
        host.boot();
      }
      await runFor(REST_MS);
    }
  }

  /**
   * One is away for longer than anything is kept, and has heard of everything it sent: messageIds are remembered for
   * 30 days, and these clients are too simple to know that nothing is retried past its burn.
   */
  async function loseSight(): Promise<void> {
    const absent = rng.pick(nodes);
    for (const { host } of channels) host.boot();
    absent.process?.network.plug();
    await runFor(REST_MS);
    note(`${absent.name} is away for 31 days`);
    absent.process?.network.unplug();
    for (let count = 0; count < 10; count++) write();
    await runFor(REST_MS);
    timeline.skip(31 * 24 * HOUR_MS);
    await runFor(REST_MS);
    for (const channel of channels) await checkBurnt(channel);
  }

  function checkBugs({ host, ledger }: Channel): void {
    for (const bug of host.bugs) ledger.violate("SM17", `the relay reports a bug of its own: ${String(bug)}`);
  }

  for (const { host } of channels) host.boot();
  for (const node of nodes) boot(node);
  for (let count = 0; count < EVENTS; count++) {
    if (count % 100 === 0) air.setFaults(rng.chance(0.2) ? HOSTILE : FAULTS);
    if (rng.chance(0.1)) guarded(rng.pick(actions));
    await step();
  }
  await rest();
  for (const channel of channels) await checkAtRest(channel, nodes, channels.indexOf(channel));
  for (const channel of channels) checkBugs(channel);
  const violations = channels.flatMap(({ ledger }) => ledger.violations);
  const read = channels.reduce((sum, { ledger }) => sum + ledger.placeCount(), 0);
  return { violations, operations, counts: { ...counts, read } };
}
