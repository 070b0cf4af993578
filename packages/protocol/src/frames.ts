/**
 * What a client may ask of the Delivery Service, what it answers and what it pushes.
 * Spec: spec/wire.md for the framing, spec/channel.md, spec/inbox.md and spec/blob.md for what each means.
 */
import { rung } from "./burn.ts";
import {
  bool,
  constant,
  decode,
  encode,
  fixed,
  list,
  named,
  opaque,
  optional,
  struct,
  tagged,
  u32,
  uint,
  type Codec,
  Malformed,
  type TypeOf,
} from "./codec.ts";
import {
  ACTIVATION_TOKENS_MAX,
  BACKUP_BYTES,
  BODY_BYTES_MAX,
  CLAIMED_ITEMS_MAX,
  COMMIT_BYTES_MAX,
  FRAME_BYTES_MAX,
  PAGE_ENTRIES_MAX,
  POST_TOKENS_MAX,
  READERS_MAX,
  SHELF_ITEMS_MAX,
  SHELVED_BYTES_MAX,
  TICKET_BYTES_MAX,
  WELCOME_BYTES_MAX,
} from "./limits.ts";
import { policy } from "./policy.ts";
import { assert, err, type Result } from "./result.ts";

/** The first byte of every frame. */
export const WIRE_VERSION = 1;

const key = fixed(32); // an Ed25519 public key
const id = fixed(32); // cid, inboxId, relayId: 32 random bytes, or the relay's Ed25519 public key
const signature = fixed(64); // Ed25519
const hash = fixed(32); // SHA-256
const token = fixed(32);
/** Connection-local: names an opened channel or inbox. Zero is never given out. */
const handle = u32;
const messageId = fixed(16);

/** What the relay is told of an epoch: who may write, commit and read, as keys that name nobody. */
export const epochKeys = struct({
  write: key,
  commit: key,
  /** The admin commit key; groups only. */
  admin: optional(key),
  readers: list(READERS_MAX, key),
});
export type EpochPublicKeys = TypeOf<typeof epochKeys>;

const reading = struct({ reader: key, signature });

export const requestCodec = tagged({
  /** First on every connection: the relay proves its key and gives the nonce that OPEN signs. */
  hello: [1, { nonce: fixed(32) }],
  activate: [2, { code: fixed(16), tokenHashes: list(ACTIVATION_TOKENS_MAX, hash) }],
  create: [3, { cid: id, keys: epochKeys, token, signature }],
  /** Proves writing, reading or both, once for this connection. */
  open: [4, { cid: id, epoch: uint, write: optional(signature), read: optional(reading) }],
  resume: [5, { ticket: opaque(TICKET_BYTES_MAX) }],
  append: [6, { handle, messageId, rung, commitment: optional(fixed(32)), body: opaque(BODY_BYTES_MAX) }],
  commit: [
    7,
    {
      cid: id,
      epoch: uint,
      body: opaque(COMMIT_BYTES_MAX),
      next: epochKeys,
      signature,
      adminSignature: optional(signature),
    },
  ],
  /** One page of entries after `after`; when the last page was given, later entries are pushed. */
  read: [8, { handle, after: uint }],
  /** One way: no answer. Moves only the cursor of the reader key proven on this handle. */
  ack: [9, { handle, through: uint }],
  attest: [10, { handle }],
  close: [11, { handle }],

  inboxCreate: [
    32,
    {
      inboxId: id,
      owner: key,
      readers: list(READERS_MAX, key),
      postTokenHashes: list(POST_TOKENS_MAX, hash),
      token,
      signature,
    },
  ],
  inboxOpen: [33, { inboxId: id, reader: key, signature }],
  allow: [34, { handle, postTokenHash: hash }],
  revoke: [35, { handle, postTokenHash: hash }],
  shelve: [
    36,
    {
      handle,
      items: list(SHELF_ITEMS_MAX, opaque(SHELVED_BYTES_MAX)),
      lastResort: optional(opaque(SHELVED_BYTES_MAX)),
    },
  ],
  claim: [37, { inboxId: id, postToken: token }],
  post: [38, { inboxId: id, postToken: token, postId: fixed(16), body: opaque(WELCOME_BYTES_MAX) }],

  /** Keeps a sealed backup in place of the one before. `name` is the key that signs; the first costs a token. */
  backupPut: [
    48,
    { name: key, number: uint, sealed: opaque(BACKUP_BYTES), token: optional(token), signature },
  ],
  backupGet: [49, { name: key }],

  /** Allows whoever has the answer's token to put `bytes` bytes under `blobId`, by HTTP. */
  grantBlob: [56, { handle, blobId: id, bytes: uint, rung }],
});
export type Request = TypeOf<typeof requestCodec>;

const erasedKind = named<"message" | "commit">({ message: 1, commit: 2 });

/** One place in a channel's log, or one post in an inbox. `time` is the relay's, at receipt. */
export const entryCodec = tagged({
  message: [
    1,
    {
      seq: uint,
      epoch: uint,
      time: uint,
      rung,
      messageId,
      commitment: optional(fixed(32)),
      body: opaque(BODY_BYTES_MAX),
    },
  ],
  commit: [
    2,
    {
      seq: uint,
      epoch: uint,
      time: uint,
      body: opaque(COMMIT_BYTES_MAX),
      next: epochKeys,
      signature,
      adminSignature: optional(signature),
    },
  ],
  /** What is left of an entry: enough for the chain of heads, nothing of its body. */
  erased: [
    3,
    {
      seq: uint,
      epoch: uint,
      time: uint,
      was: erasedKind,
      rung: optional(rung),
      messageId: optional(messageId),
      commitment: optional(fixed(32)),
      contentHash: hash,
    },
  ],
  post: [4, { seq: uint, time: uint, postId: fixed(16), body: opaque(WELCOME_BYTES_MAX) }],
});
export type Entry = TypeOf<typeof entryCodec>;

/** Why a request was refused. Numbers are append-only. People never see these words. */
export const refusalCode = named({
  malformed: 1,
  /** Unknown channel or inbox, wrong key, wrong token: one answer for all. */
  denied: 2,
  /** Not the current epoch; `detail` is the current one. */
  epochMoved: 3,
  /** `detail` is how many milliseconds to wait. */
  rateLimited: 4,
  /** The create token is unknown, spent or expired. */
  tokenRefused: 5,
  /** The activation code is unknown, used by somebody else, or its term is over. */
  codeRefused: 6,
  /** This channel or inbox holds as much as it may. */
  quotaFull: 7,
  /** The relay's disk is full or failing. Nothing was stored. */
  storageFull: 8,
  /** A key was used before in this channel, or the keys repeat one another. */
  keyReused: 9,
  /** The channel or inbox exists with other contents; of a backup `detail` is the number that is kept. */
  exists: 10,
  /** This connection holds as many handles or requests as it may. */
  tooMany: 11,
  /** The relay is going down; come back elsewhere or later. */
  stopping: 12,
  /** A request before `hello`, or twice. */
  outOfOrder: 13,
});
export type RefusalCode = TypeOf<typeof refusalCode>;

export const replyCodec = tagged({
  /** `signature` by the relay's key over the layout in signed.ts: proves relayId and the time. */
  welcome: [1, { relayId: id, nonce: fixed(32), time: uint, policy, signature }],
  activated: [2, { granted: u32, until: uint }],
  created: [3, { head: hash, time: uint }],
  /**
   * `epoch`, `lastSeq` and `head` are the channel's now, or as the Commit left them that ended the handle's epoch;
   * `acked` is the cursor of this reader key, if it proved one.
   */
  opened: [
    4,
    {
      handle,
      epoch: uint,
      lastSeq: uint,
      head: hash,
      acked: uint,
      delivered: uint,
      ticket: opaque(TICKET_BYTES_MAX),
    },
  ],
  accepted: [6, { seq: uint, time: uint, head: hash }],
  /** Like accepted, for a COMMIT, with the relay's receipt over (seq, epoch, head). */
  committed: [7, { seq: uint, time: uint, head: hash, receipt: signature }],
  page: [8, { entries: list(PAGE_ENTRIES_MAX, entryCodec), isLast: bool }],
  attested: [10, { seq: uint, epoch: uint, head: hash, receipt: signature }],
  done: [11, {}],
  inboxOpened: [33, { handle, lastSeq: uint, acked: uint, shelved: u32 }],
  claimed: [37, { items: list(CLAIMED_ITEMS_MAX, opaque(SHELVED_BYTES_MAX)) }],
  backup: [49, { number: uint, sealed: opaque(BACKUP_BYTES) }],
  /** `until` is when the token ends, at which the blob has to be there whole. */
  blobGranted: [56, { token: opaque(TICKET_BYTES_MAX), until: uint }],

  refused: [64, { code: refusalCode, detail: uint }],

  /** Pushes carry request number 0. */
  pushed: [96, { handle, entry: entryCodec }],
  /** Every reader key of this handle's epoch has acknowledged up to here. A hint: the relay can lie. */
  delivered: [97, { handle, through: uint }],
  /** This connection was too slow for pushes: READ again from where you are. */
  lagging: [98, { handle }],
});
export type Reply = TypeOf<typeof replyCodec>;

const frame = <T>(body: Codec<T>) =>
  struct({ version: constant(WIRE_VERSION, "wire version 1"), number: u32, body });
const requestFrame = frame(requestCodec);
const replyFrame = frame(replyCodec);

function encodeFrame<T>(codec: Codec<T>, value: T): Uint8Array<ArrayBuffer> {
  const bytes = encode(codec, value);
  assert(bytes.length <= FRAME_BYTES_MAX, `a frame holds at most ${FRAME_BYTES_MAX} bytes`);
  return bytes;
}

function decodeFrame<T>(codec: Codec<T>, bytes: Uint8Array): Result<T, Malformed> {
  if (bytes.length > FRAME_BYTES_MAX)
    return err(new Malformed(`at most ${FRAME_BYTES_MAX} bytes`, FRAME_BYTES_MAX));
  return decode(codec, bytes);
}

/** `number` ties an answer to its request; the client counts up from 1. */
export const encodeRequest = (number: number, body: Request): Uint8Array<ArrayBuffer> =>
  encodeFrame(requestFrame, { version: WIRE_VERSION, number, body });
export const decodeRequest = (bytes: Uint8Array): Result<{ number: number; body: Request }, Malformed> =>
  decodeFrame(requestFrame, bytes);
export const encodeReply = (number: number, body: Reply): Uint8Array<ArrayBuffer> =>
  encodeFrame(replyFrame, { version: WIRE_VERSION, number, body });
export const decodeReply = (bytes: Uint8Array): Result<{ number: number; body: Reply }, Malformed> =>
  decodeFrame(replyFrame, bytes);
