/**
 * The exact bytes that are signed or hashed, so that whoever makes them and whoever checks them share one
 * definition. Spec: spec/channel.md, "Signed bytes". Every layout starts with its own label, and what a relay checks
 * names that relay, so that no signature means anything elsewhere.
 */
import { rungNumber, type Rung } from "./burn.ts";
import { lp, u64 } from "./bytes.ts";
import { encode } from "./codec.ts";
import { epochKeys, type EpochPublicKeys } from "./frames.ts";
import { policy, type Policy } from "./policy.ts";
import type { Sha256 } from "./ports.ts";

const NOTHING = new Uint8Array();

const keysBytes = (keys: EpochPublicKeys): Uint8Array => encode(epochKeys, keys);

/** Signed by the relay in `welcome`. */
export const helloBytes = (hello: {
  relayId: Uint8Array;
  clientNonce: Uint8Array;
  relayNonce: Uint8Array;
  time: number;
  policy: Policy;
}): Uint8Array =>
  lp(
    "sotto/hello/v1",
    hello.relayId,
    hello.clientNonce,
    hello.relayNonce,
    u64(hello.time),
    encode(policy, hello.policy),
  );

/** Signed by the commit key of epoch 0 in CREATE. */
export const createBytes = (relayId: Uint8Array, cid: Uint8Array, keys: EpochPublicKeys): Uint8Array =>
  lp("sotto/create/v1", relayId, cid, keysBytes(keys));

/** Signed by the write key in OPEN; `nonce` is the relay's, from `welcome`. */
export const openWriteBytes = (
  relayId: Uint8Array,
  cid: Uint8Array,
  epoch: number,
  nonce: Uint8Array,
): Uint8Array => lp("sotto/write/v1", relayId, cid, u64(epoch), nonce);

/** Signed by a reader key in OPEN. */
export const openReadBytes = (
  relayId: Uint8Array,
  cid: Uint8Array,
  epoch: number,
  nonce: Uint8Array,
): Uint8Array => lp("sotto/read/v1", relayId, cid, u64(epoch), nonce);

/** Signed by the commit key of `epoch`, and by the admin key where a Commit uses it. */
export const commitBytes = (
  sha256: Sha256,
  commit: { relayId: Uint8Array; cid: Uint8Array; epoch: number; body: Uint8Array; next: EpochPublicKeys },
): Uint8Array =>
  lp(
    "sotto/commit/v1",
    commit.relayId,
    commit.cid,
    u64(commit.epoch),
    sha256(commit.body),
    keysBytes(commit.next),
  );

/** Signed by the committer's leaf key, inside the sealed Commit: names who chose `next`. */
export const bindBytes = (
  sha256: Sha256,
  bind: {
    cid: Uint8Array;
    epoch: number;
    mlsCommit: Uint8Array;
    welcome: Uint8Array | undefined;
    next: EpochPublicKeys;
    /** Encoded; only where the Commit changes it. */
    roster?: Uint8Array | undefined;
  },
): Uint8Array =>
  lp(
    "sotto/commit-bind/v1",
    bind.cid,
    u64(bind.epoch),
    sha256(bind.mlsCommit),
    bind.welcome ? sha256(bind.welcome) : NOTHING,
    keysBytes(bind.next),
    ...(bind.roster ? [sha256(bind.roster)] : []),
  );

/** Signed by a device's leaf key: that its member asks this admin to be taken into the group again. */
export const knockBytes = (knock: {
  groupId: Uint8Array;
  cid: Uint8Array;
  epoch: number;
  accountId: Uint8Array;
  adminId: Uint8Array;
}): Uint8Array =>
  lp("sotto/knock/v1", knock.groupId, knock.cid, u64(knock.epoch), knock.accountId, knock.adminId);

/** Signed by the relay in ATTEST and with every COMMIT. `epoch` is the channel's after that entry. */
export const receiptBytes = (
  relayId: Uint8Array,
  cid: Uint8Array,
  seq: number,
  epoch: number,
  head: Uint8Array,
): Uint8Array => lp("sotto/receipt/v1", relayId, cid, u64(seq), u64(epoch), head);

/** Signed by the owner key of an inbox. */
export const inboxCreateBytes = (
  relayId: Uint8Array,
  inbox: { inboxId: Uint8Array; readers: readonly Uint8Array[]; postTokenHashes: readonly Uint8Array[] },
): Uint8Array =>
  lp("sotto/inbox-create/v1", relayId, inbox.inboxId, lp(...inbox.readers), lp(...inbox.postTokenHashes));

/** Signed by a device's reader key of an inbox. */
export const inboxOpenBytes = (relayId: Uint8Array, inboxId: Uint8Array, nonce: Uint8Array): Uint8Array =>
  lp("sotto/inbox-open/v1", relayId, inboxId, nonce);

/** Signed by the key that names a backup. `number` counts up, so that what was sent before never comes back. */
export const backupPutBytes = (
  sha256: Sha256,
  put: { relayId: Uint8Array; name: Uint8Array; number: number; sealed: Uint8Array },
): Uint8Array => lp("sotto/backup-put/v1", put.relayId, put.name, u64(put.number), sha256(put.sealed));

/** The head of a channel without entries. Hash it with SHA-256. */
export const firstHeadBytes = (relayId: Uint8Array, cid: Uint8Array, keys: EpochPublicKeys): Uint8Array =>
  lp("sotto/chan/v1", relayId, cid, keysBytes(keys));

/** What stands for a Commit in the chain of heads: its sealed body, the next keys and whoever signed for them. */
export const commitContentBytes = (commit: {
  body: Uint8Array;
  next: EpochPublicKeys;
  signature: Uint8Array;
  adminSignature: Uint8Array | undefined;
}): Uint8Array =>
  lp(
    commit.body,
    keysBytes(commit.next),
    commit.signature,
    ...(commit.adminSignature ? [commit.adminSignature] : []),
  );

export type HeadedEntry = {
  readonly seq: number;
  readonly epoch: number;
  readonly time: number;
  readonly was: "message" | "commit";
  /** Messages only. */
  readonly rung: Rung | undefined;
  readonly messageId: Uint8Array | undefined;
  readonly commitment: Uint8Array | undefined;
  /** SHA-256 of a message's sealed body, or of commitContentBytes. */
  readonly contentHash: Uint8Array;
};

/** The head after an entry is SHA-256 of this: whoever knows a head knows the whole log before it. */
export const nextHeadBytes = (head: Uint8Array, entry: HeadedEntry): Uint8Array =>
  lp(
    "sotto/entry/v1",
    head,
    u64(entry.seq),
    u64(entry.epoch),
    u64(entry.time),
    entry.was,
    Uint8Array.of(entry.rung ? rungNumber(entry.rung) : 0),
    entry.messageId ?? NOTHING,
    entry.commitment ?? NOTHING,
    entry.contentHash,
  );
