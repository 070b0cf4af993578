/** The relay without a server: connect a link, and it serves it. Adapters: @sotto/relay-adapters. */
import type { Clock, Policy, RandomBytes, Sha256 } from "@sotto/protocol";
import { Backlog } from "./backlog.ts";
import type { Blobs } from "./blob.ts";
import { createBatcher, type Batcher } from "./batcher.ts";
import { createGreetings, type Greetings } from "./greetings.ts";
import { createHub, type Hub } from "./hub.ts";
import { SWEEP_MS } from "./limits.ts";
import type { Admission, KeyRing, RelayEvent, SignatureVerifier, Timers, Wakeups } from "./ports.ts";
import { LinkSession, type Link, type Session } from "./session.ts";
import type { ChannelStore } from "./store.ts";

export type RelayPorts = {
  readonly store: ChannelStore;
  readonly keyRing: KeyRing;
  readonly verifier: SignatureVerifier;
  readonly admission: Admission;
  readonly wakeups: Wakeups;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly timers: Timers;
  readonly sha256: Sha256;
  readonly policy: Policy;
  /** Where it is missing, this relay keeps no blobs and grants none. */
  readonly blobs?: Blobs | undefined;
  /** Counts and bugs. Never identifiers. */
  readonly observe: (event: RelayEvent) => void;
};

/** What the sessions of one process share. */
export type Service = RelayPorts & {
  readonly hub: Hub;
  readonly batcher: Batcher;
  readonly greetings: Greetings;
  readonly backlog: Backlog;
  bytesInFlight: number;
  readonly isStopping: () => boolean;
  /** `link` has frames to flush. */
  readonly touch: (link: Link) => void;
  readonly flush: () => void;
};

export type Relay = {
  connect(link: Link): Session;
  /** Channels and inboxes that connections have open, each handle counted. */
  openHandles(): number;
  /** Refuses new requests; fulfilled once those under way are answered. The store stays open. */
  stop(): Promise<void>;
};

export function createRelay(ports: RelayPorts): Relay {
  let isStopping = false;
  const touched = new Set<Link>();
  const flush = (): void => {
    for (const link of touched) link.flush();
    touched.clear();
  };
  const hub = createHub(ports, flush);
  const afterBatch = (): void => {
    hub.batchEnds();
    flush();
  };
  const service: Service = {
    ...ports,
    hub,
    batcher: createBatcher({ ...ports, afterBatch }),
    greetings: createGreetings(ports),
    backlog: new Backlog(),
    bytesInFlight: 0,
    isStopping: () => isStopping,
    touch: (link) => void touched.add(link),
    flush,
  };

  async function sweep(): Promise<void> {
    if (isStopping) return;
    const more = await Promise.all([
      sweepOnce(async () => (await ports.store.sweep(ports.clock())).isMore),
      sweepOnce(async () => (await ports.blobs?.sweep()) ?? false),
    ]);
    ports.timers.after(more.includes(true) ? 0 : SWEEP_MS, () => void sweep());
  }

  /** A round that fails is the only one that does: burn times are kept as long as the relay runs. */
  async function sweepOnce(isMoreAfter: () => Promise<boolean>): Promise<boolean> {
    try {
      return await isMoreAfter();
    } catch (error) {
      ports.observe({ kind: "bug", error });
      return false;
    }
  }

  ports.wakeups.listen((place, seq) => hub.wake(place, seq));
  ports.timers.after(SWEEP_MS, () => void sweep());

  return {
    connect: (link) => new LinkSession(service, link),
    openHandles: () => hub.size(),
    async stop() {
      isStopping = true;
      await service.batcher.drained();
    },
  };
}
