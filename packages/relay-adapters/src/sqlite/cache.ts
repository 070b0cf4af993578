/** Keeps what was used lately, in two generations: cheaper per use than an exact least-recently-used list. */
export type Cache<T> = {
  get(key: string): T | undefined;
  add(key: string, value: T): void;
  delete(key: string): void;
  values(): Iterable<T>;
};

/** Holds at most `limit` values, and those that `isPinned` besides. */
export function createCache<T>(limit: number, isPinned: (value: T) => boolean): Cache<T> {
  let young = new Map<string, T>();
  let old = new Map<string, T>();

  function add(key: string, value: T): void {
    if (young.size >= limit / 2) {
      const pinned = [...old].filter(([, one]) => isPinned(one));
      old = young;
      young = new Map(pinned);
    }
    young.set(key, value);
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
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
    *values() {
      yield* young.values();
      yield* old.values();
    },
  };
}
