/** Stores on folders of their own, and records as devices register them, for the tests of this folder. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext } from "node:test";
import { deal } from "@sotto/crypto";
import { recordOf, type GuardianRecord } from "@sotto/guardian";
import { openRecordStore, type NodeRecordStore } from "@sotto/guardian-adapters/node";
import { sha256 } from "@sotto/verify";

export const random = (length: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(length));

export function newRecords(): readonly GuardianRecord[] {
  const guardians = [0, 1].map((at) => ({ gid: random(32), gx: random(32), url: `https://${at}.example` }));
  const pins = { real: random(32), decoy: random(32), duress: undefined };
  return deal(guardians, 2, pins, [], { random, sha256 }).registrations.map(recordOf);
}

export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sotto-guardian-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function open(folder: string): NodeRecordStore {
  const store = openRecordStore(folder);
  assert.ok(store.ok);
  return store.value;
}

export const holds = (folder: string, bytes: Uint8Array): boolean =>
  readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(bytes));
