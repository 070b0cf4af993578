/** One channel as this member holds it. The group's state lies beside it in two records of the engine's own. */
import {
  COMMIT_BYTES_MAX,
  endpoint,
  epochKeys,
  fixed,
  list,
  named,
  opaque,
  optional,
  struct,
  text,
  toHex,
  u32,
  uint,
  bool,
  contactCard,
  KEY_PACKAGE_BYTES_MAX,
  WELCOME_BYTES_MAX,
  type TypeOf,
  secretField,
} from "@sotto/protocol";
import { table } from "./record.ts";

/** Epochs that are over and not known to be acknowledged, at most. */
export const PAST_EPOCHS_MAX = 8;

const pastEpoch = struct({
  epoch: uint,
  /** The exporter's value of that epoch. */
  exported: secretField(32),
  /** The Commit that ended it. */
  through: uint,
});

const channel = struct({
  /** Of the conversation it belongs to. */
  conversation: text(8),
  endpoint,
  /** creating: not at the relay yet. broken: of no use any more. */
  state: named({ creating: 1, live: 2, broken: 3 }),
  /** Present while creating. */
  createToken: optional(fixed(32)),
  /** The contact's KeyPackage, until the Commit that adds it is made. */
  toAdd: optional(opaque(KEY_PACKAGE_BYTES_MAX)),
  /** Whether the contact is known to be in the group: they invited us, or were heard. */
  isHeard: bool,
  epoch: uint,
  ownLeaf: u32,
  /** X_e, the exporter's value of the current epoch: every channel key follows from it. */
  exported: secretField(32),
  /** The newest entry that was handled, and the head after it. */
  log: struct({ seq: uint, head: fixed(32) }),
  /** The entry that began the current epoch. */
  epochStart: uint,
  /** Relay time of the newest entry, never running back. */
  lastPlace: uint,
  /** The newest own message. */
  lastOwn: uint,
  /** Every device of the channel has acknowledged up to here, says the relay. */
  delivered: uint,
  /** Own messages since the last own Commit, and when the next one is due. */
  ownSinceUpdate: u32,
  updateDueAt: uint,
  past: list(PAST_EPOCHS_MAX, pastEpoch),
});
export type Channel = TypeOf<typeof channel>;
export type PastEpoch = TypeOf<typeof pastEpoch>;
export const channels = table("x/", 1, channel);

const GROUP_BYTES_MAX = 16_777_216;

/** A Commit of ours that the relay may or may not have: sent again unchanged until the epoch is over. */
const pendingCommit = struct({
  epoch: uint,
  body: opaque(COMMIT_BYTES_MAX),
  next: epochKeys,
  signature: fixed(64),
  /** What the group is once the relay has accepted it. */
  tree: opaque(GROUP_BYTES_MAX),
  secrets: opaque(GROUP_BYTES_MAX),
  exported: secretField(32),
  welcome: optional(opaque(WELCOME_BYTES_MAX)),
});
export type PendingCommit = TypeOf<typeof pendingCommit>;
export const pendingCommits = table("p/", 1, pendingCommit);

/** A post that an inbox has not confirmed yet. */
const outgoingPost = struct({
  conversation: text(8),
  cid: fixed(32),
  card: contactCard,
  postId: fixed(16),
  body: opaque(WELCOME_BYTES_MAX),
});
export const outgoingPosts = table("t/", 1, outgoingPost);

/** The private half of a KeyPackage on the shelf. */
const keyPackage = struct({
  stored: opaque(KEY_PACKAGE_BYTES_MAX),
  isLastResort: bool,
  /** When it is forgotten, used or not. */
  until: uint,
});
export const keyPackages = table("kp/", 1, keyPackage);

/** Names a KeyPackage by half of its reference, which is as long as the suite's hash: 64 bytes with X-Wing. */
export const keyPackageId = (reference: Uint8Array): string => toHex(reference.subarray(0, 32));

/** Welcomes that were joined, by hash: a repeat never replaces a group. */
export const joined = table("w/", 1, struct({ until: uint }));

/** Keys of the two halves of a group's state. */
export const treeKey = (cid: string): string => `g/${cid}/tree`;
export const secretsKey = (cid: string): string => `g/${cid}/secrets`;
