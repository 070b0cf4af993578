/**
 * Group commit: operations that arrive within a millisecond are stored together, one batch at a time, and answered in
 * their order. One fsync serves them all; *accepted* follows it.
 */
import { assert } from "@sotto/protocol";
import { BATCH_MS, BATCH_OPS_MAX } from "./limits.ts";
import { refused, type Operation, type Outcome } from "./operation.ts";
import type { RelayEvent, Timers } from "./ports.ts";
import type { ChannelStore } from "./store.ts";

export type Batcher = {
  submit(operation: Operation, done: (outcome: Outcome) => void): void;
  /** Fulfilled once everything submitted before has been answered. */
  drained(): Promise<void>;
};

export function createBatcher(ports: {
  readonly store: ChannelStore;
  readonly clock: () => number;
  readonly timers: Timers;
  readonly observe: (event: RelayEvent) => void;
  /** After every answer of a batch was given. */
  readonly afterBatch: () => void;
}): Batcher {
  const { store, clock, timers, observe, afterBatch } = ports;
  let waiting: Operation[] = [];
  let answers: ((outcome: Outcome) => void)[] = [];
  let isTimed = false;
  let isStoring = false;
  let submitted = 0;
  let answeredInAll = 0;
  let whenDrained: { readonly through: number; resolve(): void }[] = [];

  function schedule(): void {
    if (isTimed || isStoring) return;
    isTimed = true;
    timers.after(BATCH_MS, () => {
      isTimed = false;
      if (!isStoring) void storeBatch();
    });
  }

  async function storeBatch(): Promise<void> {
    const operations = waiting.slice(0, BATCH_OPS_MAX);
    const answered = answers.slice(0, BATCH_OPS_MAX);
    waiting = waiting.slice(BATCH_OPS_MAX);
    answers = answers.slice(BATCH_OPS_MAX);
    isStoring = true;
    const started = clock();
    const outcomes = await outcomesOf(operations, started);
    isStoring = false;
    for (let at = 0; at < answered.length; at++) answered[at]?.(outcomes[at] ?? refused("storageFull"));
    afterBatch();
    observe({ kind: "stored", ops: operations.length, durationMs: clock() - started });
    answeredInAll += operations.length;
    for (const one of whenDrained) if (one.through <= answeredInAll) one.resolve();
    whenDrained = whenDrained.filter(({ through }) => through > answeredInAll);
    if (waiting.length > 0) schedule();
  }

  /** A store that throws has a bug; its callers learn only that nothing is known to be stored. */
  async function outcomesOf(operations: readonly Operation[], now: number): Promise<readonly Outcome[]> {
    try {
      const outcomes = await store.apply(operations, now);
      assert(outcomes.length === operations.length, "every operation has an outcome");
      return outcomes;
    } catch (error) {
      observe({ kind: "bug", error });
      return operations.map(() => refused("storageFull"));
    }
  }

  return {
    submit(operation, done) {
      submitted += 1;
      waiting.push(operation);
      answers.push(done);
      schedule();
    },
    drained: () =>
      submitted === answeredInAll
        ? Promise.resolve()
        : new Promise((resolve) => {
            whenDrained.push({ through: submitted, resolve });
          }),
  };
}
