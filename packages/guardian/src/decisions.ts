/**
 * Every decision about a record. Pure: whoever keeps records loads one, asks, and keeps what is returned before anybody
 * is answered. Signatures and nonces were checked before. Spec: spec/guardian.md, rules GD.
 */
import { elementToBytes, randomElement } from "@sotto/oprf";
import {
  equalBytes,
  SEALED_SHARE_BYTES,
  SLOT_BUDGET,
  SLOTS,
  type RandomBytes,
  type Registration,
} from "@sotto/protocol";
import { SESSION_KEPT_MS, SESSIONS_MAX, TRY_DELAYS_MS } from "./limits.ts";
import type { GuardianRecord, Session } from "./record.ts";

const ALL_SLOTS = 2 ** SLOTS - 1;
const EVERY_SLOT = Array.from({ length: SLOTS }, (_, slot) => slot);
const UNOPENED = new Uint8Array(32);
const NO_ANSWER = new Uint8Array(SEALED_SHARE_BYTES);

export type Facts = { readonly now: number; readonly random: RandomBytes };

const has = (mask: number, slot: number): boolean => ((mask >> slot) & 1) === 1;

/** GD10. Zero: now. A clock that went back counts as no time passed. */
export function waitOf({ tries, triedAt }: GuardianRecord, now: number): number {
  const delay = TRY_DELAYS_MS[Math.min(tries, TRY_DELAYS_MS.length - 1)] ?? 0;
  return Math.max(0, delay - Math.max(0, now - triedAt));
}

/** The same for a clock that was set back: the newest try is dated by it, so that nobody waits longer than a delay. */
export const redated = (record: GuardianRecord, now: number): GuardianRecord | undefined =>
  record.triedAt > now ? changed({ ...record, triedAt: now }) : undefined;

/** GD3: the record after a try was charged, and the session it begins. */
export function chargeTry(
  record: GuardianRecord,
  blinded: Uint8Array,
  { now, random }: Facts,
): { readonly record: GuardianRecord; readonly sid: Uint8Array } {
  const charged = charge(record, ALL_SLOTS, random);
  const begun: Session = {
    sid: random(16),
    blinded,
    at: now,
    charged: ALL_SLOTS,
    openHash: UNOPENED,
    answer: NO_ANSWER,
  };
  const kept = record.sessions.filter(({ at }) => Math.abs(now - at) < SESSION_KEPT_MS);
  return {
    sid: begun.sid,
    record: {
      ...charged,
      tries: record.tries + 1,
      triedAt: now,
      counter: record.counter + 1,
      sessions: [...kept.slice(1 - SESSIONS_MAX), begun],
    },
  };
}

export type Opened = {
  readonly record: GuardianRecord;
  readonly answer: Uint8Array;
};

export const sessionOf = (record: GuardianRecord, sid: Uint8Array, now: number): Session | undefined =>
  record.sessions.find((one) => equalBytes(one.sid, sid) && Math.abs(now - one.at) < SESSION_KEPT_MS);

/** GD6: what the same OPEN was answered before; `undefined` for the first one, "another" for one that differs. */
export function answeredBefore(session: Session, openHash: Uint8Array): Uint8Array | "another" | undefined {
  if (equalBytes(session.openHash, UNOPENED)) return undefined;
  return equalBytes(session.openHash, openHash) ? session.answer : "another";
}

/** GD4, GD5. `hit`: the slot that the link proves, if any. All slots are written, whatever it is. */
export function openSession(
  record: GuardianRecord,
  session: Session,
  { openHash, hit }: { readonly openHash: Uint8Array; readonly hit: number | undefined },
  { random }: Facts,
): Opened {
  const { slots } = record.registration;
  const slot = hit === undefined ? undefined : slots[hit];
  const miss = random(SEALED_SHARE_BYTES);
  const answer = slot?.sealedShare ?? miss;
  const killMask = slot?.killMask ?? 0;
  const budgets = record.budgets.map((left, at) => {
    if (hit === undefined) return left;
    if (at === hit) return SLOT_BUDGET;
    return Math.min(SLOT_BUDGET, left + (has(session.charged, at) ? 1 : 0));
  });
  const settled: Session = { ...session, charged: hit === undefined ? session.charged : 0, openHash, answer };
  const opened: GuardianRecord = {
    ...record,
    registration: burn(record.registration, killMask, random),
    budgets,
    tries: hit === undefined ? record.tries : 0,
    counter: record.counter + 1,
    isKilled: record.isKilled || killMask !== 0,
    sessions: record.sessions.map((one) => (one === session ? settled : one)),
  };
  return { record: opened, answer };
}

/** GD11. */
export const rearm = (record: GuardianRecord, scope: number): GuardianRecord =>
  changed({
    ...withoutRefunds(record, ALL_SLOTS),
    budgets: record.budgets.map((left, at) => (has(scope, at) ? SLOT_BUDGET : left)),
  });

/** GD12. */
export const rotate = (record: GuardianRecord, deviceKey: Uint8Array): GuardianRecord =>
  changed({
    ...withoutRefunds(record, ALL_SLOTS),
    registration: { ...record.registration, deviceKey },
  });

/** GD13. Undefined where the scope lacks the slot. */
export function setSlot(
  record: GuardianRecord,
  scope: number,
  next: { readonly slot: number; readonly element: Uint8Array; readonly sealedShare: Uint8Array },
  random: RandomBytes,
): GuardianRecord | undefined {
  if (next.slot >= SLOTS || !has(scope, next.slot)) return undefined;
  const outside = ALL_SLOTS & ~scope;
  const charged = withoutRefunds(charge(record, outside, random), outside);
  const slots = charged.registration.slots.map((slot, at) =>
    at === next.slot ? { ...slot, element: next.element, sealedShare: next.sealedShare } : slot,
  );
  const budgets = charged.budgets.map((left, at) => (at === next.slot ? SLOT_BUDGET : left));
  return changed({ ...charged, registration: { ...charged.registration, slots }, budgets });
}

/** GD14. Undefined for a manager that has not every slot in its scope. */
export const setWipe = (
  record: GuardianRecord,
  scope: number,
  wipeKey: Uint8Array,
): GuardianRecord | undefined =>
  scope === ALL_SLOTS ? changed({ ...record, registration: { ...record.registration, wipeKey } }) : undefined;

/** GD21: the record after another guardian's message; `mask` is that of a token that is known, and 0 for cover. */
export const hearKill = (record: GuardianRecord, mask: number, random: RandomBytes): GuardianRecord =>
  changed({
    ...record,
    registration: burn(record.registration, mask, random),
    isKilled: record.isKilled || mask !== 0,
  });

/** Takes one try from each slot of `mask`; one that had none left is burned (GD8). */
function charge(record: GuardianRecord, mask: number, random: RandomBytes): GuardianRecord {
  const spent = EVERY_SLOT.filter((slot) => has(mask, slot) && record.budgets[slot] === 0);
  const burned = spent.reduce((sum, slot) => sum | (1 << slot), 0);
  return {
    ...record,
    registration: burn(record.registration, burned, random),
    budgets: record.budgets.map((left, at) => (has(mask, at) ? Math.max(0, left - 1) : left)),
  };
}

const withoutRefunds = (record: GuardianRecord, mask: number): GuardianRecord => ({
  ...record,
  sessions: record.sessions.map((one) => ({ ...one, charged: one.charged & ~mask })),
});

const changed = (record: GuardianRecord): GuardianRecord => ({ ...record, counter: record.counter + 1 });

/** Slots of `mask` become as if nobody had ever known their PINs. The work is the same for every mask. */
function burn(registration: Registration, mask: number, random: RandomBytes): Registration {
  const slots = registration.slots.map((slot, at) => {
    const element = elementToBytes(randomElement(random));
    const sealedShare = random(SEALED_SHARE_BYTES);
    return has(mask, at) ? { ...slot, element, sealedShare } : slot;
  });
  return { ...registration, slots };
}
