/**
 * What is rare, decided over rows: inboxes, backups, codes and tokens. Every store brings the rows; the rest is the same.
 * Nothing here awaits: a store that reads asynchronously loads the rows first.
 */
import type { Sha256 } from "@sotto/protocol";
import { decideActivate, isSpendable, type Code, type Token } from "./admission.ts";
import { decideInbox, decideInboxCreate, type Inbox, type InboxDecision } from "./inbox.ts";
import { decideBackupPut, type KeptBackup } from "./backup.ts";
import {
  refused,
  type AdmissionOperation,
  type BackupPut,
  type InboxOperation,
  type Outcome,
} from "./operation.ts";
import type { Spend } from "./ports.ts";

export interface Rows {
  inbox(inboxId: string): Inbox | undefined;
  putInbox(inboxId: string, inbox: Inbox): void;
  body(inboxId: string, name: string): Uint8Array | undefined;
  putBody(inboxId: string, name: string, bytes: Uint8Array): void;
  dropBody(inboxId: string, name: string): void;
  code(codeHash: string): Code | undefined;
  putCode(codeHash: string, code: Code): void;
  token(tokenHash: string): Token | undefined;
  putToken(tokenHash: string, token: Token): void;
  dropToken(tokenHash: string): void;
  backup(name: string): KeptBackup | undefined;
  putBackup(name: string, backup: KeptBackup): void;
}

/** Takes the token away, if it is good: it pays once (IN5). */
export function spendToken(rows: Rows, spend: Spend, now: number): boolean {
  if (!isSpendable(rows.token(spend.tokenHash), now)) return false;
  rows.dropToken(spend.tokenHash);
  return true;
}

export function applyAdmission(rows: Rows, op: AdmissionOperation, now: number, sha256: Sha256): Outcome {
  const code = rows.code(op.codeHash);
  if (op.kind === "mint") {
    if (!code) rows.putCode(op.codeHash, { until: op.until, usedFor: undefined, granted: 0 });
    return { kind: "done" };
  }
  const decision = decideActivate({ code, now, sha256 }, op.tokenHashes);
  if (decision.code) {
    rows.putCode(op.codeHash, decision.code);
    for (const tokenHash of decision.register ?? []) rows.putToken(tokenHash, { until: decision.code.until });
  }
  return decision.outcome;
}

export function applyToInbox(rows: Rows, op: InboxOperation, now: number, sha256: Sha256): Outcome {
  const { inboxId } = op;
  const facts = { inbox: rows.inbox(inboxId), now, sha256 };
  if (op.kind !== "inboxCreate") return keep(rows, inboxId, decideInbox(facts, op));
  const decision = decideInboxCreate(facts, op);
  if (decision.inbox && !spendToken(rows, op.spend, now)) return refused("tokenRefused");
  return keep(rows, inboxId, decision);
}

/** A name that keeps none yet pays with a token, as a channel and an inbox do (BK3). */
export function applyBackupPut(rows: Rows, op: BackupPut, now: number): Outcome {
  const before = rows.backup(op.name);
  const { outcome, backup } = decideBackupPut(before, op);
  if (backup === undefined) return outcome;
  const isPaid = before !== undefined || (op.spend !== undefined && spendToken(rows, op.spend, now));
  if (!isPaid) return refused("tokenRefused");
  rows.putBackup(op.name, backup);
  return outcome;
}

function keep(rows: Rows, inboxId: string, decision: InboxDecision): Outcome {
  const { outcome, inbox, put = [], drop = [], give = [] } = decision;
  const items = give.map((name) => rows.body(inboxId, name)).filter((item) => item !== undefined);
  for (const name of drop) rows.dropBody(inboxId, name);
  for (const { name, bytes } of put) rows.putBody(inboxId, name, bytes);
  if (inbox) rows.putInbox(inboxId, inbox);
  return outcome.kind === "claimed" ? { kind: "claimed", items } : outcome;
}
