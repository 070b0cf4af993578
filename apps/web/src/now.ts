/** The time screens show things by: a signal, so that whatever depends on it is drawn again as it passes. */
import { signal, type ReadonlySignal } from "@preact/signals";

const TICK_MS = 1000;
/** Nobody sees a ring drain by less. */
const SLOW_TICK_MS = 20_000;

const current = signal(Date.now());
export const now: ReadonlySignal<number> = current;

let fastUsers = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function tick(): void {
  current.value = Date.now();
  timer = setTimeout(tick, fastUsers > 0 ? TICK_MS : SLOW_TICK_MS);
}

export function startNow(): void {
  clearTimeout(timer);
  tick();
}

/** While something that burns within minutes is on the screen. Returns the way to stop. */
export function countSeconds(): () => void {
  fastUsers += 1;
  if (fastUsers === 1 && timer !== undefined) startNow();
  return () => {
    fastUsers -= 1;
  };
}

/** For the gallery, where time stands still. */
export function freezeNow(atMs: number): void {
  clearTimeout(timer);
  current.value = atMs;
}
