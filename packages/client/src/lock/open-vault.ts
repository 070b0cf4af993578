/**
 * What the owner of an opened profile may do about its PINs and its end. One thing at a time; locking waits for what is under
 * way and forgets every key. Spec: spec/vault.md.
 */
import {
  changePin,
  deadManAt,
  hasPin,
  makeDecoy,
  postWipe,
  readVaultRecord,
  setDeadMan,
  splitWipe,
  upkeep,
  wipeBundle,
  wipeShareToText,
  wipeVaultRecord,
  type ChangeFailure,
  type DecoyFailure,
  type Held,
  type PinName,
  type ProfileKey,
  type Records,
  type VaultImage,
  type VaultRecord,
} from "@sotto/crypto";
import { err, ok, type Result } from "@sotto/protocol";
import type { Problem } from "../problems.ts";

/** What holds for a device that PINs open, whether it is open or not. */
export type GuardedView = {
  /** One guardian, or several in one hand. */
  readonly isTrial: boolean;
  readonly guardians: number;
  readonly threshold: number;
  /** When the device wipes itself unless it is opened before. */
  readonly wipesAt: number | undefined;
  readonly lockIdleMs: number;
  readonly lockHiddenMs: number;
};

export function guardedView(image: VaultImage): GuardedView {
  const { isTrial, seats, threshold, lockIdleMs, lockHiddenMs } = image;
  const wipesAt = deadManAt(image);
  return { isTrial, guardians: seats.length, threshold, wipesAt, lockIdleMs, lockHiddenMs };
}

export type VaultView = GuardedView & {
  /** Whether the second profile is there, and its two PINs. */
  readonly hasDecoy: boolean;
  /** Numbers of guardians to be wary of: they answered falsely, or were put back to an earlier state. */
  readonly alarms: readonly number[];
  /** So long without an unlock, and the device wipes itself. */
  readonly wipesAfterMs: number | undefined;
};

export interface OpenVault {
  view(): VaultView;
  /** What follows every unlock. Never fails: what could not be done is done after the next one. */
  upkeep(): Promise<void>;
  changePin(name: PinName, pin: string): Promise<Result<void, Problem>>;
  /** Makes the second profile; `fill` begins an account in it. Its PINs are set afterwards. */
  makeDecoy(fill: (records: Records) => Promise<Result<void, Problem>>): Promise<Result<void, Problem>>;
  setDeadMan(afterMs: number | undefined): Promise<Result<void, Problem>>;
  /** Shares of what wipes this device, any two of which do. Empty in a profile that may not wipe it all. */
  wipeShares(): readonly string[];
  /** At every guardian that can be reached, for what `destroy` of the container does here. */
  wipeAtGuardians(): Promise<void>;
  /** Resolves once nothing is under way. */
  close(): Promise<void>;
}

export async function openVault(
  locked: Held,
  profile: ProfileKey,
  records: Records,
  alarms: readonly number[],
): Promise<Result<OpenVault, "newer" | "damaged">> {
  const read = await readVaultRecord(records);
  if (!read.ok) return read;
  if (read.value === undefined) return err("damaged");
  let record: VaultRecord = read.value;
  let tail: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  const closing = Promise.withResolvers<undefined>();
  const held = untilClosed(locked, closing.promise);

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = tail.then(task);
    tail = turn.catch(() => undefined);
    return turn;
  }

  /** Takes over what a step made of the record. */
  async function step(task: () => Promise<Result<VaultRecord, Problem>>): Promise<Result<void, Problem>> {
    return inTurn(async () => {
      const done = await task();
      if (!done.ok) return done;
      record = done.value;
      return ok(undefined);
    });
  }

  return ok({
    view: () => ({
      ...guardedView(held.image),
      hasDecoy: record.full?.decoyKey !== undefined && hasPin(record, "decoy"),
      alarms,
      wipesAfterMs: held.image.deadMan?.afterMs,
    }),

    upkeep: () =>
      inTurn(async () => {
        if (isClosed) return;
        const kept = await upkeep(held, record, profile, records);
        if (kept.ok) record = kept.value;
      }),

    changePin: (name, pin) =>
      step(async () => {
        const changed = await changePin(held, record, records, { name, pin });
        return changed.ok ? changed : err(problemOf(changed.error));
      }),

    makeDecoy(fill) {
      // Its making goes on where it was cut short: the account is there, its PINs may be missing.
      if (record.full?.decoyKey !== undefined) return Promise.resolve(ok(undefined));
      const own = { region: profile.region, records };
      return step(async () => {
        const made = await makeDecoy(held, record, own, async (second) => {
          const filled = await fill(second);
          return filled.ok ? filled : err({ kind: "unfilled", problem: filled.error } as const);
        });
        if (made.ok) return made;
        return err(made.error.kind === "unfilled" ? made.error.problem : problemOf(made.error));
      });
    },

    setDeadMan: (afterMs) =>
      inTurn(async () => {
        const set = await setDeadMan(held, record, afterMs);
        return set.ok ? set : err({ kind: set.error.kind === "full" ? "device-full" : "device-failing" });
      }),

    wipeShares() {
      const bundle = wipeBundle(held, record);
      return bundle ? splitWipe(bundle, held.ports.random).map(wipeShareToText) : [];
    },

    async wipeAtGuardians() {
      const bundle = wipeBundle(held, record);
      if (bundle) await postWipe(bundle, held.ports.carry);
    },

    async close() {
      isClosed = true;
      closing.resolve(undefined);
      await tail;
      profile.key.wipe();
      wipeVaultRecord(record);
    },
  });
}

/** The same device, whose guardians are out of reach once it is closed: locking waits for none of them. */
function untilClosed(locked: Held, closed: Promise<undefined>): Held {
  const { container, ports } = locked;
  return {
    container,
    ports: { ...ports, carry: (...asked) => Promise.race([closed, ports.carry(...asked)]) },
    get image() {
      return locked.image;
    },
    set image(image) {
      locked.image = image;
    },
  };
}

type Failure = ChangeFailure | DecoyFailure;

const PROBLEM_BY_KIND: Readonly<Record<Exclude<Failure["kind"], "wait">, Problem>> = {
  unreached: { kind: "guardians-unreached" },
  false: { kind: "guardians-false" },
  used: { kind: "pin-used" },
  refused: { kind: "guardians-refused" },
  exists: { kind: "guardians-refused" },
  unfinished: { kind: "guardians-unfinished" },
  full: { kind: "device-full" },
  failing: { kind: "device-failing" },
};

const problemOf = (failure: Failure): Problem =>
  failure.kind === "wait"
    ? { kind: "guardians-wait", retryAfterMs: failure.waitMs }
    : PROBLEM_BY_KIND[failure.kind];
