/** The ladder of retention times. The relay knows a rung; the exact burn time is sealed. Spec: spec/channel.md. */
import { named } from "./codec.ts";

export type Rung = "5min" | "1h" | "1day" | "7days" | "30days";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Milliseconds the relay keeps an entry of this rung, counted from its own receipt time. */
export const RUNG_MS: Readonly<Record<Rung, number>> = {
  "5min": 5 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "1day": DAY_MS,
  "7days": 7 * DAY_MS,
  "30days": 30 * DAY_MS,
};

export const RUNGS: readonly Rung[] = ["5min", "1h", "1day", "7days", "30days"];

export const rung = named<Rung>({ "5min": 1, "1h": 2, "1day": 3, "7days": 4, "30days": 5 });

/** The number that stands for a rung in hashed and signed bytes: as on the wire. */
export const rungNumber = (value: Rung): number => RUNGS.indexOf(value) + 1;

/** The smallest rung that covers a burn time in milliseconds; the longest where none does, and for 0, "off". */
export const rungFor = (burnMs: number): Rung =>
  RUNGS.find((name) => burnMs > 0 && RUNG_MS[name] >= burnMs) ?? "30days";

/** A Commit carries no burn: it is kept until every reader of its epoch has it, at most this long. */
export const COMMIT_KEPT_MS = 180 * DAY_MS;
/** How long a channel remembers messageIds, so that a repeated APPEND is recognised. */
export const MESSAGE_ID_KEPT_MS = 30 * DAY_MS;
/** How long an inbox keeps a post nobody acknowledged. */
export const POST_KEPT_MS = 30 * DAY_MS;
