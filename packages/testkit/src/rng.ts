/** mulberry32: the only randomness a simulation may use. Same seed, same run. Never for secrets. */
export type Rng = {
  /** A whole number from 0 to n − 1. */
  below(n: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  readonly bytes: (length: number) => Uint8Array<ArrayBuffer>;
  /** A generator of its own, so that one part of a world drawing more does not shift another's draws. */
  fork(): Rng;
};

export function createRng(seed: number): Rng {
  let state = seed >>> 0;
  const next32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (n: number): number => Math.floor((next32() / 2 ** 32) * n);
  return {
    below,
    chance: (probability) => next32() / 2 ** 32 < probability,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError("nothing to pick from");
      return items[below(items.length)] as T;
    },
    bytes(length) {
      const out = new Uint8Array(length);
      for (let at = 0; at < length; at++) out[at] = next32() & 0xff;
      return out;
    },
    fork: () => createRng(next32()),
  };
}
