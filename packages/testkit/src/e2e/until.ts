/** Waiting for something to be so, never for time to pass. */
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_MS = 20;
const WAIT_MS_MAX = 30_000;

/** The first value that is neither undefined nor false. Rejects, naming what was waited for, when patience ends. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  msMax: number = WAIT_MS_MAX,
): Promise<T> {
  const end = new AbortController();
  const tooLong = sleep(msMax, undefined, { signal: end.signal }).then(() => {
    throw new Error(`waited ${msMax} ms for ${what}`);
  });
  tooLong.catch(() => {}); // nobody may be waiting any more
  try {
    for (;;) {
      const found = await Promise.race([look(), tooLong]);
      if (found !== undefined && found !== false) return found;
      await Promise.race([sleep(LOOK_MS), tooLong]);
    }
  } finally {
    end.abort();
  }
}
