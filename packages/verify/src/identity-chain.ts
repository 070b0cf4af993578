/**
 * Identity chains, checked: an account is the hash of its first entry, and every later entry is signed by the keys
 * before it, so that nobody else can add a device to it. Spec: spec/identity.md.
 */
import {
  accountIdBytes,
  credentialCodec,
  decode,
  equalBytes,
  err,
  identityBodyBytes,
  identityHashBytes,
  ok,
  type Credential,
  type Device,
  type IdentityChain,
  type IdentityEntry,
  type Result,
} from "@sotto/protocol";
import { isReaderKey, isSignedBy } from "./ed25519.ts";
import { sha256 } from "./hash.ts";

const NO_ENTRY_BEFORE = new Uint8Array(32);

/** A chain that was checked. Only `verifyChain` makes one. */
export type VerifiedChain = {
  readonly accountId: Uint8Array;
  /** h_0 to h_n. */
  readonly hashes: readonly Uint8Array[];
  /** h_n. */
  readonly head: Uint8Array;
  readonly firstIdentityKey: Uint8Array;
  readonly identityKey: Uint8Array;
  readonly recoveryKey: Uint8Array;
  /** Of the newest entry, revoked ones included. */
  readonly devices: readonly Device[];
};

export type ChainFailure =
  /** It has no entry. */
  | "empty"
  /** Of another account than asked for. */
  | "otherAccount"
  /** An entry is not signed by whom it must be. */
  | "signature"
  /** A device stands twice in one entry, or comes back after it was revoked or left out. */
  | "devices"
  /** A device went and the identity key that it knew stayed. */
  | "identityKeyKept";

export function verifyChain(
  chain: IdentityChain,
  accountId: Uint8Array,
): Result<VerifiedChain, ChainFailure> {
  const [first] = chain;
  const newest = chain.at(-1);
  if (first === undefined || newest === undefined) return err("empty");
  const hashes: Uint8Array[] = [];
  const gone = new Set<string>();
  let before: IdentityEntry | undefined;
  for (const [number, entry] of chain.entries()) {
    const body = identityBodyBytes(number, hashes.at(-1) ?? NO_ENTRY_BEFORE, entry);
    const hash = sha256(identityHashBytes(body));
    if (number === 0 && !equalBytes(sha256(accountIdBytes(hash)), accountId)) return err("otherAccount");
    const failure = checkDevices(entry, before, gone) ?? checkSignatures(body, entry, before);
    if (failure) return err(failure);
    hashes.push(hash);
    before = entry;
  }
  return ok({
    accountId,
    hashes,
    head: hashes.at(-1) ?? NO_ENTRY_BEFORE,
    firstIdentityKey: first.identityKey,
    identityKey: newest.identityKey,
    recoveryKey: newest.recoveryKey,
    devices: newest.devices,
  });
}

/** `gone` collects the leaf keys that may never be valid again. */
function checkDevices(
  entry: IdentityEntry,
  before: IdentityEntry | undefined,
  gone: Set<string>,
): ChainFailure | undefined {
  const valid = validLeafKeys(entry);
  const named = new Set(entry.devices.map((device) => device.leafKey.toHex()));
  if (named.size !== entry.devices.length) return "devices";
  for (const device of entry.devices) if (device.revoked) gone.add(device.leafKey.toHex());
  const left = before ? [...validLeafKeys(before)].filter((key) => !valid.has(key)) : [];
  for (const key of left) gone.add(key);
  if ([...valid].some((key) => gone.has(key))) return "devices";
  const isKept = before !== undefined && equalBytes(before.identityKey, entry.identityKey);
  return left.length > 0 && isKept ? "identityKeyKept" : undefined;
}

const validLeafKeys = (entry: IdentityEntry): Set<string> =>
  new Set(entry.devices.filter((device) => !device.revoked).map((device) => device.leafKey.toHex()));

/** Every signature that is there must hold, and those that are there must be enough. */
function checkSignatures(
  body: Uint8Array,
  entry: IdentityEntry,
  before: IdentityEntry | undefined,
): ChainFailure | undefined {
  const signers = before ?? entry;
  const { byIdentity, byRecovery } = entry;
  const hold =
    (byIdentity === undefined || isSignedBy(signers.identityKey, body, byIdentity)) &&
    (byRecovery === undefined || isSignedBy(signers.recoveryKey, body, byRecovery));
  if (!hold) return "signature";
  return isEnough(entry, before) ? undefined : "signature";
}

function isEnough(entry: IdentityEntry, before: IdentityEntry | undefined): boolean {
  if (before === undefined) return entry.byIdentity !== undefined && entry.byRecovery !== undefined;
  if (entry.byRecovery !== undefined) return true;
  return entry.byIdentity !== undefined && equalBytes(entry.recoveryKey, before.recoveryKey);
}

/** Whether `newer` is `older` or goes on from it. A chain that is shorter or branches off is not taken over. */
export const isContinuation = (older: VerifiedChain, newer: VerifiedChain): boolean =>
  newer.hashes.length >= older.hashes.length &&
  older.hashes.every((hash, number) => equalBytes(hash, newer.hashes[number] ?? NO_ENTRY_BEFORE));

/** The device of this leaf key, unless the newest entry revokes it or does not name it. */
export const validDevice = (chain: VerifiedChain, leafKey: Uint8Array): Device | undefined =>
  chain.devices.find((device) => !device.revoked && equalBytes(device.leafKey, leafKey));

export type CredentialFailure =
  | "malformed"
  /** No verified chain of that account is known. */
  | "unknownAccount"
  /** Made at an entry that the verified chain does not have: fetch the newer chain. */
  | "unknownEntry"
  /** The leaf key is no device of the account now. */
  | "notADevice"
  | "readerKey";

/**
 * The Authentication Service of a group (RFC 9420 section 5.3.1): the account and device behind a leaf.
 * `chainOf` gives the newest verified chain of an account.
 */
export function checkCredential(
  credential: Uint8Array,
  leafKey: Uint8Array,
  chainOf: (accountId: Uint8Array) => VerifiedChain | undefined,
): Result<{ readonly credential: Credential; readonly device: Device }, CredentialFailure> {
  const decoded = decode(credentialCodec, credential);
  if (!decoded.ok) return err("malformed");
  const { accountId, chainHead, readerKey } = decoded.value;
  const chain = chainOf(accountId);
  if (chain === undefined || !equalBytes(chain.accountId, accountId)) return err("unknownAccount");
  if (!chain.hashes.some((hash) => equalBytes(hash, chainHead))) return err("unknownEntry");
  const device = validDevice(chain, leafKey);
  if (device === undefined) return err("notADevice");
  return isReaderKey(readerKey) ? ok({ credential: decoded.value, device }) : err("readerKey");
}
