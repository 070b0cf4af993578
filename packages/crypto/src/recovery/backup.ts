/** What a relay keeps for whoever has the recovery kit, sealed, of one size. Spec: spec/recovery.md, RK6 to RK10. */
import {
  BACKUP_BYTES,
  BACKUP_VERSION,
  backupCodec,
  backupContact,
  backupPutBytes,
  decode,
  encode,
  equalBytes,
  err,
  lp,
  ok,
  type Backup,
  type BackupContact,
  type RandomBytes,
  type Result,
  type Secret,
} from "@sotto/protocol";
import { sha256, verifyChain } from "@sotto/verify";
import { openPadded, sealedCapacity, sealPadded } from "../aead.ts";
import { accountIdOf } from "../identity/identity.ts";
import { assertSeed, deriveKey, sign, signingKey, type SigningKey } from "../keys.ts";

const PLAINTEXT_BYTES = sealedCapacity(BACKUP_BYTES);

/** What a device keeps once the seed is on paper alone: enough to renew the backup, and not to sign for the account. */
export type BackupKeys = {
  /** Its public half is the backup's name: it tells neither the account nor its recovery key. */
  readonly name: SigningKey;
  /** 32 bytes, AES-256-GCM. */
  readonly seal: Secret;
};

export function backupKeys(recoverySeed: Secret): BackupKeys {
  assertSeed(recoverySeed);
  return {
    name: signingKey(deriveKey(recoverySeed, "sotto/recovery/v1 name", 32)),
    seal: deriveKey(recoverySeed, "sotto/recovery/v1 seal", 32),
  };
}

export function wipeBackupKeys({ name, seal }: BackupKeys): void {
  name.seed.wipe();
  seal.wipe();
}

/** For `backupPut`. */
export const signBackupPut = (
  { name }: BackupKeys,
  relayId: Uint8Array,
  put: { readonly number: number; readonly sealed: Uint8Array },
): Uint8Array => sign(name, backupPutBytes(sha256, { relayId, name: name.publicKey, ...put }));

export type SealedBackup = { readonly sealed: Uint8Array; readonly contactsLeftOut: number };

/** `contacts` are newest first: the oldest are left out where not all fit. "chain-too-long": not even the chain does. */
export function sealBackup(
  keys: BackupKeys,
  backup: Backup,
  randomBytes: RandomBytes,
): Result<SealedBackup, "chain-too-long"> {
  const bare = { ...backup, version: BACKUP_VERSION, contacts: [], padding: new Uint8Array() } as const;
  let left = PLAINTEXT_BYTES - backupCodec.size(bare);
  if (left < 0) return err("chain-too-long");
  const contacts: BackupContact[] = [];
  for (const contact of backup.contacts) {
    const bytes = backupContact.size(contact);
    if (bytes > left) break;
    left -= bytes;
    contacts.push(contact);
  }
  const plaintext = encode(backupCodec, { ...bare, contacts, padding: new Uint8Array(left) });
  const sealed = sealPadded(keys.seal, placeOf(keys), plaintext, BACKUP_BYTES, randomBytes);
  plaintext.fill(0);
  return ok({ sealed, contactsLeftOut: backup.contacts.length - contacts.length });
}

const placeOf = ({ name }: BackupKeys): Uint8Array => lp("sotto/backup/v1", name.publicKey);

/** not-ours: sealed by another kit, cut or changed. other-account: its chain is not one this recovery key may go on with. */
export type BackupProblem = "not-ours" | "newer" | "other-account";

export function openBackup(recoverySeed: Secret, sealed: Uint8Array): Result<Backup, BackupProblem> {
  const keys = backupKeys(recoverySeed);
  const plaintext = sealed.length === BACKUP_BYTES ? openPadded(keys.seal, placeOf(keys), sealed) : undefined;
  wipeBackupKeys(keys);
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
