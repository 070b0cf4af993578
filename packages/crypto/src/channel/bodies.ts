/**
 * What is posted to a channel: sealed under the epoch's wrap key and padded, so that the relay sees neither group,
 * sender, kind nor true length. Spec: spec/keys.md, "Bodies" and "Commits".
 */
import {
  bindBytes,
  BODY_BYTES_MAX,
  commitBytes,
  COMMIT_BYTES_MAX,
  decode,
  encode,
  equalBytes,
  equalIfAny,
  err,
  fixed,
  GROUP_MEMBERS_MAX,
  identityChain,
  list,
  lp,
  ok,
  opaque,
  optional,
  roster,
  tagged,
  u64,
  type Entry,
  type EpochPublicKeys,
  type IdentityChain,
  type RandomBytes,
  type Result,
  type Roster,
  type TypeOf,
} from "@sotto/protocol";
import { isCommitSigned, isSignedBy, sha256 } from "@sotto/verify";
import { openPadded, sealedCapacity, sealPadded } from "../aead.ts";
import { sign, type SigningKey } from "../keys.ts";
import type { ChannelPlace, EpochKeys } from "./epoch-keys.ts";
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

const commitFields = {
  /** By the committer's leaf key over everything else here and the next epoch's keys: names who chose them. */
  bind: fixed(64),
  mlsCommit: opaque(COMMIT_BYTES_MAX),
  welcome: optional(opaque(COMMIT_BYTES_MAX)),
};

/** The first byte is its version: 2 has a change of the group's roster beside it. */
const commitContent = tagged({
  plain: [1, commitFields],
  roster: [2, { ...commitFields, roster, added: list(GROUP_MEMBERS_MAX, identityChain) }],
});

const emptyCommit = {
  kind: "plain",
  bind: new Uint8Array(64),
  mlsCommit: new Uint8Array(),
  welcome: new Uint8Array(),
} as const;

/** What a Commit's MLSMessage and its Welcome may come to together, where it changes no roster. */
export const COMMIT_CONTENT_BYTES_MAX = sealedCapacity(COMMIT_BYTES_MAX) - commitContent.size(emptyCommit);

/** What a group is from this Commit on, and the chains of those that it adds. */
export type RosterChange = { readonly roster: Roster; readonly added: readonly IdentityChain[] };

export type CommitParts = {
  readonly mlsCommit: Uint8Array;
  readonly welcome: Uint8Array | undefined;
  readonly next: EpochPublicKeys;
  readonly change?: RosterChange | undefined;
};

/** What COMMIT sends: `leafKey` is the committer's MLS signature key, `keys` are of the epoch that ends. */
export function sealCommit(
  keys: EpochKeys,
  parts: CommitParts,
  leafKey: SigningKey,
  randomBytes: RandomBytes,
): { readonly body: Uint8Array; readonly signature: Uint8Array } {
  const { relayId, cid } = keys.place;
  const { mlsCommit, welcome, next, change } = parts;
  const bound = { cid, epoch: keys.epoch, mlsCommit, welcome, next, roster: encodedRoster(change) };
  const common = { bind: sign(leafKey, bindBytes(sha256, bound)), mlsCommit, welcome };
  const content = encode(
    commitContent,
    change === undefined ? { kind: "plain", ...common } : { kind: "roster", ...common, ...change },
  );
  const body = sealPadded(keys.wrap, associated(keys, "commit"), content, COMMIT_BYTES_MAX, randomBytes);
  const signature = sign(keys.commit, commitBytes(sha256, { relayId, cid, epoch: keys.epoch, body, next }));
  return { body, signature };
}

const encodedRoster = (change: RosterChange | undefined): Uint8Array | undefined =>
  change && encode(roster, change.roster);

/** For COMMIT by an admin, beside the other signature. The same for the same Commit, whenever it is made. */
export const signCommitAsAdmin = (
  place: ChannelPlace,
  commit: { readonly epoch: number; readonly body: Uint8Array; readonly next: EpochPublicKeys },
  admin: SigningKey,
): Uint8Array => sign(admin, commitBytes(sha256, { ...place, ...commit }));

export type OpenedCommit = {
  readonly mlsCommit: Uint8Array;
  readonly welcome: Uint8Array | undefined;
  readonly bind: Uint8Array;
  readonly change: RosterChange | undefined;
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
  return decoded?.ok ? ok(openedCommit(decoded.value)) : err("unreadable");
}

const openedCommit = (content: TypeOf<typeof commitContent>): OpenedCommit => {
  const { mlsCommit, welcome, bind } = content;
  const change = content.kind === "roster" ? { roster: content.roster, added: content.added } : undefined;
  return { mlsCommit, welcome, bind, change };
};

/** Of a Commit of one's own, which needs no check. */
export function openOwnCommit(keys: EpochKeys, body: Uint8Array): OpenedCommit | undefined {
  const content = openPadded(keys.wrap, associated(keys, "commit"), body);
  const decoded = content && decode(commitContent, content);
  return decoded?.ok ? openedCommit(decoded.value) : undefined;
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
  /** Of a group: the admins' key from then on. */
  readonly admin?: Uint8Array | undefined;
}): Result<void, NextKeysFailure> {
  const { ended, opened, next, begun, own } = step;
  const bound = bindBytes(sha256, {
    cid: ended.place.cid,
    epoch: ended.epoch,
    mlsCommit: opened.mlsCommit,
    welcome: opened.welcome,
    next,
    roster: encodedRoster(opened.change),
  });
  if (!isSignedBy(step.committerKey, bound, opened.bind)) return err("unbound");
  return areKeysOf(begun, next, step.leaves, own, step.admin) ? ok(undefined) : err("otherKeys");
}

/** One's own D is enough to recompute: every other member does the same for its own. */
export function areKeysOf(
  keys: EpochKeys,
  told: EpochPublicKeys,
  leaves: readonly number[],
  own: { readonly leaf: number; readonly readerKey: Uint8Array },
  admin?: Uint8Array,
): boolean {
  const place = leaves.toSorted((a, b) => a - b).indexOf(own.leaf);
  const ownReader = told.readers[place];
  return (
    equalBytes(told.write, keys.write.publicKey) &&
    equalBytes(told.commit, keys.commit.publicKey) &&
    equalIfAny(told.admin, admin) &&
    told.readers.length === leaves.length &&
    ownReader !== undefined &&
    equalBytes(ownReader, blindedReader(keys.exported, own.leaf, own.readerKey))
  );
}
