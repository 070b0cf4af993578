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

/** Keys that begin with the same code unit. Sorted when first asked for: of some nobody ever asks the order. */
type Group = { readonly keys: string[]; isSorted: boolean };

export function createSortedKeys(initial: Iterable<string>): SortedKeys {
  const groups = new Map<number, Group>();
  for (const key of initial) groupOf(key).keys.push(key);

  function groupOf(key: string): Group {
    const first = key.charCodeAt(0);
    let group = groups.get(first);
    if (!group) groups.set(first, (group = { keys: [], isSorted: false }));
    return group;
  }
  function sortedGroupOf(key: string): string[] {
    const group = groupOf(key);
    if (!group.isSorted) group.keys.sort();
    group.isSorted = true;
    return group.keys;
  }
  const everything = (): string[] => [...groups.values()].flatMap(({ keys }) => keys).sort();

  return {
    add(key) {
      const keys = sortedGroupOf(key);
      const at = find(keys, key);
      if (keys[at] !== key) keys.splice(at, 0, key);
    },
    remove(key) {
      const keys = sortedGroupOf(key);
      const at = find(keys, key);
      if (keys[at] === key) keys.splice(at, 1);
    },
    list(prefix, { from, to, limit = Infinity, reverse = false } = {}) {
      const keys = prefix === "" ? everything() : sortedGroupOf(prefix);
      const start = Math.max(find(keys, prefix), from === undefined ? 0 : find(keys, from));
      const end = Math.min(findEnd(keys, prefix), to === undefined ? keys.length : find(keys, to));
      if (reverse) return keys.slice(Math.max(start, end - limit), Math.max(start, end)).reverse();
      return keys.slice(start, Math.min(end, start + limit));
    },
  };
}

/** Where `key` is, or would be. */
function find(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the keys that begin with `prefix` end. */
function findEnd(keys: readonly string[], prefix: string): number {
  let low = find(keys, prefix);
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]!.startsWith(prefix)) low = middle + 1;
    else high = middle;
  }
  return low;
}
