/**
 * What repeated requests are answered with, once their entries are forgotten: rows of records
 * (id 16, seq u64, time u64, head 32), and in memory only where to look for each.
 */
import { equalBytes } from "@sotto/protocol";
import type { Answer, StoredEntry } from "@sotto/relay";

const RECORD_BYTES = 16 + 8 + 8 + 32;

type Answered = Pick<StoredEntry, "id" | "seq" | "time" | "head">;

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

export function* bytesToAnswers(bytes: Uint8Array): Generator<Answered> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += RECORD_BYTES)
    yield {
      id: bytes.subarray(at, at + 16),
      seq: Number(view.getBigUint64(at + 16)),
      time: Number(view.getBigUint64(at + 24)),
      head: bytes.slice(at + 32, at + RECORD_BYTES),
    };
}

/** The answer among `all` that was given to `id`. */
export function answerTo(id: Uint8Array, all: Iterable<Answered>): Answer | undefined {
  for (const one of all) if (equalBytes(one.id, id)) return { seq: one.seq, time: one.time, head: one.head };
  return undefined;
}

/**
 * Maps ids to sequence numbers in few bytes, by 48 bits of the id. Two ids of one channel that agree in those are
 * told apart by looking; the earlier of them is then no longer found, which costs at most one repeated entry that
 * its receivers drop.
 */
export type AnswerIndex = Map<number, number>;

export function indexKey(id: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = id;
  return ((a << 16) | (b << 8) | c) * 2 ** 24 + ((d << 16) | (e << 8) | f);
}
