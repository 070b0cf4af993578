/** The keys of an opened region, in order of their UTF-16 code units. */

export type Range = {
  /** First key wanted, itself included. */
  readonly from?: string;
  /** First key no longer wanted. */
  readonly to?: string;
  readonly limit?: number;
  /** From the last to the first; `limit` then keeps the last ones. */
  readonly reverse?: boolean;
};

export interface SortedKeys {
  add(key: string): void;
  remove(key: string): void;
  list(prefix: string, range?: Range): readonly string[];
}

export function createSortedKeys(initial: Iterable<string>): SortedKeys {
  const keys = [...initial].sort(compare);

  /** Where `key` is, or would be. */
  function find(key: string): number {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(keys[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    add(key) {
      const at = find(key);
      if (keys[at] !== key) keys.splice(at, 0, key);
    },
    remove(key) {
      const at = find(key);
      if (keys[at] === key) keys.splice(at, 1);
    },
    list(prefix, { from, to, limit = Infinity, reverse = false } = {}) {
      const start = Math.max(find(prefix), from === undefined ? 0 : find(from));
      const end = Math.min(findEnd(prefix), to === undefined ? keys.length : find(to));
      if (reverse) return keys.slice(Math.max(start, end - limit), Math.max(start, end)).reverse();
      return keys.slice(start, Math.min(end, start + limit));
    },
  };

  /** Where the keys that begin with `prefix` end. */
  function findEnd(prefix: string): number {
    let low = find(prefix);
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]!.startsWith(prefix)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
