/** What a guardian holds of one device, and its stored format: always of one size. Spec: spec/guardian.md, "Record". */
import {
  assert,
  bool,
  constant,
  decode,
  encode,
  err,
  fixed,
  list,
  ok,
  registration,
  SEALED_SHARE_BYTES,
  SLOT_BUDGET,
  SLOTS,
  slotMask,
  struct,
  u32,
  u8,
  uint,
  type Registration,
  type Result,
  type TypeOf,
} from "@sotto/protocol";
import { SESSIONS_MAX } from "./limits.ts";

/** A registration and what came of it, with room for every session: sizes say nothing of use. */
export const RECORD_BYTES = 8_192;

const session = struct({
  sid: fixed(16),
  /** B of its EVAL. */
  blinded: fixed(32),
  at: uint,
  /** The slots that it charged, and may give back. */
  charged: slotMask,
  /** SHA-256 of the OPEN that was answered; zeros before. */
  openHash: fixed(32),
  answer: fixed(SEALED_SHARE_BYTES),
});

const recordCodec = struct({
  version: constant(1, "guardian record version 1"),
  registration,
  /** Tries left of each slot. */
  budgets: list(SLOTS, u8),
  /** EVALs since the last OPEN that hit, and when the newest was. */
  tries: u32,
  triedAt: uint,
  counter: uint,
  /** Another guardian's token burned it, and its own were passed on. */
  isKilled: bool,
  /** Newest last. */
  sessions: list(SESSIONS_MAX, session),
});
export type GuardianRecord = TypeOf<typeof recordCodec>;
export type Session = TypeOf<typeof session>;

export const recordOf = (registered: Registration): GuardianRecord => ({
  version: 1,
  registration: registered,
  budgets: Array.from({ length: SLOTS }, () => SLOT_BUDGET),
  tries: 0,
  triedAt: 0,
  counter: 0,
  isKilled: false,
  sessions: [],
});

export function recordToBytes(record: GuardianRecord): Uint8Array<ArrayBuffer> {
  const bytes = encode(recordCodec, record);
  assert(4 + bytes.length <= RECORD_BYTES, "a record fits its room");
  const out = new Uint8Array(RECORD_BYTES);
  new DataView(out.buffer).setUint32(0, bytes.length);
  out.set(bytes, 4);
  bytes.fill(0);
  return out;
}

/** "damaged" for what no guardian wrote. Keeps nothing of `bytes`, which may be wiped. */
export function bytesToRecord(bytes: Uint8Array): Result<GuardianRecord, "damaged"> {
  if (bytes.length !== RECORD_BYTES) return err("damaged");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (4 + length > RECORD_BYTES) return err("damaged");
  const decoded = decode(recordCodec, bytes.slice(4, 4 + length));
  return decoded.ok ? ok(decoded.value) : err("damaged");
}
