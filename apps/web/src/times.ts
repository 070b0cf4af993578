/** Lengths of time in milliseconds, and days as the person's own calendar has them. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Equal for two times of one local day. */
export const dayOf = (atMs: number): number => new Date(atMs).setHours(0, 0, 0, 0);

/** Whole days from one local day to another, whatever the clocks did between. */
export const daysBetween = (earlierMs: number, laterMs: number): number =>
  Math.round((dayOf(laterMs) - dayOf(earlierMs)) / DAY_MS);
