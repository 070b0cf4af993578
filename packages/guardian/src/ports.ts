/** What a guardian needs of the world. Adapters: @sotto/guardian-adapters. */
import type { Clock, GuardianAddress, RandomBytes, Result, Secret } from "@sotto/protocol";
import type { Message } from "./messages.ts";
import type { Rate } from "./token-bucket.ts";

/** The disk refused: nothing was changed. */
export type StoreFailure = "full";

/** Records under their names. What resolves is durable; what fails changed nothing. */
export interface RecordStore {
  /** RECORD_BYTES, or undefined for a name that is unknown or wiped. */
  read(rid: Uint8Array): Promise<Uint8Array | undefined>;
  /**
   * Under a new key, whose predecessor is overwritten. `messages` are queued in the same transaction; of one kid the
   * newest waits, and it is passed on only if all were (GD20).
   */
  write(
    rid: Uint8Array,
    record: Uint8Array,
    messages: readonly Message[],
  ): Promise<Result<void, StoreFailure>>;
  /** Nothing of the record is left but its tombstone, and what the other guardians are told (GD23). */
  wipe(rid: Uint8Array): Promise<Result<void, StoreFailure>>;
  isWiped(rid: Uint8Array): Promise<boolean>;
  /** The record that listens to this kid. */
  ridOfKill(kid: Uint8Array): Promise<Uint8Array | undefined>;
  /** The record that listens to the token of this hash. */
  ridOfToken(hash: Uint8Array): Promise<Uint8Array | undefined>;
  /** Records, and those wiped ones of which another guardian is still to hear. */
  count(): Promise<number>;
  /** GD24: hashes of the tokens of wiped records that go to this peer, in the order in which they were wiped. */
  tombstonesFor(peer: Uint8Array, after: number, limit: number): Promise<readonly Uint8Array[]>;
}

/** A guardian's identity: pinned by every device that is registered with it. */
export interface GuardianKeys {
  /** Ed25519 public key, 32 bytes. */
  readonly gid: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
  /** The X25519 key of envelopes: 32 bytes of ikm. */
  readonly envelopeSeed: Secret;
}

/** Who may register: spam control, not identity. */
export interface GuardianAdmission {
  spend(admission: Uint8Array): Promise<boolean>;
}

export type GuardianLimits = { readonly records: number; readonly registrations: Rate };

export type GuardianPorts = {
  readonly store: RecordStore;
  readonly keys: GuardianKeys;
  readonly admission: GuardianAdmission;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Resolves once the clock says at least `time`. */
  readonly until: (time: number) => Promise<void>;
  /** The guardians that its operator told it of; it speaks with no others. */
  readonly peers: readonly GuardianAddress[];
  /** Whether it has not heard yet what was wiped: devices wait (GD24). */
  readonly isCatchingUp?: () => boolean;
  /** Instead of those of limits.ts. */
  readonly limits?: Partial<GuardianLimits>;
};
