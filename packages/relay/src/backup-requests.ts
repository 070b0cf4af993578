/** Requests about backups. */
import { BACKUP_BYTES, backupPutBytes, toHex, type Reply } from "@sotto/protocol";
import { asReply, DENIED, isSignedBy, submit, type Connection, type Of } from "./connection.ts";

export async function putBackup(connection: Connection, request: Of<"backupPut">): Promise<Reply> {
  const { keyRing, admission, sha256 } = connection.service;
  const { name, number, sealed, token, signature } = request;
  if (sealed.length !== BACKUP_BYTES) return DENIED;
  const message = backupPutBytes(sha256, { relayId: keyRing.relayId, name, number, sealed });
  if (!(await isSignedBy(connection, name, message, signature))) return DENIED;
  const spend = token && (await admission.spend(token));
  return asReply(await submit(connection, { kind: "backupPut", name: toHex(name), number, sealed, spend }));
}

/** Whoever knows the name may have it: it opens with the recovery kit alone. */
export async function getBackup(connection: Connection, request: Of<"backupGet">): Promise<Reply> {
  const kept = await connection.service.store.backup(toHex(request.name));
  return kept ? { kind: "backup", ...kept } : DENIED;
}
