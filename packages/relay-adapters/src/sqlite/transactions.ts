/**
 * All of a batch or nothing of it, on disk and in memory. A transaction is opened by the first write beside the journal;
 * a batch that is only journaled is one statement, which is a transaction by itself.
 */
import type { DatabaseSync } from "node:sqlite";
import type { Channel, StoredEntry } from "@sotto/relay";
import type { Journal } from "./journal.ts";
import type { Loaded, LoadedChannels } from "./loaded.ts";
import type { Repetitions } from "./repetitions.ts";
import { isStorageFull } from "./schema.ts";
import type { Statements } from "./statements.ts";

type Before = {
  readonly channel: Channel;
  readonly unsettled: StoredEntry[];
  readonly count: number;
  readonly due: number | null;
};

type Parts = {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly channels: LoadedChannels;
  readonly repetitions: Repetitions;
  readonly journal: Journal;
};

export class Transactions {
  readonly #parts: Parts;
  /** What a failed transaction puts back. */
  readonly #before = new Map<Loaded, Before>();
  /** Channels made by the transaction under way. */
  #created: string[] = [];
  #isOpen = false;
  readonly #open = (): void => this.open();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** All that `work` does, or, when the disk is full, nothing of it and `undefined`. */
  run<T>(work: () => T): T | undefined {
    const { db, sql, journal } = this.#parts;
    try {
      const result = work();
      journal.write(this.#open);
      if (this.#isOpen) sql.commit();
      journal.committed();
      return result;
    } catch (error) {
      if (db.isTransaction) sql.rollback();
      this.#undo();
      if (isStorageFull(error)) return undefined;
      throw error;
    } finally {
      this.#isOpen = false;
      this.#created = [];
      this.#before.clear();
    }
  }

  /** Before anything is written to a table. */
  open(): void {
    if (this.#isOpen) return;
    this.#parts.sql.begin();
    this.#isOpen = true;
  }

  /** Before anything of `loaded` changes. */
  touch(loaded: Loaded): void {
    if (this.#before.has(loaded)) return;
    const { channel, unsettled, due } = loaded;
    this.#before.set(loaded, { channel, unsettled, count: unsettled.length, due });
  }

  /** Before a channel is added. */
  creates(cid: string): void {
    this.open();
    this.#created.push(cid);
  }

  #undo(): void {
    const { channels, repetitions, journal } = this.#parts;
    journal.rolledBack();
    for (const cid of this.#created) channels.forget(cid);
    for (const [loaded, { channel, unsettled, count, due }] of this.#before) {
      unsettled.length = count;
      loaded.channel = channel;
      loaded.unsettled = unsettled;
      loaded.due = due;
      repetitions.forget(loaded);
    }
    channels.recountUnsettledBytes();
  }
}
