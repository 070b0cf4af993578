/**
 * A member's device in a file: opens the container, gives the client its ports, and closes all of it again.
 * The public interface for bots, and what the terminal client stands on. Spec: spec/terminal.md, DV1 to DV7.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import {
  createMember,
  createProfile,
  type Member,
  type MemberPorts,
  type OpenFailure,
  type Problem,
} from "@sotto/client";
import { isPassphraseShort } from "@sotto/client/passphrase";
import {
  containerBytes,
  createContainer,
  createPassphraseSource,
  createTsMlsEngine,
  enrolPassphrase,
  openContainer,
  REGION_BYTES_DEFAULT,
  type BlockFileFault,
  type Container,
  type ContainerFault,
  type ProfileKey,
  type Records,
  type RegionFault,
  type UnlockFailure,
} from "@sotto/crypto";
import { assert, err, ok, textToCode, type Clock, type Result } from "@sotto/protocol";
import { openNodeBlockFile } from "./block-file.ts";
import { clock as systemClock, createAlarm, randomBytes } from "./clock.ts";
import { createDial } from "./dial.ts";

/** What can go wrong with a device as a whole, beside what can go wrong with a member. */
export type DeviceProblem =
  | Problem
  | { readonly kind: "device-missing" } // there is no such file
  | { readonly kind: "device-exists" } // there is a profile in this file already
  | { readonly kind: "device-in-use" } // another process has it
  | { readonly kind: "device-foreign" } // the file is no container
  | { readonly kind: "device-unfinished" } // its creation was cut short: it holds nothing, create it again
  | { readonly kind: "device-newer" } // written by a later version
  | { readonly kind: "device-damaged" }; // bytes that were durable are gone or changed

export type OpenDevice = {
  /** Path of the container. Beside it lies an empty `.lock`. */
  readonly file: string;
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
  /** Half of the container's size. A bot with a few conversations does with 4 MiB. At most 256 MiB. */
  readonly regionBytes?: number | undefined;
  /** Told the part of the container that is made, 0 to 1. */
  readonly onProgress?: ((part: number) => void) | undefined;
};

export type Device = {
  readonly member: Member;
  /** Ends every line and lets go of the file. What is durable stays: nothing is lost. */
  readonly close: () => Promise<void>;
};

/**
 * Makes a container and a member in it. Its folder is made for its owner alone. Resolves before the relay has
 * answered: `member.view().me.activation` tells what became of the code, and `me.link` is there soon after.
 *
 * A file whose making was cut short is made anew. After a failure nothing of a new file is left.
 */
export async function createDevice(options: CreateDevice): Promise<Result<Device, DeviceProblem>> {
  const { file, passphrase, code } = options;
  if (isPassphraseShort(passphrase)) return err({ kind: "passphrase-short" });
  if (!textToCode(code).ok) return err({ kind: "code-malformed" });
  const isNew = !existsSync(file);
  const device = await createIn(options);
  if (!device.ok && isNew && device.error.kind !== "device-in-use" && existsSync(file)) rmSync(file);
  return device;
}

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
  const { passphrase, name, code, relayUrl, clock = systemClock } = options;
  const source =
    kind === "new"
      ? await enrolPassphrase(container, passphrase, { random: randomBytes })
      : await createPassphraseSource(container, passphrase).unlock();
  const opened = await openRegion(container, source);
  if (!opened.ok) {
    await container.close();
    return err(kind === "known" && opened.error.kind === "passphrase-wrong" ? EXISTS : opened.error);
  }
  const records = opened.value;
  const isEmpty = records.list("").length === 0;
  const joined = isEmpty
    ? await createProfile({ records, randomBytes, clock }, { name, code, relayUrl, kind: "cli" })
    : err(EXISTS);
  if (joined.ok) return start(container, records, clock);
  await records.close();
  await container.close();
  return joined;
}

const EXISTS = { kind: "device-exists" } as const;

/**
 * Opens a device that `createDevice` made. Takes about a second: the passphrase is stretched (Argon2id).
 * The member goes on with whatever was under way when the device was closed, however it was.
 */
export async function openDevice(options: OpenDevice): Promise<Result<Device, DeviceProblem>> {
  const { file, passphrase, clock = systemClock } = options;
  if (!existsSync(file)) return err({ kind: "device-missing" });
  const blocks = openNodeBlockFile(file, containerBytes(REGION_BYTES_DEFAULT));
  if (!blocks.ok) return err(problemOf(blocks.error));
  const container = await openContainer(blocks.value, { random: randomBytes });
  if (!container.ok) {
    await blocks.value.close();
    return err(problemOf(container.error));
  }
  const records = await openRegion(
    container.value,
    await createPassphraseSource(container.value, passphrase).unlock(),
  );
  if (records.ok) return start(container.value, records.value, clock);
  await container.value.close();
  return records;
}

async function openRegion(
  container: Container,
  unlocked: Result<ProfileKey, UnlockFailure>,
): Promise<Result<Records, DeviceProblem>> {
  if (!unlocked.ok) return err(problemOf(unlocked.error));
  const { region, key } = unlocked.value;
  const records = await container.open(region, key);
  key.wipe();
  return records.ok ? records : err(problemOf(records.error));
}

async function start(
  container: Container,
  records: Records,
  clock: Clock,
): Promise<Result<Device, DeviceProblem>> {
  const ports: MemberPorts = {
    records,
    dial: createDial(),
    alarm: createAlarm(clock),
    clock,
    randomBytes,
    createEngine: (authenticate) => createTsMlsEngine({ suite: "x-wing", authenticate, clock, randomBytes }),
  };
  const member = await createMember(ports);
  const closeStorage = async (): Promise<void> => {
    await records.close();
    await container.close();
  };
  if (!member.ok) {
    await closeStorage();
    assert(member.error !== "cryptoUnsupported", "Node has the cryptography of our suite");
    return err(problemOf({ kind: member.error }));
  }
  return ok({
    member: member.value,
    async close() {
      await member.value.close();
      await closeStorage();
    },
  });
}

type Fault =
  | BlockFileFault
  | ContainerFault
  | UnlockFailure
  | RegionFault
  | { readonly kind: Exclude<OpenFailure, "cryptoUnsupported"> };

const PROBLEM = {
  "in-use": { kind: "device-in-use" },
  full: { kind: "device-full" },
  failing: { kind: "device-failing" },
  foreign: { kind: "device-foreign" },
  unfinished: { kind: "device-unfinished" },
  empty: { kind: "device-unfinished" },
  wrong: { kind: "passphrase-wrong" },
  // The key lies beside the region it opens: only damage parts them.
  "wrong-key": { kind: "device-damaged" },
  damaged: { kind: "device-damaged" },
  newer: { kind: "device-newer" },
} as const satisfies Readonly<Record<Fault["kind"], DeviceProblem>>;

const problemOf = ({ kind }: Fault): DeviceProblem => PROBLEM[kind];
