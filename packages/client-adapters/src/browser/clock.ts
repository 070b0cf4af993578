/** Time and randomness, for a page or a worker. */
import type { Alarm } from "@sotto/client";
import type { Clock, RandomBytes } from "@sotto/protocol";

export const clock: Clock = () => Date.now();

/** Web Crypto gives no more at once. */
const DRAW_BYTES_MAX = 65_536;

export const randomBytes: RandomBytes = (length) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += DRAW_BYTES_MAX) {
    crypto.getRandomValues(bytes.subarray(at, at + DRAW_BYTES_MAX));
  }
  return bytes;
};

/** setTimeout cannot wait longer; a later time is waited for in steps. */
const STEP_MS_MAX = 2 ** 31 - 1;

export function createAlarm(): Alarm {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const clear = (): void => clearTimeout(timer);
  const set = (atMs: number, ring: () => void): void => {
    clear();
    const waitMs = Math.max(0, atMs - clock());
    timer = waitMs > STEP_MS_MAX ? setTimeout(() => set(atMs, ring), STEP_MS_MAX) : setTimeout(ring, waitMs);
  };
  return { set, clear };
}
