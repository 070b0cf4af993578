/** When a message is forgotten on this device. Spec: spec/client.md, "Burning". */
import type { Policy } from "@sotto/protocol";

/** A thousand years: whatever a contact claims, a time that it is added to can still be written down. */
const BURN_MS_BELIEVED = 2 ** 45;
/** Of a burn time that somebody else has named. */
export const believedBurn = (burnMs: number): number => Math.min(burnMs, BURN_MS_BELIEVED);

/**
 * Burn plus the earlier of sending and receipt; plus receipt where the two differ by more than the burn, because then
 * one of the clocks is not to be believed. Undefined where burning is off. All in milliseconds.
 */
export function burnDeadline(of: {
  readonly burnMs: number;
  readonly sentAt: number;
  readonly receivedAt: number;
}): number | undefined {
  if (of.burnMs === 0) return undefined;
  const burnMs = believedBurn(of.burnMs);
  const isBelieved = Math.abs(of.receivedAt - of.sentAt) <= burnMs;
  return burnMs + (isBelieved ? Math.min(of.sentAt, of.receivedAt) : of.receivedAt);
}

/** After this long a repeat of a message is past its own burn, and no longer remembered. */
export const REPEAT_REMEMBERED_MS = 30 * 86_400_000;

/** Nobody reads quicker. */
export const BURN_MS_MIN = 5_000;

/** What the organisation allows of it; the longest it allows for what makes no sense. */
export function burnWithin({ burnMaxMs, burnOffAllowed }: Policy, burnMs: number): number {
  if (burnMs === 0 && burnOffAllowed) return 0;
  const wanted = Number.isFinite(burnMs) && burnMs > 0 ? Math.ceil(burnMs) : burnMaxMs;
  return Math.min(Math.max(wanted, BURN_MS_MIN), burnMaxMs);
}
