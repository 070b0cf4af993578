/**
 * The channels in memory: each as its row says, with what is in the journal besides. One whose changes are not in the
 * tables yet stays here until they are; of the others, those used lately.
 */
import { fromHex, toHex } from "@sotto/protocol";
import { bytesToChannel, type Channel, type StoredEntry } from "@sotto/relay";
import { createCache, type Cache } from "./cache.ts";
import type { ChannelRow, Statements } from "./statements.ts";

const CHANNELS_CACHED_MAX = 50_000;

export type Loaded = {
  readonly row: number;
  /** With what is journaled. */
  channel: Channel;
  /** In the journal and not yet in the table, oldest first. */
  unsettled: StoredEntry[];
  /** When the earliest entry of the table may be due; never later than it is. */
  due: number | null;
};

export class LoadedChannels {
  /** Journaled or acknowledged since they were last settled, with the first place of the journal they need. */
  readonly dirty = new Map<Loaded, number>();
  /** Of entries that are in the journal and not yet in the table. */
  unsettledBytes = 0;
  readonly #sql: Statements;
  readonly #cache: Cache<string, Loaded>;

  constructor(sql: Statements) {
    this.#sql = sql;
    this.#cache = createCache({
      limit: CHANNELS_CACHED_MAX,
      isPinned: (loaded: Loaded) => this.dirty.has(loaded),
    });
  }

  load(cid: string): Loaded | undefined {
    const cached = this.#cache.get(cid);
    if (cached) return cached;
    const row = this.#sql.channelByCid.one(fromHex(cid));
    return row && this.#add(cid, row);
  }

  loadRow(id: number): Loaded | undefined {
    const row = this.#sql.channelById.one(id);
    if (!row) return undefined;
    const cid = toHex(row.cid);
    return this.#cache.get(cid) ?? this.#add(cid, row);
  }

  /** A channel that was not made after all: its row's number is another's next time. */
  forget(cid: string): void {
    const loaded = this.#cache.get(cid);
    if (loaded) this.dirty.delete(loaded);
    this.#cache.delete(cid);
  }

  recountUnsettledBytes(): void {
    this.unsettledBytes = 0;
    for (const { unsettled } of this.dirty.keys())
      for (const { wire } of unsettled) this.unsettledBytes += wire.length;
  }

  #add(cid: string, { id, state, due }: ChannelRow): Loaded {
    const loaded: Loaded = { row: id, channel: bytesToChannel(state), unsettled: [], due };
    this.#cache.add(cid, loaded);
    return loaded;
  }
}
