/**
 * A relay process in a simulated world: the product's relay over a store that loses power. A crash ends it between any
 * two of its effects; the next boot finds what its disk kept. Spec: spec/simulation.md, "Crashes".
 */
import { createHmac, hash } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { assert, decode, DEFAULT_POLICY, entryCodec, toHex } from "@sotto/protocol";
import type { BlobTransport } from "@sotto/client";
import {
  createBlobs,
  createRelay,
  createTokenAdmission,
  type Blobs,
  type ChannelStore,
  type KeyRing,
  type Relay,
  type SignatureVerifier,
} from "@sotto/relay";
import { createMemoryChannelStore } from "@sotto/relay-adapters/memory";
import type { Air } from "../air.ts";
import type { Rng } from "../rng.ts";
import { createBlobDisk } from "./blob-disk.ts";
import { blobEnd } from "./blob-end.ts";
import { forkLogs, type Branch, type Fork } from "./forked-logs.ts";
import { serve, type Tongue } from "./relay-end.ts";
import { createRelayDisk, type RelayDiskKind } from "./relay-disk.ts";
import { createPowerStore, replay, type Journal, type StoreMutant } from "./power-store.ts";
import type { Timeline } from "./timeline.ts";

/** A bug planted in a relay, or a lie. */
export type RelayMutant = {
  readonly store?: (timeline: Timeline, rng: Rng) => StoreMutant;
  /** See PowerStoreOptions. */
  readonly unflushedMax?: number;
  /** Made anew for each connection. */
  readonly tongue?: (rng: Rng) => Tongue;
  readonly fork?: Fork;
  /** What it gives of files, in the place of each part. */
  readonly blob?: (bytes: Uint8Array, rng: Rng) => Uint8Array | undefined;
};

export type Kept = {
  readonly lastSeq: number;
  readonly epoch: number;
  readonly head: Uint8Array;
  /** Sequence numbers of messages whose bodies are there. */
  readonly bodiesAt: readonly number[];
};

/** A relay that is off: its keys, and what its disk holds. */
export type RelayImage = {
  readonly identitySeed: Uint8Array;
  readonly ticketKey: Uint8Array;
  readonly journal: Journal;
};

export type ChannelState = {
  readonly lastSeq: number;
  /** How far each reader has acknowledged. */
  readonly cursors: readonly number[];
  /** Messages whose bodies are there. */
  readonly bodies: number;
};

export type RelayHost = {
  readonly url: string;
  readonly relayId: Uint8Array;
  readonly boot: () => void;
  crash(): void;
  isUp(): boolean;
  readonly setDiskFull: (isFull: boolean) => void;
  /** From here on it says what is and keeps what it has, and from the next boot on every log has one branch. */
  readonly stopLying: () => void;
  /** Sets the relay's clock this far from true time. */
  setClockOffset(ms: number): void;
  image(): RelayImage;
  /** A new activation code, good from the next boot on. */
  createCode(): Uint8Array;
  /** Resolves when the relay has booted. From then on it waits for nothing but promises and the timeline. */
  readonly booted: () => Promise<void>;
  /** What is kept of a channel. */
  inspect(cid: Uint8Array): Promise<Kept | undefined>;
  /** Every channel in its current epoch. */
  channels(): Promise<readonly ChannelState[]>;
  /** How often a Commit was asked for since the image. */
  commitCount(): number;
  /** Every entry and post that is kept, encoded. */
  wires(): Promise<readonly Uint8Array[]>;
  /** Files, as HTTP gives and takes them. Asked only where `isUp`. */
  blobs(): BlobTransport;
  /** Every file that lies there, as it lies. */
  readonly files: () => Promise<readonly Uint8Array[]>;
  /** Errors the relay reported as its own bugs. */
  readonly bugs: unknown[];
  /** Its disk is thrown away. Nothing is asked of it any more. */
  readonly remove: () => void;
};

export type RelayHostOptions = {
  readonly url: string;
  readonly timeline: Timeline;
  readonly air: Air;
  readonly rng: Rng;
  readonly mutant?: RelayMutant | undefined;
  /** Missing for a new relay. */
  readonly image?: RelayImage | undefined;
  /** Memory, unless told. */
  readonly disk?: RelayDiskKind | undefined;
};

const CODE_KEPT_MS = 365 * 86_400_000;
const EVERYTHING = { entries: 1_000_000, bytes: 2 ** 40 };

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash("sha256", bytes, "buffer"));

const verifier: SignatureVerifier = {
  verify: (checks) =>
    Promise.resolve(checks.map(({ key, message, signature }) => ed25519.verify(signature, message, key))),
};

export function createRelayHost(options: RelayHostOptions): RelayHost {
  const { url, timeline, air, rng, mutant = {} } = options;
  const {
    identitySeed,
    ticketKey,
    journal: onDisk,
  } = options.image ?? { identitySeed: rng.bytes(32), ticketKey: rng.bytes(32), journal: [] };
  const relayId = ed25519.getPublicKey(identitySeed);
  const keyRing: KeyRing = {
    relayId,
    sign: (bytes) => ed25519.sign(bytes, identitySeed),
    ticketMac: (bytes) => new Uint8Array(createHmac("sha256", ticketKey).update(bytes).digest()),
  };
  let isLying = true; // where it has a lie to tell
  const disk = createRelayDisk(options.disk ?? "memory", { sha256, relayId }, timeline);
  const power = createPowerStore({
    timeline,
    rng: rng.fork(),
    disk,
    journal: onDisk,
    mutate: mutant.store?.(timeline, rng.fork()) ?? ((store) => store),
    unflushedMax: () => (isLying ? (mutant.unflushedMax ?? 0) : 0),
  });
  let isFull = false;
  const blobDisk = createBlobDisk(() => isFull);
  const blobRng = mutant.blob && rng.fork();
  let blobs: BlobTransport | undefined;
  const bugs: unknown[] = [];
  let clockOffset = 0;
  let incarnation = 0;
  let booting: Promise<void> = Promise.resolve();
  let isUp = false;

  async function start(store: ChannelStore): Promise<void> {
    const mine = incarnation;
    const isAlive = (): boolean => mine === incarnation;
    const [main, branch] = await branchesOf(store);
    const kept = createBlobs({
      store: blobDisk.open(isAlive),
      keyRing,
      clock: () => timeline.now() + clockOffset,
      sha256,
      observe: () => undefined,
    });
    blobs = blobEnd(kept);
    const relay = createProcess(main, kept, isAlive);
    const other = branch && createProcess(branch, kept, isAlive);
    air.listen(url, (line, caller) => {
      const process = caller === mutant.fork?.victim ? (other ?? relay) : relay;
      return serve(line, isAlive, (link) => process.connect(link), tongueOf());
    });
  }

  async function branchesOf(store: ChannelStore): Promise<readonly [Branch, Branch?]> {
    const { fork } = mutant;
    if (fork === undefined || !isLying) return [{ store, wakeups: { announce: () => {}, listen: () => {} } }];
    const copy = createMemoryChannelStore({ sha256, relayId });
    await replay(power.journal(), copy);
    return forkLogs(store, copy, fork, rng.fork());
  }

  function tongueOf(): Tongue | undefined {
    const tongue = mutant.tongue?.(rng.fork());
    return tongue && ((reply) => (isLying ? tongue(reply) : [reply]));
  }

  function createProcess({ store, wakeups }: Branch, kept: Blobs, isAlive: () => boolean): Relay {
    return createRelay({
      store,
      blobs: kept,
      keyRing,
      verifier,
      admission: createTokenAdmission(sha256),
      wakeups,
      clock: () => timeline.now() + clockOffset,
      random: rng.bytes,
      timers: {
        after: (ms, run) =>
          void timeline.after(ms, () => {
            if (isAlive()) run();
          }),
      },
      sha256,
      policy: DEFAULT_POLICY,
      observe: (event) => {
        if (event.kind === "bug") bugs.push(event.error);
      },
    });
  }

  const withLies = (honest: BlobTransport, lieRng: Rng): BlobTransport => ({
    ...honest,
    async get(place, from, to) {
      const got = await honest.get(place, from, to);
      if (got.kind !== "bytes" || !isLying) return got;
      const bytes = mutant.blob?.(got.bytes, lieRng);
      return bytes === undefined ? { kind: "gone" } : { kind: "bytes", bytes };
    },
  });

  return {
    url,
    relayId,
    bugs,
    isUp: () => isUp,
    boot() {
      if (isUp) return;
      isUp = true;
      const mine = ++incarnation;
      booting = power.boot().then((store) => (mine === incarnation ? start(store) : undefined));
    },
    crash() {
      if (!isUp) return;
      isUp = false;
      incarnation++;
      air.unlisten(url);
      power.crash();
    },
    stopLying: () => void (isLying = false),
    remove: () => disk.remove(),
    setDiskFull(isFullNow) {
      isFull = isFullNow;
      power.setDiskFull(isFullNow);
    },
    setClockOffset: (ms) => void (clockOffset = ms),
    blobs() {
      assert(blobs !== undefined, "a relay is asked for files once it is up");
      return blobRng === undefined ? blobs : withLies(blobs, blobRng);
    },
    files: () => blobDisk.held(),
    image: () => ({ identitySeed, ticketKey, journal: power.journal() }),
    createCode() {
      const code = rng.bytes(16);
      const codeHash = toHex(sha256(code));
      const until = timeline.now() + CODE_KEPT_MS;
      power.prepare({ kind: "mint", codeHash, until }, timeline.now());
      return code;
    },
    booted: () => booting,
    inspect: (cid) => inspect(power.inner(), toHex(cid)),
    async channels() {
      const all = [...placesIn(power.journal()).cids].map(async (cid) => {
        const channel = await power.inner().channel(cid);
        const kept = await inspect(power.inner(), cid);
        if (channel === undefined || kept === undefined) return [];
        const { after = 0, cursors = [] } = channel.epochs.at(-1) ?? {};
        return [
          {
            lastSeq: channel.lastSeq,
            // Nothing of this epoch yet is as good as everything.
            cursors: cursors.map((cursor) => Math.max(cursor, after)),
            bodies: kept.bodiesAt.length,
          },
        ];
      });
      return (await Promise.all(all)).flat();
    },
    commitCount: () =>
      power
        .journal()
        .slice(onDisk.length)
        .flatMap((written) => (written.kind === "batch" ? written.batch : []))
        .filter(({ kind }) => kind === "commit").length,
    async wires() {
      const places = placesIn(power.journal());
      const channels = [...places.cids].map((cid) => power.inner().page(cid, 0, undefined, EVERYTHING));
      const inboxes = [...places.inboxIds].map((id) => power.inner().posts(id, 0, EVERYTHING));
      const pages = await Promise.all([...channels, ...inboxes]);
      return pages.flatMap(({ entries }) => entries);
    },
  };
}

/** Every channel and inbox that was ever asked for. */
function placesIn(journal: Journal): { readonly cids: Set<string>; readonly inboxIds: Set<string> } {
  const places = { cids: new Set<string>(), inboxIds: new Set<string>() };
  for (const written of journal) {
    if (written.kind === "sweep") continue;
    for (const operation of written.batch) {
      if (operation.kind === "create") places.cids.add(operation.cid);
      if (operation.kind === "inboxCreate") places.inboxIds.add(operation.inboxId);
    }
  }
  return places;
}

async function inspect(store: ChannelStore, cid: string): Promise<Kept | undefined> {
  const channel = await store.channel(cid);
  if (channel === undefined) return undefined;
  const { entries } = await store.page(cid, 0, undefined, EVERYTHING);
  const bodiesAt = entries.flatMap((bytes) => {
    const decoded = decode(entryCodec, bytes);
    return decoded.ok && decoded.value.kind === "message" ? [decoded.value.seq] : [];
  });
  const epoch = channel.epochs.at(-1)?.epoch ?? 0;
  return { lastSeq: channel.lastSeq, epoch, head: channel.head, bodiesAt };
}
