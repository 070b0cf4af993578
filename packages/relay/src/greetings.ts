/** Connections that have not said hello. Ends those that never do, and holds on to none that has closed. */
import type { Clock } from "@sotto/protocol";
import { HELLO_WAIT_MS } from "./limits.ts";
import type { Timers } from "./ports.ts";

const LOOK_MS = 1_000;

export type Greetings = {
  /** Calls `end` unless `over` was called in time. */
  await(end: () => void): { over(): void };
};

export function createGreetings({ clock, timers }: { clock: Clock; timers: Timers }): Greetings {
  /** In the order in which they began. */
  const awaited = new Map<object, { readonly since: number; readonly end: () => void }>();
  let isLooking = false;

  function look(): void {
    isLooking = false;
    for (const [key, { since, end }] of awaited) {
      if (clock() - since < HELLO_WAIT_MS) break;
      awaited.delete(key);
      end();
    }
    lookLater();
  }

  function lookLater(): void {
    if (isLooking || awaited.size === 0) return;
    isLooking = true;
    timers.after(LOOK_MS, look);
  }

  return {
    await(end) {
      const key = {};
      awaited.set(key, { since: clock(), end });
      lookLater();
      return { over: () => void awaited.delete(key) };
    },
  };
}
