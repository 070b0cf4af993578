/**
 * What stands between a person and the profiles of their device: a passphrase, or PINs and guardians. Whatever opens, the
 * profile's records come out; what can go wrong is a Problem or the end of the device. Spec: spec/vault.md, spec/container.md.
 */
import {
  createPassphraseSource,
  deadManAt,
  enrolPassphrase,
  enrolPin,
  readImage,
  unlockPin,
  wipeOverdue,
  type BlockFault,
  type Carry,
  type Container,
  type EnrolmentFailure,
  type Held,
  type ImageFault,
  type PinFailure,
  type ProfileKey,
  type Records,
  type RegionFault,
  type Stretch,
  type UnlockFailure,
} from "@sotto/crypto";
import {
  err,
  ok,
  unreachable,
  type Clock,
  type RandomBytes,
  type Result,
  type UnlockOffer,
} from "@sotto/protocol";
import type { Problem } from "../problems.ts";
import { guardedView, openVault, type GuardedView, type OpenVault } from "./open-vault.ts";

export type LockPorts = {
  /** By way of this relay, or past it. */
  readonly carryBy: (relayUrl: string) => Carry;
  readonly randomBytes: RandomBytes;
  readonly clock: Clock;
  /** Argon2id unless a test says otherwise. */
  readonly stretch?: Stretch | undefined;
};

/** What a lock screen needs to know. */
export type LockView = { readonly kind: "passphrase" } | ({ readonly kind: "pin" } & GuardedView);

export type LockFailure =
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "newer" | "damaged" }
  /** Nothing is left on this device, by ten wrong PINs or because its time had come. */
  | { readonly kind: "wiped" };

export type OpenedProfile = {
  readonly records: Records;
  /** Undefined where a passphrase opens. */
  readonly vault: OpenVault | undefined;
};

export interface DeviceLock {
  view(): LockView;
  /** `secret`: the PIN or the passphrase. */
  unlock(secret: string): Promise<Result<OpenedProfile, LockFailure>>;
  /** Undefined: its time has not come. Else nothing is left, here and at every guardian that could be reached. */
  wipeIfOverdue(): Promise<LockFailure | undefined>;
}

export type Enrolment =
  | { readonly kind: "passphrase"; readonly passphrase: string }
  | {
      readonly kind: "pin";
      readonly pin: string;
      readonly relayUrl: string;
      readonly offer: UnlockOffer;
    };

export async function openLock(
  container: Container,
  ports: LockPorts,
): Promise<Result<DeviceLock, LockFailure>> {
  const image = await readImage(container);
  if (!image.ok) return err(failureOf(image.error));
  if (image.value === undefined) return ok(passphraseLock(container, ports));
  const carry = ports.carryBy(image.value.relayUrl);
  return ok(pinLock({ container, ports: vaultPorts(ports, carry), image: image.value }));
}

export type Enrolled = { readonly lock: DeviceLock; readonly profile: OpenedProfile };

/** Begins the first profile of a container just created, and finishes the container. */
export async function enrol(
  container: Container,
  enrolment: Enrolment,
  ports: LockPorts,
): Promise<Result<Enrolled, LockFailure>> {
  if (enrolment.kind === "passphrase") {
    const { randomBytes: random, stretch } = ports;
    const key = await enrolPassphrase(container, enrolment.passphrase, {
      random,
      ...(stretch && { stretch }),
    });
    if (!key.ok) return err(failureOf(key.error));
    const profile = await openProfile(container, key.value, undefined);
    return profile.ok ? ok({ lock: passphraseLock(container, ports), profile: profile.value }) : profile;
  }
  const { pin, relayUrl, offer } = enrolment;
  const { guardians, threshold, isTrial, lockIdleMsMax: lockIdleMs, lockHiddenMsMax: lockHiddenMs } = offer;
  const asked = { pin, relayUrl, guardians, threshold, isTrial, lockIdleMs, lockHiddenMs };
  const enrolled = await enrolPin(container, asked, vaultPorts(ports, ports.carryBy(relayUrl)));
  if (!enrolled.ok) return err(failureOf(enrolled.error));
  const { held, profile: key } = enrolled.value;
  const profile = await openProfile(container, key, { held, alarms: [] });
  return profile.ok ? ok({ lock: pinLock(held), profile: profile.value }) : profile;
}

const vaultPorts = ({ randomBytes: random, clock, stretch }: LockPorts, carry: Carry): Held["ports"] => ({
  carry,
  random,
  clock,
  ...(stretch && { stretch }),
});

function passphraseLock(container: Container, { stretch }: LockPorts): DeviceLock {
  return {
    view: () => ({ kind: "passphrase" }),
    async unlock(passphrase) {
      const profile = await createPassphraseSource(container, passphrase, stretch).unlock();
      return profile.ok ? openProfile(container, profile.value, undefined) : err(failureOf(profile.error));
    },
    wipeIfOverdue: () => Promise.resolve(undefined),
  };
}

function pinLock(held: Held): DeviceLock {
  return {
    view: () => ({ kind: "pin", ...guardedView(held.image) }),
    async unlock(pin) {
      const unlocked = await unlockPin(held, pin);
      if (!unlocked.ok) return err(failureOfPin(unlocked.error));
      const { profile, alarms } = unlocked.value;
      return openProfile(held.container, profile, { held, alarms });
    },
    async wipeIfOverdue() {
      const at = deadManAt(held.image);
      if (at === undefined || held.ports.clock() < at) return undefined;
      const wiped = await wipeOverdue(held);
      return wiped.ok ? { kind: "wiped" } : failureOf(wiped.error);
    },
  };
}

async function openProfile(
  container: Container,
  profile: ProfileKey,
  by: { readonly held: Held; readonly alarms: readonly number[] } | undefined,
): Promise<Result<OpenedProfile, LockFailure>> {
  const records = await container.open(profile.region, profile.key);
  if (!records.ok) {
    profile.key.wipe();
    return err(failureOf(records.error));
  }
  if (by === undefined) {
    profile.key.wipe();
    return ok({ records: records.value, vault: undefined });
  }
  const vault = await openVault(by.held, profile, records.value, by.alarms);
  if (vault.ok) return ok({ records: records.value, vault: vault.value });
  profile.key.wipe();
  await records.value.close();
  return err({ kind: vault.error });
}

const problem = (of: Problem): LockFailure => ({ kind: "problem", problem: of });

type Fault = EnrolmentFailure | ImageFault | UnlockFailure | RegionFault | BlockFault;

export function failureOf(fault: Fault): LockFailure {
  switch (fault.kind) {
    case "wait":
      return problem({ kind: "guardians-wait", retryAfterMs: fault.waitMs });
    case "wrong":
      return problem({ kind: "passphrase-wrong" });
    case "full":
      return problem({ kind: "device-full" });
    case "failing":
      return problem({ kind: "device-failing" });
    case "unreached":
      return problem({ kind: "guardians-unreached" });
    case "refused":
      return problem({ kind: "guardians-refused" });
    case "newer":
      return { kind: "newer" };
    // The key lies beside the region it opens: only damage parts them.
    case "wrong-key":
    case "damaged":
      return { kind: "damaged" };
    default:
      return unreachable(fault);
  }
}

function failureOfPin(failure: PinFailure): LockFailure {
  switch (failure.kind) {
    case "wrong":
      return problem({ kind: "pin-wrong" });
    case "wait":
      return problem({ kind: "guardians-wait", retryAfterMs: failure.waitMs });
    case "false":
      return problem({ kind: "guardians-false" });
    case "partial":
      return problem({ kind: "guardians-unfinished" });
    case "denied":
      return problem({ kind: "guardians-refused" });
    case "unreached":
      return problem({ kind: "guardians-unreached" });
    case "wiped":
      return { kind: "wiped" };
    case "newer":
    case "damaged":
    case "full":
    case "failing":
      return failureOf(failure);
    default:
      return unreachable(failure);
  }
}
