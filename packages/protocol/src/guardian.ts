/**
 * What a device and a guardian say to each other inside an envelope, and the exact bytes that are signed.
 * Spec: spec/guardian.md. Every answer says as much to a wrong PIN as to a right one.
 */
import { lp, u64 } from "./bytes.ts";
import { bool, fixed, list, named, opaque, struct, tagged, text, u8, uint, type TypeOf } from "./codec.ts";
import { URL_BYTES_MAX } from "./limits.ts";

/** Slots of a record, and tries of each until it burns. */
export const SLOTS = 4;
export const SLOT_BUDGET = 10;
/** A share sealed for one PIN: commitment, nonce, scalar, tag. */
export const SEALED_SHARE_BYTES = 32 + 24 + 32 + 16;
/** Guardians of one device. */
export const GUARDIANS_MAX = 5;
/** Of a guardian's address: what a device keeps of five of them fits its place. */
export const GUARDIAN_URL_BYTES_MAX = 160;
/** As many as an answer has room for. */
export const TOMBSTONES_PER_ANSWER = 7;

const rid = fixed(16);
const sid = fixed(16);
const nonce = fixed(32);
const key = fixed(32);
const element = fixed(32);
const scalar = fixed(32);
const signature = fixed(64);
const sealedShare = fixed(SEALED_SHARE_BYTES);
/** One bit for each slot. */
export const slotMask = u8;
/** Names one direction between two guardians of one device; the token makes the other burn. */
const kid = fixed(16);

export const registeredSlot = struct({ element, sealedShare, killMask: slotMask });
export const registeredManager = struct({ key, scope: slotMask });

export const registration = struct({
  rid,
  /** Ed25519: signs EVAL. */
  deviceKey: key,
  share: scalar,
  publicShare: element,
  wipeKey: key,
  slots: list(SLOTS, registeredSlot),
  managers: list(SLOTS, registeredManager),
  killIn: list(GUARDIANS_MAX - 1, struct({ kid, tokenHash: fixed(32), mask: slotMask })),
  /** With the keys of who is told: what goes there is sealed like a device's requests. */
  killOut: list(
    GUARDIANS_MAX - 1,
    struct({ url: text(URL_BYTES_MAX), gid: key, gx: key, kid, token: fixed(32) }),
  ),
  /** What admits a new record: spam control, not identity. */
  admission: opaque(64),
});
export type Registration = TypeOf<typeof registration>;

export const guardianRequestCodec = tagged({
  hello: [1, { rid }],
  eval: [2, { rid, nonce, element, signature }],
  open: [3, { rid, sid, commitment: element, response: scalar }],
  register: [4, { registration }],
  rearm: [5, { rid, nonce, manager: key, signature }],
  rotate: [6, { rid, nonce, manager: key, deviceKey: key, signature }],
  setSlot: [7, { rid, nonce, manager: key, slot: u8, element, sealedShare, signature }],
  setWipe: [8, { rid, nonce, manager: key, wipeKey: key, signature }],
  wipe: [9, { rid, signature }],
  /** From another guardian; most are cover. `passedOn`: not of its own, and goes no further. */
  kill: [10, { kid, token: fixed(32), passedOn: bool }],
  /** From another guardian: the record that this token is of was wiped. */
  wiped: [11, { kid, token: fixed(32) }],
  /** From another guardian, signed by it: what was wiped, from the place `after` on. */
  tombstones: [12, { peer: key, after: uint, signature }],
});
export type GuardianRequest = TypeOf<typeof guardianRequestCodec>;

export const guardianRefusal = named({
  malformed: 1,
  /** Unknown, wiped, or wrongly signed: one answer for all. */
  denied: 2,
  /** `detail` is how many milliseconds to wait. */
  wait: 3,
  /** No room: the disk is full or failing, or there are as many records as there may be. Nothing was changed. */
  storageFull: 4,
  stopping: 5,
  /** A registration names a guardian that this one was not told of. */
  unknownPeer: 6,
  /** It has just begun, and first asks the others what was wiped. */
  starting: 7,
});
export type GuardianRefusal = TypeOf<typeof guardianRefusal>;

export const guardianAnswerCodec = tagged({
  challenge: [1, { nonce }],
  /** `counter` grows with every change of the record. */
  evaluated: [2, { sid, element, proof: fixed(64), counter: uint }],
  opened: [3, { sealedShare, counter: uint }],
  registered: [4, { receipt: signature }],
  done: [5, { counter: uint }],
  gone: [6, { receipt: signature }],
  refused: [7, { code: guardianRefusal, detail: uint }],
  /** SHA-256 of the tokens whose records are gone; fewer than there is room for are the last. */
  tombstones: [8, { hashes: list(TOMBSTONES_PER_ANSWER, fixed(32)) }],
});
export type GuardianAnswer = TypeOf<typeof guardianAnswerCodec>;

type Place = { readonly gid: Uint8Array; readonly rid: Uint8Array };

/** Signed by the guardian when it has a record. */
export const registeredBytes = ({ gid, rid: of }: Place, publicShare: Uint8Array, deviceKey: Uint8Array) =>
  lp("sotto/reg/v1", gid, of, publicShare, deviceKey);

/** Signed by the device's key. */
export const evalBytes = ({ gid, rid: of }: Place, challenge: Uint8Array, blinded: Uint8Array) =>
  lp("sotto/eval/v1", gid, of, challenge, blinded);

/** Signed by a manager, all four. */
export const rearmBytes = ({ gid, rid: of }: Place, challenge: Uint8Array) =>
  lp("sotto/rearm/v1", gid, of, challenge);
export const rotateBytes = ({ gid, rid: of }: Place, challenge: Uint8Array, deviceKey: Uint8Array) =>
  lp("sotto/rotate/v1", gid, of, challenge, deviceKey);
export const setSlotBytes = (
  { gid, rid: of }: Place,
  challenge: Uint8Array,
  slot: { readonly slot: number; readonly element: Uint8Array; readonly sealedShare: Uint8Array },
) => lp("sotto/setslot/v1", gid, of, challenge, u64(slot.slot), slot.element, slot.sealedShare);
export const setWipeBytes = ({ gid, rid: of }: Place, challenge: Uint8Array, wipeKey: Uint8Array) =>
  lp("sotto/setwipe/v1", gid, of, challenge, wipeKey);

/** Signed by the wipe key, in advance; and by the guardian when the record is gone. */
export const wipeBytes = ({ gid, rid: of }: Place) => lp("sotto/wipe/v1", gid, of);
export const goneBytes = ({ gid, rid: of }: Place) => lp("sotto/gone/v1", gid, of);

/** Signed by the guardian that asks, `peer`. The answer opens for it alone, so a repetition tells nobody anything. */
export const tombstonesBytes = (gid: Uint8Array, peer: Uint8Array, after: number) =>
  lp("sotto/tombstones/v1", gid, peer, u64(after));
