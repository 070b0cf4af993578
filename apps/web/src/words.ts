/** Times, sizes and durations as people say them, in the chosen language. */
import { formatTag } from "./preferences.ts";
import * as m from "./paraglide/messages.js";
import { DAY_MS, daysBetween, HOUR_MS, MINUTE_MS } from "./times.ts";

const formats = new Map<string, Intl.DateTimeFormat>();
function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = formatTag() + JSON.stringify(options);
  const known = formats.get(name) ?? new Intl.DateTimeFormat(formatTag(), options);
  formats.set(name, known);
  return known;
}

export const clockWords = (atMs: number): string => dateFormat({ timeStyle: "short" }).format(atMs);

/** The name of a day for a separator: today, yesterday, a weekday within the week, else a date. */
export function dayWords(atMs: number, nowMs: number): string {
  const days = daysBetween(atMs, nowMs);
  if (days <= 0) return m.day_today();
  if (days === 1) return m.day_yesterday();
  if (days < 7) return dateFormat({ weekday: "long" }).format(atMs);
  const isThisYear = new Date(atMs).getFullYear() === new Date(nowMs).getFullYear();
  return dateFormat({ day: "numeric", month: "long", ...(isThisYear ? {} : { year: "numeric" }) }).format(
    atMs,
  );
}

/** For a row of the list: a time today, otherwise the shortest day that is clear. */
export function rowTimeWords(atMs: number, nowMs: number): string {
  const days = daysBetween(atMs, nowMs);
  if (days <= 0) return clockWords(atMs);
  if (days === 1) return m.day_yesterday();
  if (days < 7) return dateFormat({ weekday: "short" }).format(atMs);
  return dateFormat({ day: "numeric", month: "short" }).format(atMs);
}

export const dateWords = (atMs: number): string =>
  dateFormat({ day: "numeric", month: "long", year: "numeric" }).format(atMs);
export const momentWords = (atMs: number): string =>
  dateFormat({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(
    atMs,
  );

/** Rounded to the largest unit that says it: "7 days", "3 hours", "40 seconds". */
export function durationWords(ms: number): string {
  if (ms >= 1.5 * DAY_MS) return m.duration_days({ count: Math.round(ms / DAY_MS) });
  if (ms >= DAY_MS) return m.duration_days({ count: 1 });
  if (ms >= 1.5 * HOUR_MS) return m.duration_hours({ count: Math.round(ms / HOUR_MS) });
  if (ms >= HOUR_MS) return m.duration_hours({ count: 1 });
  if (ms >= MINUTE_MS) return m.duration_minutes({ count: Math.round(ms / MINUTE_MS) });
  return m.duration_seconds({ count: Math.max(1, Math.ceil(ms / 1000)) });
}

const MEBIBYTE = 1024 * 1024;
export const sizeWords = (bytes: number): string =>
  new Intl.NumberFormat(formatTag(), {
    style: "unit",
    unit: "megabyte",
    maximumFractionDigits: bytes < 10 * MEBIBYTE ? 1 : 0,
  }).format(bytes / MEBIBYTE);

/** Small ones too: a file of 3 KB is not of 0 MB. */
export const fileSizeWords = (bytes: number): string =>
  bytes >= MEBIBYTE / 2
    ? sizeWords(bytes)
    : new Intl.NumberFormat(formatTag(), {
        style: "unit",
        unit: "kilobyte",
        maximumFractionDigits: 0,
      }).format(Math.max(1, bytes / 1024));

/** 0 to 1, as a percentage. */
export const partWords = (part: number): string =>
  new Intl.NumberFormat(formatTag(), { style: "percent", maximumFractionDigits: 0 }).format(part);

export const countWords = (count: number): string => new Intl.NumberFormat(formatTag()).format(count);

const lists = new Map<string, Intl.ListFormat>();
/** "Mara, Idris and Noor". */
export function listWords(words: readonly string[]): string {
  const tag = formatTag();
  const format = lists.get(tag) ?? new Intl.ListFormat(tag, { type: "conjunction" });
  lists.set(tag, format);
  return format.format(words);
}

/** A name within a sentence of ours: whichever way it is written, the words around it stay in their order. */
export const nameWords = (name: string): string => `\u2068${name}\u2069`;
