/**
 * Sealed backups: one for each name, and a name is the key that signs for it. The relay learns neither whose it is nor
 * what is in it. Spec: spec/recovery.md, BK1 to BK6.
 */
import { equalBytes } from "@sotto/protocol";
import { refused, type BackupPut, type Outcome } from "./operation.ts";

export type KeptBackup = { readonly number: number; readonly sealed: Uint8Array };

/** The next number takes the place of the one before; the same again is a repetition; an older one never comes back. */
export function decideBackupPut(
  kept: KeptBackup | undefined,
  { number, sealed }: BackupPut,
): { readonly outcome: Outcome; readonly backup?: KeptBackup } {
  if (kept === undefined || number > kept.number)
    return { outcome: { kind: "done" }, backup: { number, sealed } };
  const isRepeated = number === kept.number && equalBytes(sealed, kept.sealed);
  return { outcome: isRepeated ? { kind: "done" } : refused("exists", kept.number) };
}
