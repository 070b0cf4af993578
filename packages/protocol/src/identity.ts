/** Identity chains, credentials and contact links, as bytes. Spec: spec/identity.md, spec/contact-link.md. */
import { lp, u64 } from "./bytes.ts";
import { bool, constant, fixed, list, named, optional, struct, text, uint, type TypeOf } from "./codec.ts";
import { CHAIN_ENTRIES_MAX, DEVICES_MAX, URL_BYTES_MAX } from "./limits.ts";

const key = fixed(32);
const hash = fixed(32);
const signature = fixed(64);

export const deviceKind = named({ web: 1, ext: 2, launcher: 3, cli: 4 });
export type DeviceKind = TypeOf<typeof deviceKind>;

/** A device as its account's chain names it. `leafKey` is its MLS signature key. */
export const device = struct({ leafKey: key, kind: deviceKind, notBefore: uint, revoked: bool });
export type Device = TypeOf<typeof device>;

/**
 * One entry of an identity chain. Its number and predecessor follow from its place.
 * The first is signed by both its own keys; each later one by the previous identity key or by the recovery key.
 */
export const identityEntry = struct({
  identityKey: key,
  recoveryKey: key,
  devices: list(DEVICES_MAX, device),
  byIdentity: optional(signature),
  byRecovery: optional(signature),
});
export type IdentityEntry = TypeOf<typeof identityEntry>;

export const identityChain = list(CHAIN_ENTRIES_MAX, identityEntry);
export type IdentityChain = TypeOf<typeof identityChain>;

const kindNumber: Readonly<Record<DeviceKind, number>> = { web: 1, ext: 2, launcher: 3, cli: 4 };

const deviceBytes = (one: Device): Uint8Array =>
  lp(
    one.leafKey,
    Uint8Array.of(kindNumber[one.kind]),
    u64(one.notBefore),
    Uint8Array.of(one.revoked ? 1 : 0),
  );

/** What the signatures of entry `number` cover. `previous` is the hash of the entry before, or 32 zeros. */
export const identityBodyBytes = (
  number: number,
  previous: Uint8Array,
  entry: Pick<IdentityEntry, "identityKey" | "recoveryKey" | "devices">,
): Uint8Array =>
  lp(
    "sotto/id/v1",
    u64(number),
    previous,
    entry.identityKey,
    entry.recoveryKey,
    lp(...entry.devices.map(deviceBytes)),
  );

/** SHA-256 of this is the entry's hash. */
export const identityHashBytes = (body: Uint8Array): Uint8Array => lp("sotto/idh/v1", body);

/** SHA-256 of this, over the hash of entry 0, is the accountId. */
export const accountIdBytes = (firstHash: Uint8Array): Uint8Array => lp("sotto/account/v1", firstHash);

/** The identity of an MLS basic Credential: which account, at which state of its chain, and how it reads channels. */
export const credentialCodec = struct({
  version: constant(1, "credential version 1"),
  accountId: hash,
  /** Hash of the newest entry of the account's chain when the leaf was made. */
  chainHead: hash,
  /** A_i, an edwards25519 point: each epoch's reader key is this one blinded. */
  readerKey: key,
});
export type Credential = TypeOf<typeof credentialCodec>;

/** Where a channel or inbox is: a relay's address and its identity key. It can move; the identity names the service. */
export const endpoint = struct({ url: text(URL_BYTES_MAX), relayId: key });
export type Endpoint = TypeOf<typeof endpoint>;

/** Everything somebody needs to begin a conversation with an account. Whoever holds it can post to the inbox. */
export const contactCard = struct({
  version: constant(1, "contact link version 1"),
  endpoint,
  accountId: hash,
  inboxId: fixed(32),
  postToken: fixed(32),
  /** X25519, RFC 9180. */
  hpkeKey: key,
  /** Opens the KeyPackages on the inbox's shelf. */
  shelfKey: fixed(32),
});
export type ContactCard = TypeOf<typeof contactCard>;
