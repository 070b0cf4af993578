/**
 * What time it is, for burning: the greatest of the own clock, the highest time ever stored, and the time the own relay
 * has signed. Setting a seized device's clock back shows nothing again. Spec: spec/client.md, "Time".
 */

/** A relay's signed time, and what the own clock said then. */
export type Attested = { readonly relayTime: number; readonly ownTime: number };

/** Further off than this, a clock is not believed, and the person is told. */
export const CLOCK_OFF_MS_MAX = 600_000;
/** How coarse the highest time is kept. */
const HIGHEST_STEP_MS = 600_000;

export function believedTime(own: number, highest: number, attested: Attested | undefined): number {
  return Math.max(own, highest, attested === undefined ? 0 : attestedNow(attested, own));
}

const attestedNow = (attested: Attested, own: number): number =>
  attested.relayTime + Math.max(0, own - attested.ownTime);

/** How far the own clock is ahead of the relay's, where that is too much. */
export function clockOff(attested: Attested | undefined): number | undefined {
  if (attested === undefined) return undefined;
  const off = attested.ownTime - attested.relayTime;
  return Math.abs(off) > CLOCK_OFF_MS_MAX ? off : undefined;
}

/**
 * What to store as the highest time, if it moved enough. Only a time that the own clock and the relay agree on: one
 * wrong clock must not make everything that ever comes look burned.
 */
export function newHighest(
  own: number,
  highest: number,
  attested: Attested | undefined,
  stepMs = HIGHEST_STEP_MS,
): number | undefined {
  if (attested === undefined || clockOff(attested) !== undefined) return undefined;
  const agreed = Math.min(own, attestedNow(attested, own) + CLOCK_OFF_MS_MAX);
  return agreed - highest >= stepMs ? agreed : undefined;
}
