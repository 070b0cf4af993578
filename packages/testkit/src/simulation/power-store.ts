/**
 * A relay's store on a disk that loses power. What was applied survives, and what had not been applied when power failed
 * is there whole or not at all. A disk of memory survives as the journal of what was applied to it.
 * Spec: spec/simulation.md, "The world".
 */
import { assert } from "@sotto/protocol";
import type { ChannelStore, Operation, Outcome } from "@sotto/relay";
import { refused } from "@sotto/relay";
import type { Rng } from "../rng.ts";
import type { RelayDisk } from "./relay-disk.ts";
import type { Cancel, Timeline } from "./timeline.ts";

type Written =
  | { readonly kind: "batch"; readonly batch: readonly Operation[]; readonly now: number }
  | { readonly kind: "sweep"; readonly now: number };

/** Changes what a relay's store does, as a bug in it would. */
export type StoreMutant = (store: ChannelStore) => ChannelStore;

/** What a relay's disk holds. */
export type Journal = readonly Written[];

export type PowerStore = {
  /** The store as the next process finds it. */
  boot(): Promise<ChannelStore>;
  crash(): void;
  /** Puts something on the disk before a boot. */
  prepare(operation: Operation, now: number): void;
  readonly setDiskFull: (isFull: boolean) => void;
  journal(): Journal;
  /** For checks: what is kept now, past every mutant. */
  readonly inner: () => ChannelStore;
};

const WRITE_MS_MAX = 6;

/** Brings an empty store to what the journal says. */
export async function replay(journal: Journal, store: ChannelStore): Promise<void> {
  for (const written of journal) {
    if (written.kind === "sweep") await store.sweep(written.now);
    else await store.apply(written.batch, written.now);
  }
}

export type PowerStoreOptions = {
  readonly timeline: Timeline;
  readonly rng: Rng;
  readonly disk: RelayDisk;
  /** What it holds at first. */
  readonly journal: Journal;
  readonly mutate: StoreMutant;
  /** A disk of memory that says it has written when it has not: loses up to so many last batches with power. */
  readonly unflushedMax: () => number;
};

export function createPowerStore(options: PowerStoreOptions): PowerStore {
  const { timeline, rng, disk, mutate, unflushedMax } = options;
  const journal = [...options.journal];
  let inner: ChannelStore | undefined;
  let isFull = false;
  let underWay: { cancel: Cancel; keep: () => void } | undefined;

  const write = (written: Written): void => void journal.push(written);

  function apply(batch: readonly Operation[], now: number): Promise<readonly Outcome[]> {
    const target = booted();
    return new Promise((resolve, reject) => {
      const finish = (): Promise<readonly Outcome[]> => {
        write({ kind: "batch", batch, now });
        return target.apply(batch, now);
      };
      const cancel = timeline.after(rng.below(WRITE_MS_MAX), () => {
        underWay = undefined;
        if (isFull) return resolve(batch.map(() => refused("storageFull")));
        finish().then(resolve, reject);
      });
      underWay = {
        cancel,
        keep() {
          if (!isFull) void finish();
        },
      };
    });
  }

  function booted(): ChannelStore {
    assert(inner !== undefined, "a store is used once it was booted");
    return inner;
  }

  return {
    inner: booted,
    journal: () => [...journal],
    prepare: (operation, now) => write({ kind: "batch", batch: [operation], now }),
    setDiskFull: (next) => void (isFull = next),
    async boot() {
      const { store, isEmpty } = disk.open();
      inner = store;
      if (isEmpty) await replay(journal, store);
      return mutate({
        apply,
        channel: (cid) => store.channel(cid),
        page: (cid, after, through, limits) => store.page(cid, after, through, limits),
        inbox: (inboxId) => store.inbox(inboxId),
        posts: (inboxId, after, limits) => store.posts(inboxId, after, limits),
        backup: (name) => store.backup(name),
        code: (codeHash) => store.code(codeHash),
        sweep(now) {
          write({ kind: "sweep", now });
          return store.sweep(now);
        },
        close: () => store.close(),
      });
    },
    crash() {
      underWay?.cancel();
      if (rng.chance(0.5)) underWay?.keep(); // on the disk, but nobody was told
      underWay = undefined;
      disk.crash();
      const lost = unflushedMax();
      if (lost > 0) journal.splice(journal.length - rng.below(lost + 1));
    },
  };
}
