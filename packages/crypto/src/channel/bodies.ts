/**
 * What is posted to a channel: sealed under the epoch's wrap key and padded, so that the relay sees neither group,
 * sender, kind nor true length. Spec: spec/keys.md, "Bodies" and "Commits".
 */
import {
  bindBytes,
  BODY_BYTES_MAX,
  commitBytes,
  COMMIT_BYTES_MAX,
  constant,
  decode,
  encode,
  equalBytes,
  err,
  fixed,
  lp,
  ok,
  opaque,
  optional,
  struct,
  u64,
  type Entry,
  type EpochPublicKeys,
  type RandomBytes,
  type Result,
} from "@sotto/protocol";
import { isCommitSigned, isSignedBy, sha256 } from "@sotto/verify";
import { openPadded, sealedCapacity, sealPadded } from "../aead.ts";
import { sign, type SigningKey } from "../keys.ts";
import type { EpochKeys } from "./epoch-keys.ts";
import { blindedReader } from "./reader-key.ts";

type CommitEntry = Extract<Entry, { readonly kind: "commit" }>;

/** The longest MLSMessage that a message's body holds. */
export const MESSAGE_BYTES_MAX = sealedCapacity(BODY_BYTES_MAX);

const associated = (keys: EpochKeys, kind: "message" | "commit"): Uint8Array =>
  lp("sotto/body/v1", keys.place.cid, u64(keys.epoch), kind);

/** `mlsMessage` is at most MESSAGE_BYTES_MAX long. */
export const sealBody = (keys: EpochKeys, mlsMessage: Uint8Array, randomBytes: RandomBytes): Uint8Array =>
  sealPadded(keys.wrap, associated(keys, "message"), mlsMessage, BODY_BYTES_MAX, randomBytes);

/** Undefined for what no member of this epoch sealed for this channel. */
export const openBody = (keys: EpochKeys, body: Uint8Array): Uint8Array | undefined =>
  openPadded(keys.wrap, associated(keys, "message"), body);

const commitContent = struct({
  version: constant(1, "commit content version 1"),
  /** By the committer's leaf key over everything else here and the next epoch's keys: names who chose them. */
  bind: fixed(64),
  mlsCommit: opaque(COMMIT_BYTES_MAX),
  welcome: optional(opaque(COMMIT_BYTES_MAX)),
});

const emptyCommit = {
  version: 1,
  bind: new Uint8Array(64),
  mlsCommit: new Uint8Array(),
  welcome: new Uint8Array(),
};

/** What a Commit's MLSMessage and its Welcome may come to together. */
export const COMMIT_CONTENT_BYTES_MAX = sealedCapacity(COMMIT_BYTES_MAX) - commitContent.size(emptyCommit);

export type CommitParts = {
  readonly mlsCommit: Uint8Array;
  readonly welcome: Uint8Array | undefined;
  readonly next: EpochPublicKeys;
};

/** What COMMIT sends: `leafKey` is the committer's MLS signature key, `keys` are of the epoch that ends. */
export function sealCommit(
  keys: EpochKeys,
  parts: CommitParts,
  leafKey: SigningKey,
  randomBytes: RandomBytes,
): { readonly body: Uint8Array; readonly signature: Uint8Array } {
  const { relayId, cid } = keys.place;
  const { mlsCommit, welcome, next } = parts;
  const bind = sign(leafKey, bindBytes(sha256, { cid, epoch: keys.epoch, mlsCommit, welcome, next }));
  const content = encode(commitContent, { version: 1, bind, mlsCommit, welcome });
  const body = sealPadded(keys.wrap, associated(keys, "commit"), content, COMMIT_BYTES_MAX, randomBytes);
  const signature = sign(keys.commit, commitBytes(sha256, { relayId, cid, epoch: keys.epoch, body, next }));
  return { body, signature };
}

export type OpenedCommit = {
  readonly mlsCommit: Uint8Array;
  readonly welcome: Uint8Array | undefined;
  readonly bind: Uint8Array;
};

/** `forged`: not signed under this epoch's commit key. `unreadable`: signed by a member, and not a Commit all the same. */
export type CommitEntryFailure = "forged" | "unreadable";

/** The first two steps with a Commit that was read; then MLS, then `checkNextKeys`. Views of the entry's body. */
export function openCommit(
  keys: EpochKeys,
  publicKeys: Pick<EpochPublicKeys, "admin">,
  entry: CommitEntry,
): Result<OpenedCommit, CommitEntryFailure> {
  const { relayId, cid } = keys.place;
  const known = { ...publicKeys, write: keys.write.publicKey, commit: keys.commit.publicKey, readers: [] };
  if (entry.epoch !== keys.epoch || !isCommitSigned(sha256, { relayId, cid, keys: known }, entry)) {
    return err("forged");
  }
  const content = openPadded(keys.wrap, associated(keys, "commit"), entry.body);
  const decoded = content && decode(commitContent, content);
  return decoded?.ok ? ok(decoded.value) : err("unreadable");
}

/** `unbound`: the committer named by MLS did not sign for these keys. `otherKeys`: it did, and they are not the epoch's. */
export type NextKeysFailure = "unbound" | "otherKeys";

/** The last step: whether the keys that the relay was told are those of the epoch that the Commit begins. */
export function checkNextKeys(step: {
  readonly ended: EpochKeys;
  readonly opened: OpenedCommit;
  readonly next: EpochPublicKeys;
  /** Of the committer, in the tree of the epoch that ended. */
  readonly committerKey: Uint8Array;
  readonly begun: EpochKeys;
  /** Leaves of the epoch that begins. */
  readonly leaves: readonly number[];
  readonly own: { readonly leaf: number; readonly readerKey: Uint8Array };
}): Result<void, NextKeysFailure> {
  const { ended, opened, next, begun, own } = step;
  const bound = bindBytes(sha256, {
    cid: ended.place.cid,
    epoch: ended.epoch,
    mlsCommit: opened.mlsCommit,
    welcome: opened.welcome,
    next,
  });
  if (!isSignedBy(step.committerKey, bound, opened.bind)) return err("unbound");
  return areKeysOf(begun, next, step.leaves, own) ? ok(undefined) : err("otherKeys");
}

/** One's own D is enough to recompute: every other member does the same for its own. */
export function areKeysOf(
  keys: EpochKeys,
  told: EpochPublicKeys,
  leaves: readonly number[],
  own: { readonly leaf: number; readonly readerKey: Uint8Array },
): boolean {
  const place = leaves.toSorted((a, b) => a - b).indexOf(own.leaf);
  const ownReader = told.readers[place];
  return (
    equalBytes(told.write, keys.write.publicKey) &&
    equalBytes(told.commit, keys.commit.publicKey) &&
    told.admin === undefined &&
    told.readers.length === leaves.length &&
    ownReader !== undefined &&
    equalBytes(ownReader, blindedReader(keys.exported, own.leaf, own.readerKey))
  );
}
