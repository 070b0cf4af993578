/** This account on this device, ready to sign; and the chains of others that were verified. Spec: spec/identity.md. */
import { assert, toHex, type IdentityChain } from "@sotto/protocol";
import {
  accountIdOf,
  deviceSigner,
  readerKey,
  signingKey,
  type Authenticate,
  type DeviceKeys,
  type DeviceSigner,
} from "@sotto/crypto";
import { checkCredential, isContinuation, verifyChain, type VerifiedChain } from "@sotto/verify";
import type { StoredIdentity } from "./stored/profile.ts";

export type Self = {
  readonly chain: IdentityChain;
  readonly verified: VerifiedChain;
  readonly device: DeviceKeys;
  readonly signer: DeviceSigner;
};

export function selfOf(stored: StoredIdentity): Self {
  const verified = verifyChain(stored.chain, accountIdOf(stored.chain));
  assert(verified.ok, "one's own chain verifies");
  const device = {
    leaf: signingKey(stored.leafSeed),
    reader: readerKey(stored.readerSeed),
  };
  return {
    chain: stored.chain,
    verified: verified.value,
    device,
    signer: deviceSigner(verified.value, device),
  };
}

/**
 * The newest verified chain of every account that is known: what the MLS engine authenticates against. A chain that is
 * kept is verified when it is first needed: a thousand at once would take seconds.
 */
export class ChainBook {
  readonly #chainByAccount = new Map<string, VerifiedChain>();
  readonly #kept: (accountId: Uint8Array) => IdentityChain | undefined;

  constructor(kept: (accountId: Uint8Array) => IdentityChain | undefined) {
    this.#kept = kept;
  }

  learn(chain: VerifiedChain): void {
    this.#chainByAccount.set(toHex(chain.accountId), chain);
  }

  readonly of = (accountId: Uint8Array): VerifiedChain | undefined => {
    const known = this.#chainByAccount.get(toHex(accountId));
    const kept = known === undefined ? this.#kept(accountId) : undefined;
    const verified = kept && verifyChain(kept, accountId);
    if (verified?.ok) this.learn(verified.value);
    return known ?? (verified?.ok ? verified.value : undefined);
  };

  /** A chain that somebody else presents: taken if it verifies, and goes on from what is known or is part of it. */
  learnIfGenuine(chain: IdentityChain): VerifiedChain | undefined {
    if (chain.length === 0) return undefined;
    const verified = verifyChain(chain, accountIdOf(chain));
    if (!verified.ok) return undefined;
    const known = this.of(verified.value.accountId);
    if (known !== undefined && isContinuation(verified.value, known)) return known;
    if (known !== undefined && !isContinuation(known, verified.value)) return undefined;
    this.learn(verified.value);
    return verified.value;
  }

  readonly isGenuine = (credential: Uint8Array, signatureKey: Uint8Array): boolean =>
    checkCredential(credential, signatureKey, this.of).ok;
  readonly authenticate: Authenticate = this.isGenuine;
}
