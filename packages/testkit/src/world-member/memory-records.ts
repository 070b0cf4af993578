/** Records in memory that may be refused: what a device container is for its client, without its bytes. */
import type { CommitFailure, Records, RecordWrite } from "@sotto/client";
import { err, ok } from "@sotto/protocol";

export type MemoryRecords = {
  readonly records: Records;
  /** From here on nothing is stored that takes room (full), or nothing at all (failing). */
  readonly refuse: (failure: CommitFailure) => void;
  readonly repair: () => void;
  readonly values: () => ReadonlyMap<string, Uint8Array>;
};

/** Enough for files to be kept (spec/files.md, FT21). */
const CAPACITY_BYTES = 4 * 2 ** 20;

export function createMemoryRecords(initial: ReadonlyMap<string, Uint8Array>): MemoryRecords {
  const values = new Map(initial);
  /** Sorted; made again after keys have come or gone. */
  let keys: readonly string[] | undefined;
  let refusal: CommitFailure | undefined;
  let liveBytes = 0;
  for (const value of values.values()) liveBytes += value.length;

  const bytesOf = (key: string): number => values.get(key)?.length ?? 0;

  function grows(writes: readonly RecordWrite[]): boolean {
    const growth = writes.reduce((sum, { key, value }) => sum + (value?.length ?? 0) - bytesOf(key), 0);
    return growth > 0;
  }

  const sorted = (): readonly string[] => (keys ??= [...values.keys()].toSorted());

  /** Where `key` is, or would be. */
  function placeOf(key: string): number {
    let [low, high] = [0, sorted().length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted()[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function put({ key, value }: RecordWrite): void {
    liveBytes += (value?.length ?? 0) - bytesOf(key);
    if (values.has(key) !== (value !== null)) keys = undefined;
    if (value === null) values.delete(key);
    else values.set(key, value.slice());
  }

  const records: Records = {
    get: (key) => Promise.resolve(values.get(key)?.slice()),
    getMany: (wanted) => Promise.resolve(wanted.map((key) => values.get(key)?.slice())),
    list(prefix, { from = "", to, limit = Infinity, reverse = false } = {}) {
      const found: string[] = [];
      for (let at = placeOf(from > prefix ? from : prefix); at < sorted().length; at++) {
        const key = sorted()[at] ?? "";
        if (!key.startsWith(prefix) || (to !== undefined && key >= to)) break;
        found.push(key);
      }
      return (reverse ? found.reverse() : found).slice(0, limit);
    },
    commit(writes) {
      if (refusal !== undefined && (refusal.kind === "failing" || grows(writes)))
        return Promise.resolve(err(refusal));
      for (const write of writes) put(write);
      return Promise.resolve(ok(undefined));
    },
    scrub: () => Promise.resolve(ok({ remaining: 0 })),
    usage: () => ({ liveBytes, capacityBytes: CAPACITY_BYTES }),
  };

  return {
    records,
    refuse: (failure) => void (refusal = failure),
    repair: () => void (refusal = undefined),
    values: () => new Map(values),
  };
}
