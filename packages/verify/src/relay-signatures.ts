/** What a relay signs, and what others sign for it, checked by a client. Spec: spec/channel.md, "Signed bytes". */
import {
  commitBytes,
  createBytes,
  equalBytes,
  err,
  helloBytes,
  ok,
  receiptBytes,
  type Entry,
  type EpochPublicKeys,
  type Reply,
  type Result,
  type Sha256,
} from "@sotto/protocol";
import { isSignedBy } from "./ed25519.ts";

type Welcome = Extract<Reply, { readonly kind: "welcome" }>;
type CommitEntry = Extract<Entry, { readonly kind: "commit" }>;

/** `relayId` is undefined before this client ever reached the relay: then whoever proves a key is believed. */
export function checkHello(
  expected: { readonly relayId: Uint8Array | undefined; readonly clientNonce: Uint8Array },
  welcome: Welcome,
): Result<void, "otherRelay" | "forged"> {
  if (expected.relayId && !equalBytes(expected.relayId, welcome.relayId)) return err("otherRelay");
  const bytes = helloBytes({
    relayId: welcome.relayId,
    clientNonce: expected.clientNonce,
    relayNonce: welcome.nonce,
    time: welcome.time,
    policy: welcome.policy,
  });
  return isSignedBy(welcome.relayId, bytes, welcome.signature) ? ok(undefined) : err("forged");
}

export type Receipt = {
  readonly seq: number;
  /** The channel's epoch after that entry. */
  readonly epoch: number;
  readonly head: Uint8Array;
  readonly receipt: Uint8Array;
};

/** Of ATTEST and COMMIT. Two genuine receipts with one seq and different heads prove that the relay forked the log. */
export const isReceiptGenuine = (relayId: Uint8Array, cid: Uint8Array, given: Receipt): boolean =>
  isSignedBy(relayId, receiptBytes(relayId, cid, given.seq, given.epoch, given.head), given.receipt);

export const isCreateSigned = (
  relayId: Uint8Array,
  cid: Uint8Array,
  keys: EpochPublicKeys,
  signature: Uint8Array,
): boolean => isSignedBy(keys.commit, createBytes(relayId, cid, keys), signature);

/** By the commit key of the epoch it ends, and by that epoch's admin key where the Commit claims one. */
export function isCommitSigned(
  sha256: Sha256,
  channel: { readonly relayId: Uint8Array; readonly cid: Uint8Array; readonly keys: EpochPublicKeys },
  entry: CommitEntry,
): boolean {
  const { relayId, cid, keys } = channel;
  const bytes = commitBytes(sha256, {
    relayId,
    cid,
    epoch: entry.epoch,
    body: entry.body,
    next: entry.next,
  });
  if (!isSignedBy(keys.commit, bytes, entry.signature)) return false;
  if (entry.adminSignature === undefined) return true;
  return keys.admin !== undefined && isSignedBy(keys.admin, bytes, entry.adminSignature);
}
