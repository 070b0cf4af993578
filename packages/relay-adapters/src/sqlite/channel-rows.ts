/** The rows of one channel: brings the tables to what is in memory. Called within a transaction, after `touch`. */
import { MESSAGE_ID_KEPT_MS, type Sha256 } from "@sotto/protocol";
import {
  afterItsTime,
  channelToBytes,
  forgettable,
  withoutEmptyEpochs,
  withoutEntries,
  type StoredEntry,
} from "@sotto/relay";
import { answersToBytes } from "./answers-row.ts";
import type { Loaded, LoadedChannels } from "./loaded.ts";
import { rowToEntry, type Statements } from "./statements.ts";

/** What is left of an entry that everybody has: enough to answer a repetition. */
type Forgotten = Omit<StoredEntry, "wire" | "until">;

export class ChannelRows {
  readonly #sql: Statements;
  readonly #channels: LoadedChannels;
  readonly #sha256: Sha256;

  constructor(sql: Statements, channels: LoadedChannels, sha256: Sha256) {
    this.#sql = sql;
    this.#channels = channels;
    this.#sha256 = sha256;
  }

  addEntry(loaded: Loaded, entry: StoredEntry): void {
    const { seq, time, until, id, head, bodyBytes, wire } = entry;
    this.#sql.addEntry(loaded.row, seq, time, until, id, head, bodyBytes, wire);
    loaded.due = Math.min(loaded.due ?? until, until);
  }

  put(loaded: Loaded): void {
    this.#sql.putChannel(channelToBytes(loaded.channel), loaded.due, loaded.row);
  }

  /** Moves journaled entries to their table. */
  moveUnsettled(loaded: Loaded): void {
    for (const entry of loaded.unsettled) this.addEntry(loaded, entry);
    this.#clearUnsettled(loaded);
  }

  #clearUnsettled(loaded: Loaded): void {
    for (const { wire } of loaded.unsettled) this.#channels.unsettledBytes -= wire.length;
    loaded.unsettled = [];
  }

  /** Forgets what everybody has, stores what somebody lacks. */
  settle(loaded: Loaded): void {
    const { unsettled } = loaded;
    const isInTable = loaded.channel.entries > unsettled.length;
    const kept = new Set(unsettled);
    for (const { after, through } of forgettable(loaded.channel)) {
      const over: Forgotten[] = isInTable ? this.#takeEntries(loaded, after, through) : [];
      for (const entry of unsettled)
        if (entry.seq > after && entry.seq <= through) {
          over.push(entry);
          kept.delete(entry);
        }
      this.#forget(loaded, over);
    }
    for (const entry of kept) this.addEntry(loaded, entry);
    this.#clearUnsettled(loaded);
    this.#dropEmptyEpochs(loaded);
    this.put(loaded);
  }

  #takeEntries(loaded: Loaded, after: number, through: number): Forgotten[] {
    return this.#sql.takeEntries
      .all(loaded.row, after, through)
      .map(({ body_bytes: bodyBytes, ...row }) => ({ ...row, bodyBytes }))
      .sort((a, b) => a.seq - b.seq);
  }

  /** Leaves of entries of one epoch, oldest first, what answers a repetition. */
  #forget(loaded: Loaded, over: readonly Forgotten[]): void {
    const last = over.at(-1);
    if (!last) return;
    this.#sql.addAnswers(loaded.row, last.seq, last.time + MESSAGE_ID_KEPT_MS, answersToBytes(over));
    const bodyBytes = over.reduce((sum, one) => sum + one.bodyBytes, 0);
    loaded.channel = withoutEntries(loaded.channel, { entries: over.length, bodyBytes });
  }

  #dropEmptyEpochs(loaded: Loaded): void {
    loaded.channel = withoutEmptyEpochs(
      loaded.channel,
      (after, through) => this.#sql.anyBetween.one(loaded.row, after, through) !== undefined,
    );
  }

  /** Settles, and erases what is due at `now`: how many entries that was. */
  sweep(loaded: Loaded, now: number): number {
    this.settle(loaded);
    let forgotten = 0;
    let bodyBytes = 0;
    const due = this.#sql.entriesDue.all(loaded.row, now);
    for (const row of due) {
      const left = afterItsTime(rowToEntry(row), this.#sha256);
      bodyBytes += row.body_bytes;
      if (left) this.#sql.putTombstone(left.until, left.wire, loaded.row, row.seq);
      else {
        this.#sql.dropEntry(loaded.row, row.seq);
        forgotten += 1;
      }
    }
    loaded.channel = withoutEntries(loaded.channel, { entries: forgotten, bodyBytes });
    this.#dropEmptyEpochs(loaded);
    loaded.due = this.#sql.earliestUntil.one(loaded.row)?.due ?? null;
    this.put(loaded);
    return due.length;
  }
}
