/**
 * When journaled entries move to their tables, and when deleted bytes leave the write-ahead log. A full disk leaves all
 * where it was, to be tried again.
 */
import type { DatabaseSync } from "node:sqlite";
import type { ChannelRows } from "./channel-rows.ts";
import type { Journal } from "./journal.ts";
import type { Loaded, LoadedChannels } from "./loaded.ts";
import { isStorageFull } from "./schema.ts";
import type { Transactions } from "./transactions.ts";

/** How long after a round the next one begins: an acknowledgement waits as long to be on disk, and an entry to be deleted. */
export const SETTLE_MS = 1_000;
/** How long deleted bytes may stay in the WAL after that. */
export const TRUNCATE_MS = 2_000;
/** Channels settled in one transaction, for which a batch waits; more where a round would need too many (ST10). */
const SLICE_CHANNELS = 64;
const SLICES_MAX = 32;
const SLICE_MS = 1;
/** Journaled bytes that make the store settle at once. */
const UNSETTLED_BYTES_HIGH = 32 * 1_048_576;

type Parts = {
  readonly db: DatabaseSync;
  readonly channels: LoadedChannels;
  readonly journal: Journal;
  readonly transactions: Transactions;
  readonly channelRows: ChannelRows;
  readonly onStorageFull: () => void;
};

export class Settling {
  readonly #parts: Parts;
  /** The disk was full: the room of settled rows is needed. */
  #isTight = false;
  /** Dirty channels left in the round under way. Those that become dirty meanwhile are for the next: they gather more. */
  #left = 0;
  #slice = 0;
  #settleTimer: NodeJS.Timeout | undefined;
  #truncateTimer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** `loaded` has changed, and its row has not, or needs the journal's next row. */
  markDirty(loaded: Loaded): void {
    const { channels, journal } = this.#parts;
    if (!channels.dirty.has(loaded)) channels.dirty.set(loaded, journal.next);
    this.#settleSoon(SETTLE_MS);
  }

  settleIfMuch(): void {
    if (this.#parts.channels.unsettledBytes > UNSETTLED_BYTES_HIGH) this.settleSome();
  }

  /** All that is in the journal. False while the disk is full. */
  settleAll(): boolean {
    const { channels, journal } = this.#parts;
    while (channels.dirty.size > 0 || !journal.isEmpty) if (!this.settleSome()) return false;
    return true;
  }

  /** One slice of a round, those that wait longest first. False while the disk is full. */
  settleSome(): boolean {
    if (this.#left <= 0) this.#beginRound();
    const { channels, journal, transactions, channelRows, onStorageFull } = this.#parts;
    const { settled, before } = this.#oldestDirty();
    const isDone = transactions.run(() => {
      transactions.open();
      // Rows settled the last time that no new row has replaced since; all of them where their room is needed.
      if (this.#isTight) journal.drop(before);
      else journal.dropSettled();
      for (const loaded of settled) {
        transactions.touch(loaded);
        channelRows.settle(loaded);
      }
      return true;
    });
    this.#isTight = !isDone;
    if (isDone) {
      journal.settledBefore(before);
      for (const loaded of settled) channels.dirty.delete(loaded);
    } else onStorageFull();
    this.truncateSoon();
    if (isDone) this.#left -= settled.length;
    if (isDone && this.#left > 0) this.#settleSoon(SLICE_MS);
    else if (channels.dirty.size > 0 || journal.hasSettled) this.#settleSoon(SETTLE_MS);
    return isDone === true;
  }

  #beginRound(): void {
    this.#left = this.#parts.channels.dirty.size;
    this.#slice = Math.max(SLICE_CHANNELS, Math.ceil(this.#left / SLICES_MAX));
  }

  /** And the first place of the journal that the others need. */
  #oldestDirty(): { readonly settled: readonly Loaded[]; readonly before: number } {
    const { channels, journal } = this.#parts;
    const settled: Loaded[] = [];
    for (const [loaded, place] of channels.dirty) {
      if (settled.length === Math.min(this.#slice, this.#left)) return { settled, before: place };
      settled.push(loaded);
    }
    return { settled, before: journal.next };
  }

  #settleSoon(ms: number): void {
    if (this.#settleTimer !== undefined || this.#isStopped) return;
    this.#settleTimer = setTimeout(() => {
      this.#settleTimer = undefined;
      this.settleSome();
    }, ms);
  }

  truncateSoon(): void {
    if (this.#truncateTimer !== undefined || this.#isStopped) return;
    this.#truncateTimer = setTimeout(() => {
      this.#truncateTimer = undefined;
      this.truncate();
    }, TRUNCATE_MS);
  }

  /** Deleted bytes are overwritten in the database, but stay in the WAL until it is emptied. */
  truncate(): void {
    const { db, onStorageFull } = this.#parts;
    try {
      const [result] = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
      if (result?.["busy"] !== 0) this.truncateSoon(); // another process was reading
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      onStorageFull();
      this.truncateSoon();
    }
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#settleTimer);
    clearTimeout(this.#truncateTimer);
  }
}
