/**
 * An account's keys, its chain of entries, and a device's place in it. One device now; the chain and every function
 * here take many. Spec: spec/identity.md.
 */
import {
  accountIdBytes,
  assert,
  credentialCodec,
  encode,
  equalBytes,
  identityBodyBytes,
  identityHashBytes,
  type Device,
  type DeviceKind,
  type IdentityChain,
  type IdentityEntry,
} from "@sotto/protocol";
import { sha256, verifyChain, type VerifiedChain } from "@sotto/verify";
import type { ReaderKey } from "../channel/reader-key.ts";
import { sign, type SigningKey } from "../keys.ts";
import type { DeviceSigner } from "../mls/engine.ts";

/** What an account signs its chain with: every device holds `identity`, only the recovery kit holds `recovery`. */
export type AccountKeys = { readonly identity: SigningKey; readonly recovery: SigningKey };

/** What a device holds of its own: the MLS signature key and the reader key of its Credential. */
export type DeviceKeys = { readonly leaf: SigningKey; readonly reader: ReaderKey };

export const newDevice = (leafKey: Uint8Array, kind: DeviceKind, notBefore: number): Device => ({
  leafKey,
  kind,
  notBefore,
  revoked: false,
});

/** Entry 0, signed by both keys of the account. */
export function createChain(keys: AccountKeys, devices: readonly Device[]): IdentityChain {
  const body = {
    identityKey: keys.identity.publicKey,
    recoveryKey: keys.recovery.publicKey,
    devices,
  };
  const bytes = identityBodyBytes(0, new Uint8Array(32), body);
  return [{ ...body, byIdentity: sign(keys.identity, bytes), byRecovery: sign(keys.recovery, bytes) }];
}

export const accountIdOf = (chain: IdentityChain): Uint8Array => {
  const [first] = chain;
  assert(first !== undefined, "a chain has a first entry");
  return sha256(accountIdBytes(entryHash(0, new Uint8Array(32), first)));
};

const entryHash = (number: number, previous: Uint8Array, entry: IdentityEntry): Uint8Array =>
  sha256(identityHashBytes(identityBodyBytes(number, previous, entry)));

/** What the next entry says; what is left out stays as it was. */
export type EntryChange = {
  readonly identityKey?: Uint8Array;
  /** Only the recovery key can change it. */
  readonly recoveryKey?: Uint8Array;
  readonly devices?: readonly Device[];
};

/** The chain with one more entry, signed by the identity key or the recovery key of the newest. */
export function appendEntry(
  chain: IdentityChain,
  change: EntryChange,
  signer: { readonly by: "identity" | "recovery"; readonly key: SigningKey },
): IdentityChain {
  const newest = chain.at(-1);
  const verified = verifyChain(chain, accountIdOf(chain));
  assert(newest !== undefined && verified.ok, "one's own chain verifies");
  const { identityKey, recoveryKey, devices } = newest;
  const body = { identityKey, recoveryKey, devices, ...change };
  const bytes = identityBodyBytes(chain.length, verified.value.head, body);
  const expected = signer.by === "identity" ? identityKey : recoveryKey;
  assert(equalBytes(expected, signer.key.publicKey), "an entry is signed by a key of the one before");
  const signature = sign(signer.key, bytes);
  return [
    ...chain,
    {
      ...body,
      byIdentity: signer.by === "identity" ? signature : undefined,
      byRecovery: signer.by === "recovery" ? signature : undefined,
    },
  ];
}

/** Adds a device to the chain, signed by the identity key that every device of the account holds. */
export const addDevice = (chain: IdentityChain, device: Device, identity: SigningKey): IdentityChain =>
  appendEntry(
    chain,
    { devices: [...(chain.at(-1)?.devices ?? []), device] },
    { by: "identity", key: identity },
  );

/** Revokes a device for ever. The identity key, which that device knew, is replaced by `nextIdentityKey`. */
export const revokeDevice = (
  chain: IdentityChain,
  leafKey: Uint8Array,
  nextIdentityKey: Uint8Array,
  signer: { readonly by: "identity" | "recovery"; readonly key: SigningKey },
): IdentityChain =>
  appendEntry(
    chain,
    {
      identityKey: nextIdentityKey,
      devices: (chain.at(-1)?.devices ?? []).map((device) =>
        equalBytes(device.leafKey, leafKey) ? { ...device, revoked: true } : device,
      ),
    },
    signer,
  );

/** What the MLS engine asks of a device: its Credential, bound to the account's chain as it is now. */
export function deviceSigner(chain: VerifiedChain, keys: DeviceKeys): DeviceSigner {
  const credential = encode(credentialCodec, {
    version: 1,
    accountId: chain.accountId,
    chainHead: chain.head,
    readerKey: keys.reader.publicKey,
  });
  return { credential, publicKey: keys.leaf.publicKey, privateKey: keys.leaf.seed };
}
