/** Time and randomness, for Node. */
import { randomFillSync } from "node:crypto";
import type { Alarm } from "@sotto/client";
import type { Clock, RandomBytes } from "@sotto/protocol";

export const clock: Clock = () => Date.now();

export const randomBytes: RandomBytes = (length) => randomFillSync(new Uint8Array(length));

/** setTimeout cannot wait longer; a later time is waited for in steps. */
const STEP_MS_MAX = 2 ** 31 - 1;

/** `now` is the clock that the times given to `set` are read on. */
export function createAlarm(now: Clock = clock): Alarm {
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => clearTimeout(timer);
  const set = (atMs: number, ring: () => void): void => {
    clear();
    const waitMs = Math.max(0, atMs - now());
    timer = waitMs > STEP_MS_MAX ? setTimeout(() => set(atMs, ring), STEP_MS_MAX) : setTimeout(ring, waitMs);
  };
  return { set, clear };
}
