/**
 * A member's device in the browser: the container in its file, the profile in its region, the member that runs on it.
 * Loaded when there is something to open or to make. Spec: spec/handset.md, "Page and worker".
 */
import {
  createMember,
  createProfile,
  enrol,
  enrolmentOf,
  kitMistake,
  mistakeIn,
  openLock,
  restoreAccount,
  type DeviceLock,
  type Enrolment,
  type LockFailure,
  type LockPorts,
  type Member,
  type MemberPorts,
  type OpenedProfile,
  type OpenFailure,
  type OpenVault,
  type Problem,
} from "@sotto/client";
import { isPassphraseShort } from "@sotto/client/passphrase";
import { pinMistake } from "@sotto/client/pin";
import {
  clock,
  createAlarm,
  createBlobTransport,
  createCarry,
  createDial,
  fetchUnlockOffer,
  openOpfsBlockFile,
  randomBytes,
} from "@sotto/client-adapters/browser";
import {
  changePassphrase,
  containerBytes,
  createContainer,
  createTsMlsEngine,
  openContainer,
  type BlockFileFault,
  type Container,
  type ContainerFault,
  type Records,
  type UnlockFailure,
} from "@sotto/crypto";
import { err, ok, textToCode, type Result } from "@sotto/protocol";
import { CONTAINER_NAME, removeContainer } from "./files.ts";
import type { DecoyMaking, Joining, Obstacle, PinName, UnlockChoice } from "./protocol.ts";

/** When the passphrase has been stretched: what comes after is ours to make quick. Read by bench/client-handset.ts. */
const UNLOCKED_MARK = "unlocked";

/** A thing the person can mend by trying again, or one that ends at a page that says what to do. */
export type Trouble =
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "obstacle"; readonly why: Obstacle }
  /** What is there was never finished: it holds nothing, and joining begins anew. */
  | { readonly kind: "unfinished" }
  /** Nothing is left of what was there. */
  | { readonly kind: "wiped" };

export type OpenProfile = {
  readonly member: Member;
  /** Undefined where a passphrase opens. */
  readonly vault: OpenVault | undefined;
  /** Ends every line and forgets every key; the container stays open. */
  close(): Promise<void>;
};

/** The device's file, and what opens it. */
export type LockedDevice = { readonly container: Container; readonly lock: DeviceLock };

const ports: LockPorts = { carryBy: createCarry, randomBytes, clock };

export async function openFile(): Promise<Result<LockedDevice, Trouble>> {
  const file = await openOpfsBlockFile(CONTAINER_NAME, containerBytes());
  if (!file.ok) return err(troubleOf(file.error));
  const container = await openContainer(file.value, { random: randomBytes });
  const locked = container.ok ? await lockOf(container.value) : err(troubleOf(container.error));
  if (!locked.ok) await file.value.close();
  return locked;
}

async function lockOf(container: Container): Promise<Result<LockedDevice, Trouble>> {
  const lock = await openLock(container, ports);
  return lock.ok ? ok({ container, lock: lock.value }) : err(troubleOfLock(lock.error));
}

export async function unlock({ lock }: LockedDevice, secret: string): Promise<Result<OpenProfile, Trouble>> {
  const opened = await lock.unlock(secret);
  return opened.ok ? run(opened.value) : err(troubleOfLock(opened.error));
}

/** Whether its time had come: then nothing is left of it. */
export async function wipeIfOverdue({ lock }: LockedDevice): Promise<Trouble | undefined> {
  const wiped = await lock.wipeIfOverdue();
  return wiped && troubleOfLock(wiped);
}

export type Joined = LockedDevice & { readonly profile: OpenProfile };

/** Makes the container and the profile in it. After a failure nothing of either is left. */
export async function join(
  joining: Joining,
  progress: (part: number) => void,
): Promise<Result<Joined, Trouble>> {
  const { code, secret, kit, relayUrl } = joining;
  const mistake = textToCode(code).ok ? (mistakeIn(secret) ?? kitMistake(kit, relayUrl)) : CODE_MALFORMED;
  if (mistake !== undefined) return err({ kind: "problem", problem: mistake });
  const enrolment = await enrolmentOf(secret, relayUrl, fetchUnlockOffer);
  if (!enrolment.ok) return err({ kind: "problem", problem: enrolment.error });
  await removeContainer();
  const file = await openOpfsBlockFile(CONTAINER_NAME, containerBytes());
  if (!file.ok) return err(troubleOf(file.error));
  const container = await createContainer(file.value, { random: randomBytes, progress });
  const made = container.ok
    ? await joinIn(container.value, joining, enrolment.value)
    : err(troubleOf(container.error));
  if (made.ok) return made;
  await file.value.close();
  await removeContainer();
  return made;
}

const CODE_MALFORMED: Problem = { kind: "code-malformed" };

export async function unlockChoice(relayUrl: string): Promise<UnlockChoice | undefined> {
  const offer = await fetchUnlockOffer(relayUrl);
  if (offer === undefined) return undefined;
  const { guardians, threshold, isTrial, passphrase } = offer;
  const pins = guardians.length === 0 ? undefined : { guardians: guardians.length, threshold, isTrial };
  return { pins, isPassphraseAllowed: passphrase === "allowed" };
}

/** With a kit the account is taken over first: what that costs, should the rest fail, is an entry of its chain. */
async function joinIn(
  container: Container,
  { name, code, relayUrl, kit }: Joining,
  enrolment: Enrolment,
): Promise<Result<Joined, Trouble>> {
  const kind = "web";
  const dialing = { ...ports, dial: createDial(), alarm: createAlarm() };
  const restored = kit === undefined ? undefined : await restoreAccount(dialing, { kit, relayUrl, kind });
  if (restored?.ok === false) return err({ kind: "problem", problem: restored.error });
  const enrolled = await enrol(container, enrolment, ports);
  if (!enrolled.ok) return err(troubleOfLock(enrolled.error));
  const { lock, profile: opened } = enrolled.value;
  const { records, vault } = opened;
  const joining = { name, code, relayUrl, kind, restored: restored?.value } as const;
  const created = await createProfile({ records, randomBytes, clock }, joining);
  if (!created.ok) {
    await vault?.close();
    await records.close();
    return err({ kind: "problem", problem: created.error });
  }
  const profile = await run(opened);
  return profile.ok ? ok({ container, lock, profile: profile.value }) : profile;
}

/** Records stay open throughout: their key does not change, only what wraps it. */
export async function replacePassphrase(
  { container }: LockedDevice,
  from: string,
  to: string,
): Promise<Result<void, Trouble>> {
  if (isPassphraseShort(to)) return err({ kind: "problem", problem: { kind: "passphrase-short" } });
  const changed = await changePassphrase(container, { from, to });
  return changed.ok ? changed : err(troubleOf(changed.error));
}

/** Digits that are chosen now: what is wrong with them is known before any guardian is asked. */
export async function replacePin(
  { vault }: OpenProfile,
  name: PinName,
  pin: string,
): Promise<Result<void, Problem>> {
  const mistake = pinMistake(pin);
  if (mistake !== undefined) return err({ kind: mistake });
  return vault?.changePin(name, pin) ?? err({ kind: "guardians-refused" });
}

/** The second profile with an account of its own, then its two PINs. Can be asked for again after it was cut short. */
export async function makeDecoy(
  { vault }: OpenProfile,
  { name, code, relayUrl, decoyPin, duressPin }: DecoyMaking,
): Promise<Result<void, Problem>> {
  if (vault === undefined) return err({ kind: "guardians-refused" });
  const mistake = pinMistake(decoyPin) ?? pinMistake(duressPin);
  if (mistake !== undefined) return err({ kind: mistake });
  if (decoyPin === duressPin) return err({ kind: "pin-used" });
  const made = await vault.makeDecoy((records) =>
    createProfile({ records, randomBytes, clock }, { name, code, relayUrl, kind: "web" }),
  );
  if (!made.ok) return made;
  // The duress PIN first: while the decoy PIN is missing, the profile counts as not made.
  const duress = await vault.changePin("duress", duressPin);
  return duress.ok ? vault.changePin("decoy", decoyPin) : duress;
}

async function run({ records, vault }: OpenedProfile): Promise<Result<OpenProfile, Trouble>> {
  performance.mark(UNLOCKED_MARK);
  const created = await createMember(memberPorts(records));
  if (!created.ok) {
    await vault?.close();
    await records.close();
    return err(troubleOf({ kind: created.error }));
  }
  const member = created.value;
  return ok({
    member,
    vault,
    async close() {
      await Promise.all([member.close(), vault?.close()]);
      await records.close();
    },
  });
}

const memberPorts = (records: Records): MemberPorts => ({
  records,
  dial: createDial(),
  blobs: createBlobTransport(),
  alarm: createAlarm(),
  clock,
  randomBytes,
  createEngine: (authenticate) => createTsMlsEngine({ suite: "x-wing", authenticate, clock, randomBytes }),
});

type Fault = BlockFileFault | ContainerFault | UnlockFailure | { readonly kind: OpenFailure };

const obstacle = (why: Obstacle): Trouble => ({ kind: "obstacle", why });
const problem = (kind: "device-full" | "device-failing" | "passphrase-wrong"): Trouble => ({
  kind: "problem",
  problem: { kind },
});

const TROUBLE: Readonly<Record<Fault["kind"], Trouble>> = {
  "in-use": obstacle("second-tab"),
  full: problem("device-full"),
  failing: problem("device-failing"),
  foreign: obstacle("damaged"),
  unfinished: { kind: "unfinished" },
  empty: { kind: "unfinished" },
  wrong: problem("passphrase-wrong"),
  damaged: obstacle("damaged"),
  newer: obstacle("newer-data"),
  cryptoUnsupported: obstacle("unsupported"),
};

const troubleOf = ({ kind }: Fault): Trouble => TROUBLE[kind];

function troubleOfLock(failure: LockFailure): Trouble {
  return failure.kind === "problem" || failure.kind === "wiped" ? failure : TROUBLE[failure.kind];
}
