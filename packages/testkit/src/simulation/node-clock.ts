/** What one simulated machine believes the time to be: it may be off, and it may jump. Spec: spec/simulation.md, "Time". */
import type { Alarm } from "@sotto/client";
import type { Clock } from "@sotto/protocol";
import type { Rng } from "../rng.ts";
import type { Cancel, Timeline } from "./timeline.ts";

export type NodeClock = {
  readonly clock: Clock;
  /** An alarm that dies with the process that set it: make a new one after a crash. */
  createAlarm(): Alarm & { kill(): void };
  /** Sets the clock, forward or back, as a person or a time server does. Alarms that are due by it ring. */
  jump(ms: number): void;
  offset(): number;
  /** While asleep no alarm rings: a closed laptop. */
  sleep(): void;
  wake(): void;
};

const RING_LATE_MS_MAX = 20;
/** Without the time going on: whoever asks more often does not come to rest, and would hang the world. */
const ASKED_AT_ONCE_MAX = 100_000;

export function createNodeClock(timeline: Timeline, rng: Rng): NodeClock {
  let offset = 0;
  let isAsleep = false;
  const plans = new Set<() => void>();
  let askedAt = 0;
  let asked = 0;
  const believed = (): number => timeline.now() + offset;
  const clock: Clock = () => {
    const now = timeline.now();
    asked = now === askedAt ? asked + 1 : 0;
    askedAt = now;
    if (asked > ASKED_AT_ONCE_MAX)
      throw new Error("It does not come to rest: it asks for the time for ever.");
    return believed();
  };
  const planAll = (): void => {
    for (const plan of plans) plan();
  };

  return {
    clock,
    createAlarm() {
      let cancel: Cancel | undefined;
      let set: { atMs: number; ring: () => void } | undefined;
      const plan = (): void => {
        cancel?.();
        cancel = undefined;
        if (set === undefined || isAsleep) return;
        cancel = timeline.after(set.atMs - believed() + rng.below(RING_LATE_MS_MAX), ring);
      };
      const ring = (): void => {
        const due = set;
        set = undefined;
        due?.ring();
      };
      plans.add(plan);
      return {
        set(atMs, callback) {
          set = { atMs, ring: callback };
          plan();
        },
        clear() {
          set = undefined;
          plan();
        },
        kill() {
          set = undefined;
          plan();
          plans.delete(plan);
        },
      };
    },
    jump(ms) {
      offset += ms;
      planAll();
    },
    offset: () => offset,
    sleep() {
      isAsleep = true;
      planAll();
    },
    wake() {
      isAsleep = false;
      planAll();
    },
  };
}
