/**
 * A relay that shows two histories: one person reads and writes on a branch of every log, everybody else on the other.
 * Most of what is written on one is written on the other too, so that either looks alive; some entries are not. What is
 * posted to inboxes is: an invitation that never comes is a delay, and nothing that any client could see through.
 */
import type { ChannelStore, Operation, Outcome, Wakeups } from "@sotto/relay";
import type { Rng } from "../rng.ts";

export type Fork = {
  /** Who has a branch alone. */
  readonly victim: string;
  /** Probability, for each entry, that the other branch lacks it. */
  readonly hides: number;
};

/** What a process of the relay serves. */
export type Branch = { readonly store: ChannelStore; readonly wakeups: Wakeups };

export function forkLogs(
  main: ChannelStore,
  copy: ChannelStore,
  fork: Fork,
  rng: Rng,
): readonly [Branch, Branch] {
  const ends = [createEnd(main), createEnd(copy)] as const;

  function branch(own: End, other: End): Branch {
    async function apply(batch: readonly Operation[], now: number): Promise<readonly Outcome[]> {
      const outcomes = await own.apply(batch, now);
      for (const [at, op] of batch.entries())
        if (isNews(outcomes[at]) && !(isEntry(op) && rng.chance(fork.hides))) void other.copy(op, now);
      return outcomes;
    }
    return { store: { ...own.store, apply }, wakeups: own.wakeups };
  }
  return [branch(ends[0], ends[1]), branch(ends[1], ends[0])];
}

type End = {
  readonly store: ChannelStore;
  readonly wakeups: Wakeups;
  readonly apply: ChannelStore["apply"];
  /** What the other branch has taken; whoever reads this one hears of it. */
  copy(op: Operation, now: number): Promise<void>;
};

function createEnd(store: ChannelStore): End {
  let tail: Promise<unknown> = Promise.resolve();
  let wake: Parameters<Wakeups["listen"]>[0] = () => undefined;

  /** One batch at a time, as a relay asks its store. */
  function apply(batch: readonly Operation[], now: number): Promise<readonly Outcome[]> {
    const applied = tail.then(() => store.apply(batch, now));
    tail = applied;
    return applied;
  }
  return {
    store,
    apply,
    wakeups: { announce: () => undefined, listen: (onWake) => void (wake = onWake) },
    async copy(op, now) {
      const [outcome] = await apply([op], now);
      if (isEntry(op) && outcome !== undefined && "seq" in outcome) wake(op.cid, outcome.seq);
      if (op.kind === "post" && outcome?.kind === "posted" && outcome.post)
        wake(op.inboxId, outcome.post.seq);
    },
  };
}

const isEntry = (op: Operation): op is Extract<Operation, { kind: "append" | "commit" }> =>
  op.kind === "append" || op.kind === "commit";

/** Acknowledgements are of one branch alone. */
const isNews = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && outcome.kind !== "refused" && outcome.kind !== "acknowledged";
