/**
 * The three layouts a message costs the relay, written without the general codec: its entry, its head and its push.
 * They are the bytes of frames.ts and signed.ts exactly; entry-bytes.test.ts compares them. Spec: spec/channel.md.
 */
import {
  assert,
  encode,
  entryCodec,
  nextHeadBytes,
  rungNumber,
  WIRE_VERSION,
  type Entry,
  type Rung,
  type Sha256,
} from "@sotto/protocol";

export type MessageFields = {
  readonly seq: number;
  readonly epoch: number;
  readonly time: number;
  readonly rung: Rung;
  readonly messageId: Uint8Array;
  readonly commitment: Uint8Array | undefined;
  readonly body: Uint8Array;
};

const MESSAGE_TAG = 1;

// Byte by byte: a DataView would move a small array out of the JavaScript heap.
function putU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

function putUint(out: Uint8Array, at: number, value: number): void {
  putU32(out, at, Math.floor(value / 2 ** 32));
  putU32(out, at + 4, value >>> 0);
}

// Entries are kept for about as long as their neighbours, so they share an allocation: one each would be the larger
// part of what an entry costs.
const SLAB_BYTES = 65_536;
let slab = new Uint8Array(0);
let slabAt = 0;

/** Bytes to be written once and wholly. */
function takeBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length > SLAB_BYTES / 4) return new Uint8Array(length);
  if (slabAt + length > slab.length) [slab, slabAt] = [new Uint8Array(SLAB_BYTES), 0];
  slabAt += length;
  return slab.subarray(slabAt - length, slabAt);
}

/** `encode(entryCodec, {kind: "message", …})`. */
export function messageEntryBytes(message: MessageFields): Uint8Array<ArrayBuffer> {
  const commitmentBytes = message.commitment ? 33 : 1;
  const bodyAt = 42 + commitmentBytes + 4;
  const out = takeBytes(bodyAt + message.body.length);
  out[0] = MESSAGE_TAG;
  putUint(out, 1, message.seq);
  putUint(out, 9, message.epoch);
  putUint(out, 17, message.time);
  out[25] = rungNumber(message.rung);
  out.set(message.messageId, 26);
  if (message.commitment) {
    out[42] = 1;
    out.set(message.commitment, 43);
  }
  putU32(out, bodyAt - 4, message.body.length);
  out.set(message.body, bodyAt);
  return out;
}

export const entryBytes = (entry: Entry): Uint8Array<ArrayBuffer> => encode(entryCodec, entry);

// The fields of nextHeadBytes for a message without a commitment stand at fixed places.
const blank = new Uint8Array(32);
const scratch = nextHeadBytes(blank, {
  seq: 0,
  epoch: 0,
  time: 0,
  was: "message",
  rung: "5min",
  messageId: blank.subarray(0, 16),
  commitment: undefined,
  contentHash: blank,
});
const HEAD_AT = 18 + 4;
const SEQ_AT = HEAD_AT + 32 + 4;
const EPOCH_AT = SEQ_AT + 12;
const TIME_AT = EPOCH_AT + 12;
const RUNG_AT = TIME_AT + 8 + 4 + 7 + 4;
const ID_AT = RUNG_AT + 1 + 4;
const CONTENT_AT = ID_AT + 16 + 4 + 4;
assert(scratch.length === CONTENT_AT + 32, "the layout of a message's head is known");

/** SHA-256 of `nextHeadBytes` for a message. */
export function headAfterMessage(
  sha256: Sha256,
  head: Uint8Array,
  message: MessageFields,
  contentHash: Uint8Array,
): Uint8Array {
  if (message.commitment) return sha256(nextHeadBytes(head, { ...message, was: "message", contentHash }));
  scratch.set(head, HEAD_AT);
  putUint(scratch, SEQ_AT, message.seq);
  putUint(scratch, EPOCH_AT, message.epoch);
  putUint(scratch, TIME_AT, message.time);
  scratch[RUNG_AT] = rungNumber(message.rung);
  scratch.set(message.messageId, ID_AT);
  scratch.set(contentHash, CONTENT_AT);
  return sha256(scratch);
}

/** What precedes the entry in a `pushed` frame; the entry's bytes follow, shared by all its readers. */
export function pushHeadBytes(handle: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(10);
  out[0] = WIRE_VERSION;
  out[5] = 96;
  putU32(out, 6, handle);
  return out;
}

/** `encodeReply(number, {kind: "accepted", …})`. */
export function acceptedFrame(number: number, seq: number, time: number, head: Uint8Array): Uint8Array {
  const out = new Uint8Array(54);
  out[0] = WIRE_VERSION;
  putU32(out, 1, number);
  out[5] = 6;
  putUint(out, 6, seq);
  putUint(out, 14, time);
  out.set(head, 22);
  return out;
}

/** `encodeReply(number, {kind: "page", …})` from entries that are encoded already. */
export function pageFrame(
  number: number,
  entries: readonly Uint8Array[],
  isLast: boolean,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(entries.reduce((sum, entry) => sum + entry.length, 11));
  out[0] = WIRE_VERSION;
  putU32(out, 1, number);
  out[5] = 8;
  putU32(out, 6, entries.length);
  let at = 10;
  for (const entry of entries) {
    out.set(entry, at);
    at += entry.length;
  }
  out[at] = isLast ? 1 : 0;
  return out;
}
