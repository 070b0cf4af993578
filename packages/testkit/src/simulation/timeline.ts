/**
 * The one clock and the one queue of a simulated world. Nothing happens but what is on it, one event at a time, so
 * that a seed decides the whole order. Spec: spec/simulation.md, "Time".
 */
export type Cancel = () => void;

export type Timeline = {
  /** True time, milliseconds since the Unix epoch. No node sees it: see NodeClock. */
  readonly now: () => number;
  /** Equal times keep the order in which they were asked for. */
  after(delayMs: number, run: () => void): Cancel;
  /** Moves time to the next event and runs it. False when there is none. */
  runNext(): boolean;
  /** True time of the next event. */
  nextAt(): number | undefined;
  /** Moves time on. Events that are due by then stay queued and run late, oldest first. */
  skip(ms: number): void;
};

/** Resolves when whatever waits for promises alone has gone on. */
export const promisesKept = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** For whoever has ended. Of its own for each wait: what waits for ever hangs on its promise, and goes with it. */
export const never = (): Promise<never> => new Promise(() => {});

type Planned = { readonly at: number; readonly order: number; readonly run: () => void };

export function createTimeline(startMs: number): Timeline {
  let now = startMs;
  let order = 0;
  const planned: Planned[] = []; // sorted, the next one last: worlds hold a few dozen

  function insert(one: Planned): void {
    let low = 0;
    let high = planned.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(one, planned[middle] as Planned)) low = middle + 1;
      else high = middle;
    }
    planned.splice(low, 0, one);
  }

  return {
    now: () => now,
    after(delayMs, run) {
      const one = { at: now + Math.max(0, delayMs), order: order++, run };
      insert(one);
      return () => {
        const at = planned.indexOf(one);
        if (at >= 0) planned.splice(at, 1);
      };
    },
    runNext() {
      const one = planned.pop();
      if (one === undefined) return false;
      now = Math.max(now, one.at);
      one.run();
      return true;
    },
    nextAt: () => planned.at(-1)?.at,
    skip: (ms) => void (now += ms),
  };
}

const isBefore = (a: Planned, b: Planned): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
