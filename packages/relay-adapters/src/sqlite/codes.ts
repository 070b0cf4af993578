/** Activation codes, for whoever runs the relay. Works beside a running relay: SQLite orders the two writers. */
import type { DatabaseSync } from "node:sqlite";
import { fromHex } from "@sotto/protocol";

/** `codeHash`: SHA-256 of the code, hexadecimal. The code itself is never stored here. */
export function addCode(db: DatabaseSync, codeHash: string, until: number): void {
  const insert = db.prepare(
    "INSERT OR IGNORE INTO code (hash, until, used_for, granted) VALUES (?, ?, NULL, 0)",
  );
  insert.run(fromHex(codeHash), until);
}

export function isCodeUnused(db: DatabaseSync, codeHash: string, now: number): boolean {
  const select = db.prepare("SELECT 1 FROM code WHERE hash = ? AND used_for IS NULL AND until >= ?");
  return select.get(fromHex(codeHash), now) !== undefined;
}
