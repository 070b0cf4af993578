/** Keeps what was used lately, in two generations: cheaper per use than an exact least-recently-used list. */
export type Cache<Key, Value> = {
  get(key: Key): Value | undefined;
  add(key: Key, value: Value): void;
  /** A value that was just got or added weighs `by` more than before. */
  grow(by: number): void;
  delete(key: Key): void;
};

/**
 * Holds values of at most `limit` in weight (one that weighs more than half of that besides), and those that `isPinned`.
 * Amortised, each use costs the same, however much is held: a generation is dropped whole.
 */
export function createCache<Key, Value>({
  limit,
  weightOf = () => 1,
  isPinned = () => false,
}: {
  readonly limit: number;
  readonly weightOf?: (value: Value) => number;
  readonly isPinned?: (value: Value) => boolean;
}): Cache<Key, Value> {
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();
  let youngWeight = 0;

  function age(): void {
    const pinned = [...old].filter(([, one]) => isPinned(one));
    old = young;
    young = new Map(pinned);
    youngWeight = pinned.reduce((sum, [, one]) => sum + weightOf(one), 0);
  }

  function add(key: Key, value: Value): void {
    const weight = weightOf(value);
    if (youngWeight + weight > limit / 2) age();
    young.set(key, value);
    youngWeight += weight;
  }

  return {
    get(key) {
      const found = young.get(key);
      if (found !== undefined) return found;
      const older = old.get(key);
      if (older === undefined) return undefined;
      old.delete(key);
      add(key, older);
      return older;
    },
    add,
    grow(by) {
      youngWeight += by;
      if (youngWeight > limit / 2) age();
    },
    delete(key) {
      const found = young.get(key);
      if (found !== undefined) youngWeight -= weightOf(found);
      young.delete(key);
      old.delete(key);
    },
  };
}
