/**
 * One PIN at the lock screen. What it opens, only the boxes tell: the device does as much, and writes as much, for every PIN.
 * Spec: spec/vault.md, VT5 to VT11.
 */
import { err, ok, type Result } from "@sotto/protocol";
import type { BlockFault, Box, ProfileKey } from "../container/index.ts";
import { argon2idStretch } from "../container/passphrase.ts";
import { ask, unlockWithPin, type Unlocking } from "../guardian/index.ts";
import { keep, type Held } from "./held.ts";
import { withSeats, type VaultImage, type VaultSeat } from "./image.ts";
import { UNOPENED_MAX, WRONG_PINS_MAX } from "./limits.ts";
import { stretchPin } from "./pin.ts";

export type Unlocked = {
  readonly profile: ProfileKey & { readonly box: Box };
  /** Guardians by number that answered falsely, or that were put back to an earlier state (GD17). */
  readonly alarms: readonly number[];
};

export type PinFailure =
  | { readonly kind: "wrong" }
  /** It was the tenth: nothing is left on this device. */
  | { readonly kind: "wiped" }
  /** Too few guardians answered. Nothing was lost. */
  | { readonly kind: "unreached" }
  | { readonly kind: "wait"; readonly waitMs: number }
  /** Too few are left beside those whose answers do not hold. */
  | { readonly kind: "false" }
  /** A change of PIN is at some guardians and not at others. */
  | { readonly kind: "partial" }
  /** The guardians know this device no longer: it was wiped from elsewhere, or another copy of it was unlocked since. */
  | { readonly kind: "denied" }
  | { readonly kind: "newer" | "damaged" }
  | BlockFault;

export async function unlockPin(held: Held, pin: string): Promise<Result<Unlocked, PinFailure>> {
  const { container, ports } = held;
  const input = await stretchPin(pin, container.salt, ports.stretch ?? argon2idStretch);
  const seats = await Promise.all(held.image.seats.map((seat) => settle(seat, held)));
  const before: VaultImage = { ...held.image, seats };
  const unlocking = await unlockWithPin({ ...before, seats: seats.filter(isAskable) }, input, ports);
  input.fill(0);
  const kept = await keep(held, imageAfter(before, unlocking, ports.clock()));
  if (!kept.ok) return kept;
  if (unlocking.kind === "opened") return unbox(held, unlocking, alarmsOf(before, unlocking));
  if (held.image.wrongPins >= WRONG_PINS_MAX) {
    const destroyed = await container.destroy();
    return destroyed.ok ? err({ kind: "wiped" }) : destroyed;
  }
  return err(failureOf(unlocking, before.threshold));
}

const isAskable = ({ unopened }: VaultSeat): boolean => unopened.length < UNOPENED_MAX;

/** Sends again what was not answered: whatever the answer is, it is settled then. */
async function settle(seat: VaultSeat, { ports }: Held): Promise<VaultSeat> {
  const { rid } = seat;
  const answers = await Promise.all(
    seat.unopened.map((open) => ask(seat, { kind: "open", rid, ...open }, ports.carry)),
  );
  return { ...seat, unopened: seat.unopened.filter((_, at) => answers[at] === undefined) };
}

function imageAfter(before: VaultImage, unlocking: Unlocking, now: number): VaultImage {
  const { counters, unanswered, kind } = unlocking;
  const image = withSeats(before, (seat) => {
    const lost = unanswered.find(({ x }) => x === seat.x);
    const counter = Math.max(seat.counter, counters.get(seat.x) ?? 0);
    const unopened = lost ? [...seat.unopened, lost.request].slice(-UNOPENED_MAX) : seat.unopened;
    return { ...seat, counter, unopened };
  });
  if (kind === "opened") return { ...image, wrongPins: 0, openedAt: now };
  return kind === "wrong" ? { ...image, wrongPins: before.wrongPins + 1 } : image;
}

const alarmsOf = (before: VaultImage, { counters, cheating, denying }: Unlocking): readonly number[] => [
  ...cheating,
  ...denying,
  ...before.seats.flatMap(({ x, counter }) => ((counters.get(x) ?? counter) < counter ? [x] : [])),
];

async function unbox(
  { container }: Held,
  { key }: Extract<Unlocking, { kind: "opened" }>,
  alarms: readonly number[],
): Promise<Result<Unlocked, PinFailure>> {
  const profile = await container.unbox(key);
  key.wipe();
  if (profile.ok) return ok({ profile: profile.value, alarms });
  // The guardians gave what opens a box, and no box opens: bytes of it are gone.
  return err(profile.error.kind === "wrong" ? { kind: "damaged" } : profile.error);
}

function failureOf(unlocking: Exclude<Unlocking, { kind: "opened" }>, threshold: number): PinFailure {
  switch (unlocking.kind) {
    case "wrong":
    case "partial":
    case "denied":
      return { kind: unlocking.kind };
    case "tooFew": {
      const { reached, cheating, waitMs } = unlocking;
      if (waitMs !== undefined) return { kind: "wait", waitMs };
      return { kind: reached + cheating.length >= threshold && cheating.length > 0 ? "false" : "unreached" };
    }
  }
}
