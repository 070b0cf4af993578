/**
 * One row of the journal: a version byte, then the entries a batch accepted, one after the other. Read once, after a
 * crash. A record: the channel's row (u64), the head after the entry (32), the entry's length (u32), the entry.
 */
import { decode, entryCodec, err, ok, RUNG_MS, type Result } from "@sotto/protocol";
import type { StoredEntry } from "@sotto/relay";

export type Journaled = { readonly row: number; readonly entry: StoredEntry };
export type JournalProblem =
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "damaged" };

const VERSION = 1;
const HEADER_BYTES = 8 + 32 + 4;

export function journalToBytes(records: readonly Journaled[]): Uint8Array {
  const length = records.reduce((sum, { entry }) => sum + HEADER_BYTES + entry.wire.length, 1);
  const out = Buffer.allocUnsafe(length);
  let at = out.writeUInt8(VERSION);
  for (const { row, entry } of records) {
    out.writeUInt32BE(Math.floor(row / 2 ** 32), at);
    out.writeUInt32BE(row >>> 0, at + 4);
    out.set(entry.head, at + 8);
    out.writeUInt32BE(entry.wire.length, at + 40);
    out.set(entry.wire, at + HEADER_BYTES);
    at += HEADER_BYTES + entry.wire.length;
  }
  return out;
}

/** Total and exact: what is read is written back byte for byte. */
export function bytesToJournal(bytes: Uint8Array): Result<readonly Journaled[], JournalProblem> {
  const [version = 0] = bytes;
  if (version > VERSION) return err({ kind: "newer", version });
  if (version < VERSION) return DAMAGED;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: Journaled[] = [];
  for (let at = 1; at < bytes.length;) {
    const wireAt = at + HEADER_BYTES;
    if (wireAt > bytes.length) return DAMAGED;
    const row = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
    const head = bytes.slice(at + 8, at + 40);
    at = wireAt + view.getUint32(at + 40);
    const entry = messageEntry(bytes.slice(wireAt, at), head);
    if (at > bytes.length || !Number.isSafeInteger(row) || !entry) return DAMAGED;
    records.push({ row, entry });
  }
  return ok(records);
}

const DAMAGED = err<JournalProblem>({ kind: "damaged" });

function messageEntry(wire: Uint8Array, head: Uint8Array): StoredEntry | undefined {
  const decoded = decode(entryCodec, wire);
  if (!decoded.ok || decoded.value.kind !== "message") return undefined;
  const { seq, time, rung, messageId, body } = decoded.value;
  return { seq, time, until: time + RUNG_MS[rung], id: messageId, head, bodyBytes: body.length, wire };
}
