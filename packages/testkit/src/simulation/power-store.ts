/**
 * A relay's store on a disk that loses power. What was applied survives as a journal and is replayed at the next boot,
 * so that the store itself may be any; what had not been applied when power failed is there whole or not at all.
 * Spec: spec/simulation.md, "Crashes".
 */
import type { ChannelStore, Operation, Outcome } from "@sotto/relay";
import { refused } from "@sotto/relay";
import type { Rng } from "../rng.ts";
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

export type PowerStoreOptions = {
  readonly timeline: Timeline;
  readonly rng: Rng;
  readonly createStore: () => ChannelStore;
  /** What the disk holds at first. */
  readonly journal: Journal;
  readonly mutate: StoreMutant;
  /** A disk that says it has written when it has not: loses up to so many last batches with power. */
  readonly unflushedMax: number;
};

export function createPowerStore(options: PowerStoreOptions): PowerStore {
  const { timeline, rng, createStore, mutate, unflushedMax } = options;
  const journal = [...options.journal];
  let inner = createStore();
  let isFull = false;
  let underWay: { cancel: Cancel; keep: () => void } | undefined;

  const write = (written: Written): void => void journal.push(written);

  function apply(batch: readonly Operation[], now: number): Promise<readonly Outcome[]> {
    const target = inner;
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
          if (!isFull) write({ kind: "batch", batch, now });
        },
      };
    });
  }

  return {
    inner: () => inner,
    journal: () => [...journal],
    prepare: (operation, now) => write({ kind: "batch", batch: [operation], now }),
    setDiskFull: (next) => void (isFull = next),
    async boot() {
      inner = createStore();
      for (const written of journal) {
        if (written.kind === "sweep") await inner.sweep(written.now);
        else await inner.apply(written.batch, written.now);
      }
      const booted = inner;
      return mutate({
        apply,
        channel: (cid) => booted.channel(cid),
        page: (cid, after, through, limits) => booted.page(cid, after, through, limits),
        inbox: (inboxId) => booted.inbox(inboxId),
        posts: (inboxId, after, limits) => booted.posts(inboxId, after, limits),
        code: (codeHash) => booted.code(codeHash),
        sweep(now) {
          write({ kind: "sweep", now });
          return booted.sweep(now);
        },
        close: () => booted.close(),
      });
    },
    crash() {
      underWay?.cancel();
      if (rng.chance(0.5)) underWay?.keep(); // on the disk, but nobody was told
      underWay = undefined;
      if (unflushedMax > 0) journal.splice(journal.length - rng.below(unflushedMax + 1));
    },
  };
}
