import type { Wakeups } from "@sotto/relay";

/** Wakes the other relays that share these wake-ups within one process. */
export function createMemoryWakeups(): { join(): Wakeups } {
  const listeners = new Map<object, (place: string, seq: number) => void>();
  return {
    join() {
      const self = {};
      return {
        announce(place, seq) {
          for (const [who, onWake] of listeners) if (who !== self) onWake(place, seq);
        },
        listen: (onWake) => void listeners.set(self, onWake),
      };
    },
  };
}
