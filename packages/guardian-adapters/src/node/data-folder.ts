/** The folder where a guardian keeps everything: who it is, and the records it holds. Readable by its owner only. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { GuardianKeys } from "@sotto/guardian";
import { envelopePublicKey } from "@sotto/oprf";
import { err, fromHex, ok, Secret, type GuardianAddress, type Result } from "@sotto/protocol";
import { lockFolder } from "./folder-lock.ts";
import { createGuardianKeys } from "./native.ts";
import { openRecordStore, type NodeRecordStore, type StoreProblem } from "./record-store.ts";

const OWNER_ONLY = 0o600;
const SEED_BYTES = 32;
/** The seeds of gid and of gx, one on each line. */
const IDENTITY = /^([0-9a-f]{64})\n([0-9a-f]{64})\n$/;

export type FolderProblem = StoreProblem | { readonly kind: "notWritable" | "badIdentity" | "inUse" };

export type GuardianFolder = {
  readonly keys: GuardianKeys;
  readonly store: NodeRecordStore;
  /** Closes the files; another process may open them afterwards. */
  close(): void;
};

export function openGuardianFolder(path: string): Result<GuardianFolder, FolderProblem> {
  const lock = makeAndLock(path);
  if (!lock.ok) return lock;
  const opened = openFiles(path);
  if (!opened.ok) {
    lock.value.release();
    return opened;
  }
  const { keys, store } = opened.value;
  return ok({
    keys,
    store,
    close() {
      store.close();
      lock.value.release();
    },
  });
}

/** Who the guardian of a folder is, made where there is none; also while it runs. */
export async function guardianKeysOf(
  path: string,
): Promise<Result<Pick<GuardianAddress, "gid" | "gx">, FolderProblem>> {
  const lock = makeAndLock(path);
  if (!lock.ok && (lock.error.kind !== "inUse" || !existsSync(identityIn(path)))) return lock;
  const keys = readOrMakeKeys(path);
  if (lock.ok) lock.value.release();
  if (!keys.ok) return keys;
  const { gid, envelopeSeed } = keys.value;
  const gx = await envelopePublicKey(envelopeSeed);
  envelopeSeed.wipe();
  return ok({ gid, gx });
}

function makeAndLock(path: string): ReturnType<typeof lockFolder> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch {
    return err({ kind: "notWritable" });
  }
  return lockFolder(path);
}

const identityIn = (path: string): string => join(path, "identity.key");

function openFiles(path: string): Result<Pick<GuardianFolder, "keys" | "store">, FolderProblem> {
  const keys = readOrMakeKeys(path);
  if (!keys.ok) return keys;
  const store = openRecordStore(path);
  return store.ok ? ok({ keys: keys.value, store: store.value }) : store;
}

/** Records without the identity belong to a guardian that is lost: devices have pinned its keys. */
function readOrMakeKeys(path: string): Result<GuardianKeys, FolderProblem> {
  const file = identityIn(path);
  try {
    if (!existsSync(file)) {
      if (existsSync(join(path, "guardian.sqlite"))) return err({ kind: "badIdentity" });
      const text = `${newSeed()}\n${newSeed()}\n`;
      writeFileSync(`${file}.new`, text, { mode: OWNER_ONLY, flush: true });
      renameSync(`${file}.new`, file);
    }
    const [, signing, envelope] = IDENTITY.exec(readFileSync(file, "utf8")) ?? [];
    if (signing === undefined || envelope === undefined) return err({ kind: "badIdentity" });
    return ok(createGuardianKeys(new Secret(fromHex(signing)), new Secret(fromHex(envelope))));
  } catch {
    return err({ kind: "notWritable" });
  }
}

const newSeed = (): string => randomBytes(SEED_BYTES).toString("hex");
