/**
 * Names of records say when messages came, and those of deleted ones stay in the container until their segment is moved. Some
 * segments are moved every hour, one in each turn, so that nobody waits long. Spec: spec/client.md, CL78.
 */
import type { Core } from "./core.ts";
import type { Turn } from "./turn.ts";

/** Not while somebody waits for the screen, and soon enough for a short look at messages. */
export const FIRST_SCRUB_MS = 120_000;
const EVERY_MS = 3_600_000;
const STEP_MS = 1_000;
const STEPS_MAX = 16;

/** Segments that may yet be moved in the round under way. */
export type Scrub = { readonly left: number };
export const NOT_SCRUBBED: Scrub = { left: STEPS_MAX };

export async function scrub(core: Core, turn: Turn): Promise<void> {
  const done = await core.records.scrub();
  const isOver = !done.ok || done.value.remaining === 0 || core.scrub.left === 1;
  core.scrub = isOver ? NOT_SCRUBBED : { left: core.scrub.left - 1 };
  core.agenda.set("scrub", turn.now + (isOver ? EVERY_MS : STEP_MS));
}
