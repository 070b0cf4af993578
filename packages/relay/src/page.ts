/** Cuts what a store found into one page. */
import type { Page, PageLimits } from "./store.ts";

/** As many of `found` as a page holds, at least one; `last` is what a complete page speaks for. */
export function pageOf(
  found: Iterable<{ readonly seq: number; readonly wire: Uint8Array }>,
  last: number,
  limits: PageLimits,
): Page {
  const entries: Uint8Array[] = [];
  let bytes = 0;
  let through = last;
  for (const { seq, wire } of found) {
    if (entries.length >= limits.entries || (entries.length > 0 && bytes + wire.length > limits.bytes))
      return { entries, through, isLast: false };
    entries.push(wire);
    bytes += wire.length;
    through = seq;
  }
  return { entries, through: last, isLast: true };
}
