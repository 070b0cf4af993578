/**
 * A member's device in a file: opens the container, gives the client its ports, and closes all of it again.
 * The public interface for bots, and what the terminal client stands on. Spec: spec/terminal.md, DV1 to DV7.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
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
  type LockFailure,
  type LockPorts,
  type Member,
  type MemberPorts,
  type NewSecret,
  type OpenedProfile,
  type OpenFailure,
  type OpenVault,
  type Problem,
  type Records,
} from "@sotto/client";
import {
  containerBytes,
  createContainer,
  createTsMlsEngine,
  openContainer,
  REGION_BYTES_DEFAULT,
  type BlockFileFault,
  type Container,
  type ContainerFault,
} from "@sotto/crypto";
import { assert, err, ok, textToCode, type Clock, type Result } from "@sotto/protocol";
import { createBlobTransport } from "../blob-transport.ts";
import { createCarry, fetchUnlockOffer } from "../carry.ts";
import { openNodeBlockFile } from "./block-file.ts";
import { clock as systemClock, createAlarm, randomBytes } from "./clock.ts";
import { createDial } from "./dial.ts";
import { openSource } from "./file-source.ts";

/** What can go wrong with a device as a whole, beside what can go wrong with a member. */
export type DeviceProblem =
  | Problem
  | { readonly kind: "device-missing" } // there is no such file
  | { readonly kind: "device-exists" } // there is a profile in this file already
  | { readonly kind: "device-in-use" } // another process has it
  | { readonly kind: "device-foreign" } // the file is no container
  | { readonly kind: "device-unfinished" } // its creation was cut short: it holds nothing, create it again
  | { readonly kind: "device-newer" } // written by a later version
  | { readonly kind: "device-wiped" } // ten wrong PINs, or its time had come: nothing is left of it
  | { readonly kind: "device-damaged" }; // bytes that were durable are gone or changed

export type OpenDevice = {
  /** Path of the container. Beside it lies an empty `.lock`. */
  readonly file: string;
  /** What opens it: the passphrase, or the PIN of a device that was made with one. */
  readonly passphrase: string;
  /** The system's clock unless given. */
  readonly clock?: Clock;
};

export type CreateDevice = OpenDevice & {
  /** The relay's address: `http:` or `https:`, a host and perhaps a port. */
  readonly relayUrl: string;
  /** The activation code as it was given by the relay's operator. */
  readonly code: string;
  /** What contacts see. */
  readonly name: string;
  /** "pin": `passphrase` is one, and the guardians that the relay offers check it. A bot does better with a passphrase. */
  readonly opensWith?: "passphrase" | "pin";
  /** The account of this recovery kit is taken over: its text or its words. */
  readonly kit?: string | undefined;
  /** Half of the container's size. A bot with a few conversations does with 4 MiB. At most 256 MiB. */
  readonly regionBytes?: number | undefined;
  /** Told the part of the container that is made, 0 to 1. */
  readonly onProgress?: ((part: number) => void) | undefined;
};

export type Device = {
  readonly member: Member;
  /** Its PINs and its end; undefined where a passphrase opens. */
  readonly vault: OpenVault | undefined;
  /** Ends every line and lets go of the file. What is durable stays: nothing is lost. */
  readonly close: () => Promise<void>;
  /** Nothing is left of the device, here and at every guardian that can be reached. */
  readonly wipe: () => Promise<void>;
};

/**
 * Makes a container and a member in it. Its folder is made for its owner alone. Resolves before the relay has
 * answered: `member.view().me.activation` tells what became of the code, and `me.link` is there soon after.
 *
 * A file whose making was cut short is made anew. After a failure nothing of a new file is left.
 */
export async function createDevice(options: CreateDevice): Promise<Result<Device, DeviceProblem>> {
  const { file, code } = options;
  const mistake = mistakeIn(secretOf(options));
  if (mistake !== undefined) return err(mistake);
  if (!textToCode(code).ok) return err({ kind: "code-malformed" });
  const notAKit = kitMistake(options.kit, options.relayUrl);
  if (notAKit !== undefined) return err(notAKit);
  const isNew = !existsSync(file);
  const device = await createIn(options);
  if (!device.ok && isNew && device.error.kind !== "device-in-use" && existsSync(file)) rmSync(file);
  return device;
}

const secretOf = ({ passphrase, opensWith }: CreateDevice): NewSecret =>
  opensWith === "pin" ? { kind: "pin", pin: passphrase } : { kind: "passphrase", passphrase };

async function createIn(options: CreateDevice): Promise<Result<Device, DeviceProblem>> {
  const { file, regionBytes = REGION_BYTES_DEFAULT, onProgress } = options;
  if (!makeFolder(dirname(file))) return err({ kind: "device-failing" });
  const blocks = openNodeBlockFile(file, containerBytes(regionBytes));
  if (!blocks.ok) return err(problemOf(blocks.error));
  const known = await openContainer(blocks.value, { random: randomBytes });
  if (known.ok) return joinIn(known.value, options, "known");
  const progress = onProgress && { progress: onProgress };
  const made =
    known.error.kind === "unfinished"
      ? await createContainer(blocks.value, { random: randomBytes, ...progress })
      : known;
  if (made.ok) return joinIn(made.value, options, "new");
  await blocks.value.close();
  return err(problemOf(made.error));
}

function makeFolder(path: string): boolean {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return true;
  } catch {
    return false; // a file is in the way, or it is not ours to make
  }
}

async function joinIn(
  container: Container,
  options: CreateDevice,
  kind: "new" | "known",
): Promise<Result<Device, DeviceProblem>> {
  const opened = kind === "new" ? await enrolIn(container, options) : await unlockIn(container, options);
  if (!opened.ok) {
    await container.close();
    const isAnothers = kind === "known" && WRONG.has(opened.error.kind);
    return err(isAnothers ? EXISTS : opened.error);
  }
  const { records } = opened.value.profile;
  const isEmpty = records.list("profile").length === 0;
  const joined = isEmpty ? await profileIn(records, options) : err(EXISTS);
  if (joined.ok) return start(container, opened.value, options);
  await closeProfile(opened.value.profile);
  await container.close();
  return joined;
}

/** A new account, or the one of a recovery kit. */
async function profileIn(records: Records, options: CreateDevice): Promise<Result<void, Problem>> {
  const { name, code, kit, relayUrl, clock = systemClock } = options;
  const kind = "cli";
  const ports = { dial: createDial(), alarm: createAlarm(clock), clock, randomBytes };
  const restored = kit === undefined ? undefined : await restoreAccount(ports, { kit, relayUrl, kind });
  if (restored?.ok === false) return restored;
  const joining = { name, code, relayUrl, kind, restored: restored?.value } as const;
  return createProfile({ records, randomBytes, clock }, joining);
}

const WRONG: ReadonlySet<string> = new Set(["passphrase-wrong", "pin-wrong"]);

type Opened = { readonly lock: DeviceLock; readonly profile: OpenedProfile };

const lockPorts = ({ clock = systemClock }: OpenDevice): LockPorts => ({
  carryBy: createCarry,
  randomBytes,
  clock,
});

async function enrolIn(container: Container, options: CreateDevice): Promise<Result<Opened, DeviceProblem>> {
  const enrolment = await enrolmentOf(secretOf(options), options.relayUrl, fetchUnlockOffer);
  if (!enrolment.ok) return enrolment;
  const enrolled = await enrol(container, enrolment.value, lockPorts(options));
  return enrolled.ok ? enrolled : err(problemOfLock(enrolled.error));
}

async function unlockIn(container: Container, options: OpenDevice): Promise<Result<Opened, DeviceProblem>> {
  const lock = await openLock(container, lockPorts(options));
  if (!lock.ok) return err(problemOfLock(lock.error));
  const wiped = await lock.value.wipeIfOverdue();
  if (wiped !== undefined) return err(problemOfLock(wiped));
  const profile = await lock.value.unlock(options.passphrase);
  return profile.ok ? ok({ lock: lock.value, profile: profile.value }) : err(problemOfLock(profile.error));
}

async function closeProfile({ vault, records }: OpenedProfile): Promise<void> {
  await vault?.close();
  await records.close();
}

const EXISTS = { kind: "device-exists" } as const;

/**
 * Opens a device that `createDevice` made. Takes about a second: the passphrase is stretched (Argon2id).
 * The member goes on with whatever was under way when the device was closed, however it was.
 */
export async function openDevice(options: OpenDevice): Promise<Result<Device, DeviceProblem>> {
  const { file } = options;
  if (!existsSync(file)) return err({ kind: "device-missing" });
  const blocks = openNodeBlockFile(file, containerBytes(REGION_BYTES_DEFAULT));
  if (!blocks.ok) return err(problemOf(blocks.error));
  const container = await openContainer(blocks.value, { random: randomBytes });
  if (!container.ok) {
    await blocks.value.close();
    return err(problemOf(container.error));
  }
  const opened = await unlockIn(container.value, options);
  if (opened.ok) return start(container.value, opened.value, options);
  await container.value.close();
  if (opened.error.kind === "device-wiped") rmSync(file, { force: true });
  return opened;
}

async function start(
  container: Container,
  { profile }: Opened,
  { file, clock = systemClock }: OpenDevice,
): Promise<Result<Device, DeviceProblem>> {
  const { records, vault } = profile;
  const ports: MemberPorts = {
    records,
    dial: createDial(),
    alarm: createAlarm(clock),
    clock,
    randomBytes,
    blobs: createBlobTransport(),
    openSource,
    createEngine: (authenticate) => createTsMlsEngine({ suite: "x-wing", authenticate, clock, randomBytes }),
  };
  const member = await createMember(ports);
  if (!member.ok) {
    await closeProfile(profile);
    await container.close();
    assert(member.error !== "cryptoUnsupported", "Node has the cryptography of our suite");
    return err(problemOf({ kind: member.error }));
  }
  void vault?.upkeep();
  async function closeAll(): Promise<void> {
    if (member.ok) await member.value.close();
    await closeProfile(profile);
    await container.close();
  }
  return ok({
    member: member.value,
    vault,
    close: closeAll,
    async wipe() {
      const told = vault?.wipeAtGuardians();
      await container.destroy();
      await told;
      await closeAll();
      rmSync(file, { force: true });
    },
  });
}

type Fault = BlockFileFault | ContainerFault | { readonly kind: Exclude<OpenFailure, "cryptoUnsupported"> };

const PROBLEM = {
  "in-use": { kind: "device-in-use" },
  full: { kind: "device-full" },
  failing: { kind: "device-failing" },
  foreign: { kind: "device-foreign" },
  unfinished: { kind: "device-unfinished" },
  empty: { kind: "device-unfinished" },
  damaged: { kind: "device-damaged" },
  newer: { kind: "device-newer" },
} as const satisfies Readonly<Record<Fault["kind"], DeviceProblem>>;

const problemOf = ({ kind }: Fault): DeviceProblem => PROBLEM[kind];

const problemOfLock = (failure: LockFailure): DeviceProblem => {
  switch (failure.kind) {
    case "problem":
      return failure.problem;
    case "wiped":
      return { kind: "device-wiped" };
    case "newer":
      return { kind: "device-newer" };
    case "damaged":
      return { kind: "device-damaged" };
  }
};
