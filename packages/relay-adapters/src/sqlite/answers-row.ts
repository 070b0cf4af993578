/**
 * What repetitions of forgotten entries are answered: one row holds those of some entries of a channel, oldest first,
 * as records of one length (id 16, seq u64, time u64, head 32).
 */
import type { Answer, StoredEntry } from "@sotto/relay";
import { prefixOf } from "./prefix.ts";

const RECORD_BYTES = 16 + 8 + 8 + 32;

export type Answered = Pick<StoredEntry, "id" | "seq" | "time" | "head">;

export function answersToBytes(all: readonly Answered[]): Uint8Array {
  const out = Buffer.allocUnsafe(all.length * RECORD_BYTES);
  let at = 0;
  for (const { id, seq, time, head } of all) {
    out.set(id, at);
    out.writeBigUInt64BE(BigInt(seq), at + 16);
    out.writeBigUInt64BE(BigInt(time), at + 24);
    out.set(head, at + 32);
    at += RECORD_BYTES;
  }
  return out;
}

/** Total: of bytes that end within a record, the records before it. */
export function* bytesToAnswers(bytes: Uint8Array): Generator<Answered> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES)
    yield {
      id: bytes.subarray(at, at + 16),
      seq: uintAt(view, at + 16),
      time: uintAt(view, at + 24),
      head: bytes.subarray(at + 32, at + RECORD_BYTES),
    };
}

/** Tells the prefix of each id and its sequence number: all that an index needs, and cheaper than an object for each. */
export function eachPrefix(bytes: Uint8Array, tell: (prefix: number, seq: number) => void): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES)
    tell(prefixOf(bytes, at), uintAt(view, at + 16));
}

const uintAt = (view: DataView, at: number): number => view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);

export const toAnswer = ({ seq, time, head }: Answered): Answer => ({ seq, time, head });
