/**
 * A member's device in the browser: the container in its file, the profile in its region, the member that runs on it.
 * Loaded when there is something to open or to make. Spec: spec/handset.md, "Page and worker".
 */
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
  clock,
  createAlarm,
  createDial,
  openOpfsBlockFile,
  randomBytes,
} from "@sotto/client-adapters/browser";
import {
  changePassphrase,
  containerBytes,
  createContainer,
  createPassphraseSource,
  createTsMlsEngine,
  enrolPassphrase,
  openContainer,
  type BlockFileFault,
  type Container,
  type ContainerFault,
  type ProfileKey,
  type Records,
  type RegionFault,
  type UnlockFailure,
} from "@sotto/crypto";
import { err, ok, textToCode, type Result } from "@sotto/protocol";
import { CONTAINER_NAME, removeContainer } from "./files.ts";
import type { Joining, Obstacle } from "./protocol.ts";

/** When the passphrase has been stretched: what comes after is ours to make quick. Read by bench/client-handset.ts. */
const UNLOCKED_MARK = "unlocked";

/** A thing the person can mend by trying again, or one that ends at a page that says what to do. */
export type Trouble =
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "obstacle"; readonly why: Obstacle }
  /** What is there was never finished: it holds nothing, and joining begins anew. */
  | { readonly kind: "unfinished" };

export type OpenProfile = {
  readonly member: Member;
  /** Ends every line and forgets every key; the container stays open. */
  close(): Promise<void>;
};

export const openFile = async (): Promise<Result<Container, Trouble>> => {
  const file = await openOpfsBlockFile(CONTAINER_NAME, containerBytes());
  if (!file.ok) return err(troubleOf(file.error));
  const container = await openContainer(file.value, { random: randomBytes });
  if (container.ok) return container;
  await file.value.close();
  return err(troubleOf(container.error));
};

export async function unlock(
  container: Container,
  passphrase: string,
): Promise<Result<OpenProfile, Trouble>> {
  return openRegion(container, await createPassphraseSource(container, passphrase).unlock());
}

/** Makes the container and the profile in it. After a failure nothing of either is left. */
export async function join(
  joining: Joining,
  progress: (part: number) => void,
): Promise<Result<{ readonly container: Container; readonly profile: OpenProfile }, Trouble>> {
  const mistake = mistakeIn(joining);
  if (mistake !== undefined) return err({ kind: "problem", problem: mistake });
  await removeContainer();
  const file = await openOpfsBlockFile(CONTAINER_NAME, containerBytes());
  if (!file.ok) return err(troubleOf(file.error));
  const container = await createContainer(file.value, { random: randomBytes, progress });
  const made = container.ok ? await joinIn(container.value, joining) : err(troubleOf(container.error));
  if (container.ok && made.ok) return ok({ container: container.value, profile: made.value });
  await file.value.close();
  await removeContainer();
  return made.ok ? err({ kind: "unfinished" }) : made;
}

function mistakeIn({ code, passphrase }: Joining): Problem | undefined {
  if (!textToCode(code).ok) return { kind: "code-malformed" };
  return isPassphraseShort(passphrase) ? { kind: "passphrase-short" } : undefined;
}

async function joinIn(container: Container, joining: Joining): Promise<Result<OpenProfile, Trouble>> {
  const { passphrase, name, code, relayUrl } = joining;
  const key = await enrolPassphrase(container, passphrase, { random: randomBytes });
  const records = await recordsOf(container, key);
  if (!records.ok) return records;
  const ports = { records: records.value, randomBytes, clock };
  const created = await createProfile(ports, { name, code, relayUrl, kind: "web" });
  if (created.ok) return run(records.value);
  await records.value.close();
  return err({ kind: "problem", problem: created.error });
}

/** Records stay open throughout: their key does not change, only what wraps it. */
export async function replacePassphrase(
  container: Container,
  from: string,
  to: string,
): Promise<Result<void, Trouble>> {
  if (isPassphraseShort(to)) return err({ kind: "problem", problem: { kind: "passphrase-short" } });
  const changed = await changePassphrase(container, { from, to });
  return changed.ok ? changed : err(troubleOf(changed.error));
}

async function openRegion(
  container: Container,
  key: Result<ProfileKey, UnlockFailure>,
): Promise<Result<OpenProfile, Trouble>> {
  const records = await recordsOf(container, key);
  return records.ok ? run(records.value) : records;
}

async function recordsOf(
  container: Container,
  unlocked: Result<ProfileKey, UnlockFailure>,
): Promise<Result<Records, Trouble>> {
  if (!unlocked.ok) return err(troubleOf(unlocked.error));
  performance.mark(UNLOCKED_MARK);
  const { region, key } = unlocked.value;
  const records = await container.open(region, key);
  key.wipe();
  return records.ok ? records : err(troubleOf(records.error));
}

async function run(records: Records): Promise<Result<OpenProfile, Trouble>> {
  const ports: MemberPorts = {
    records,
    dial: createDial(),
    alarm: createAlarm(),
    clock,
    randomBytes,
    createEngine: (authenticate) => createTsMlsEngine({ suite: "x-wing", authenticate, clock, randomBytes }),
  };
  const created = await createMember(ports);
  if (!created.ok) {
    await records.close();
    return err(troubleOf({ kind: created.error }));
  }
  const member = created.value;
  return ok({
    member,
    async close() {
      await member.close();
      await records.close();
    },
  });
}

type Fault = BlockFileFault | ContainerFault | UnlockFailure | RegionFault | { readonly kind: OpenFailure };

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
  // The key lies beside the region it opens: only damage parts them.
  "wrong-key": obstacle("damaged"),
  damaged: obstacle("damaged"),
  newer: obstacle("newer-data"),
  cryptoUnsupported: obstacle("unsupported"),
};

const troubleOf = ({ kind }: Fault): Trouble => TROUBLE[kind];
