/**
 * The journal's rows in the table, by place. Those before a place that settling names are no longer needed; they stay
 * until new rows take their pages, which is cheaper than to overwrite them with zeros.
 */
import { err, ok, type Result } from "@sotto/protocol";
import { bytesToJournal, journalToBytes, type Journaled, type JournalProblem } from "./journal-row.ts";
import type { Statements } from "./statements.ts";

/** Settled rows that a new row replaces. */
const REPLACED_ROWS = 2;

export class Journal {
  readonly #sql: Statements;
  /** Of the batch under way. */
  #added: Journaled[] = [];
  /** The rows are those from `#first` on, and those before `#neededFrom` are settled. */
  #first = 1;
  #neededFrom = 1;
  #next = 1;
  /** What `#first` will be once the transaction under way is committed. */
  #dropsBefore = 1;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** The place the next row will have. */
  get next(): number {
    return this.#next;
  }

  get isEmpty(): boolean {
    return this.#first === this.#next;
  }

  get hasSettled(): boolean {
    return this.#first < this.#neededFrom;
  }

  /** What an earlier process left, oldest first. */
  read(): Result<readonly Journaled[], JournalProblem> {
    const all: Journaled[] = [];
    for (const { place, entries } of this.#sql.journal.all()) {
      const records = bytesToJournal(entries);
      if (!records.ok) return err(records.error);
      for (const record of records.value) all.push(record);
      this.#next = place + 1;
    }
    return ok(all);
  }

  add(record: Journaled): void {
    this.#added.push(record);
  }

  /** Writes what was added as one row. `open` opens the transaction, where more than that row is written. */
  write(open: () => void): void {
    if (this.#added.length === 0) return;
    const before = Math.min(this.#neededFrom, this.#first + REPLACED_ROWS);
    if (before > this.#dropsBefore) open();
    this.drop(before);
    this.#sql.addJournal(this.#next, journalToBytes(this.#added));
  }

  /** Drops rows before a place. */
  drop(before: number): void {
    if (before <= this.#dropsBefore) return;
    this.#sql.dropJournal(before);
    this.#dropsBefore = before;
  }

  dropSettled(): void {
    this.drop(this.#neededFrom);
  }

  /** Nothing before `place` is needed any more. */
  settledBefore(place: number): void {
    this.#neededFrom = place;
  }

  committed(): void {
    if (this.#added.length > 0) this.#next += 1;
    this.#first = this.#dropsBefore;
    this.#added = [];
  }

  rolledBack(): void {
    this.#dropsBefore = this.#first;
    this.#added = [];
  }
}
