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

/** How long an acknowledgement may wait to be on disk, and an acknowledged entry to be deleted. */
export const SETTLE_MS = 500;
/** How long deleted bytes may stay in the WAL after that. */
export const TRUNCATE_MS = 2_000;
/** Channels settled in one transaction: bounds how long others wait for it. */
const SETTLED_CHANNELS_MAX = 256;
/** Journaled bytes that make the store settle at once. */
const UNSETTLED_BYTES_HIGH = 16 * 1_048_576;

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

  /** One transaction's worth, those that wait longest first. False while the disk is full. */
  settleSome(): boolean {
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
    if (channels.dirty.size > 0) this.#settleSoon(isDone ? 1 : SETTLE_MS);
    else if (journal.hasSettled) this.#settleSoon(SETTLE_MS);
    return isDone === true;
  }

  /** And the first place of the journal that the others need. */
  #oldestDirty(): { readonly settled: readonly Loaded[]; readonly before: number } {
    const { channels, journal } = this.#parts;
    const settled: Loaded[] = [];
    for (const [loaded, place] of channels.dirty) {
      if (settled.length === SETTLED_CHANNELS_MAX) return { settled, before: place };
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
