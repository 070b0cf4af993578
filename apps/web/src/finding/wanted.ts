/**
 * What the person looks for, in memory alone: kept while they read a result, so that going back leads to the same
 * results, and forgotten when the profile is locked or the search left.
 */
import type { ConversationId, MessageKey, Query } from "@sotto/client";
import { signal } from "@preact/signals";
import { go } from "../navigation.ts";

export type Wanted = {
  readonly text: string;
  readonly in: ConversationId | undefined;
  /** As a date field has them: YYYY-MM-DD, or nothing. */
  readonly from: string;
  readonly to: string;
};

const NOTHING: Wanted = { text: "", in: undefined, from: "", to: "" };

export const wanted = signal<Wanted>(NOTHING);
/** Pages that were asked for, and the result that was opened last. */
export const pages = signal(1);
export const opened = signal<MessageKey | undefined>(undefined);

export function beginSearch(of: Partial<Wanted> = {}): void {
  wanted.value = { ...NOTHING, ...of };
  pages.value = 1;
  opened.value = undefined;
}

/** A new search, in all conversations unless told. */
export function search(of: Partial<Wanted> = {}): void {
  beginSearch(of);
  go({ kind: "search" });
}

/** The beginning of a day by the person's own calendar; undefined for what is no date. */
export function dayBegin(date: string, daysLater = 0): number | undefined {
  const [, year, month, day] = /^(\d{4,6})-(\d\d)-(\d\d)$/.exec(date) ?? [];
  if (year === undefined) return undefined;
  const at = new Date(Number(year), Number(month) - 1, Number(day) + daysLater).getTime();
  return Number.isNaN(at) ? undefined : at;
}

/** The day of a time, as a date field has it. */
export function dayOfTime(atMs: number): string {
  const at = new Date(atMs);
  const [year, month, day] = [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** Both days are in. */
export function queryOf({ text, in: id, from, to }: Wanted): Query {
  const [since, until] = [dayBegin(from), dayBegin(to, 1)];
  return {
    text,
    ...(id === undefined ? {} : { in: id }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}
