/** A leaky bucket: so much at once, so much for long. Takes the time from its caller. */
export type Bucket = {
  /** Takes `amount` in any case, and says for how many milliseconds to take nothing more. */
  take(amount: number, now: number): number;
};

export function createBucket(perSecond: number, burst: number): Bucket {
  let level = burst;
  let at: number | undefined;
  return {
    take(amount, now) {
      const passedMs = Math.max(0, now - (at ?? now));
      at = now;
      level = Math.min(burst, level + (passedMs * perSecond) / 1_000) - amount;
      return level >= 0 ? 0 : Math.ceil((-level * 1_000) / perSecond);
    },
  };
}
