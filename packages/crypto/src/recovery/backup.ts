/** What a relay keeps for whoever has the recovery kit, sealed, of one size. Spec: spec/recovery.md, RK6 to RK10. */
import {
  BACKUP_BYTES,
  BACKUP_VERSION,
  backupCodec,
  decode,
  encode,
  equalBytes,
  err,
  lp,
  ok,
  type Backup,
  type RandomBytes,
  type Result,
  type Secret,
} from "@sotto/protocol";
import { verifyChain } from "@sotto/verify";
import { openPadded, sealedCapacity, sealPadded } from "../aead.ts";
import { accountIdOf } from "../identity/identity.ts";
import { assertSeed, deriveKey, signingKey, type SigningKey } from "../keys.ts";

const PLAINTEXT_BYTES = sealedCapacity(BACKUP_BYTES);

const sealingKey = (seed: Secret): Secret => deriveKey(seed, "sotto/recovery/v1 seal", 32);

/** Its public half is the backup's name: it tells neither the account nor its recovery key. */
export function backupKey(recoverySeed: Secret): SigningKey {
  assertSeed(recoverySeed);
  return signingKey(deriveKey(recoverySeed, "sotto/recovery/v1 name", 32));
}

export type SealedBackup = { readonly sealed: Uint8Array; readonly contactsLeftOut: number };

/** `contacts` are newest first: the oldest are left out where not all fit. "chain-too-long": not even the chain does. */
export function sealBackup(
  recoverySeed: Secret,
  backup: Backup,
  randomBytes: RandomBytes,
): Result<SealedBackup, "chain-too-long"> {
  const version: typeof BACKUP_VERSION = BACKUP_VERSION;
  const asKept = (contacts: Backup["contacts"], padding: Uint8Array) => ({
    ...backup,
    version,
    contacts,
    padding,
  });
  let contacts = backup.contacts;
  let left = PLAINTEXT_BYTES - backupCodec.size(asKept(contacts, new Uint8Array()));
  while (left < 0 && contacts.length > 0) {
    contacts = contacts.slice(0, -1);
    left = PLAINTEXT_BYTES - backupCodec.size(asKept(contacts, new Uint8Array()));
  }
  if (left < 0) return err("chain-too-long");
  const plaintext = encode(backupCodec, asKept(contacts, new Uint8Array(left)));
  const key = sealingKey(recoverySeed);
  const sealed = sealPadded(key, placeOf(recoverySeed), plaintext, BACKUP_BYTES, randomBytes);
  plaintext.fill(0);
  key.wipe();
  return ok({ sealed, contactsLeftOut: backup.contacts.length - contacts.length });
}

const placeOf = (recoverySeed: Secret): Uint8Array => {
  const { publicKey, seed } = backupKey(recoverySeed);
  seed.wipe();
  return lp("sotto/backup/v1", publicKey);
};

/** not-ours: sealed by another kit, cut or changed. other-account: its chain is not one this recovery key may go on with. */
export type BackupProblem = "not-ours" | "newer" | "other-account";

export function openBackup(recoverySeed: Secret, sealed: Uint8Array): Result<Backup, BackupProblem> {
  const key = sealingKey(recoverySeed);
  const plaintext =
    sealed.length === BACKUP_BYTES ? openPadded(key, placeOf(recoverySeed), sealed) : undefined;
  key.wipe();
  if (plaintext === undefined) return err("not-ours");
  if ((plaintext[0] ?? 0) > BACKUP_VERSION) return err("newer");
  const decoded = decode(backupCodec, plaintext);
  if (!decoded.ok) return err("not-ours");
  const { madeAt, chain, contacts } = decoded.value;
  const newest = chain.at(-1);
  const isOurs =
    newest !== undefined &&
    verifyChain(chain, accountIdOf(chain)).ok &&
    equalBytes(newest.recoveryKey, signingKey(recoverySeed).publicKey);
  return isOurs ? ok({ madeAt, chain, contacts }) : err("other-account");
}
