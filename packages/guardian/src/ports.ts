/** What a guardian needs of the world. Adapters: @sotto/guardian-adapters. */
import type { Clock, RandomBytes, Result, Secret } from "@sotto/protocol";
import type { Kill } from "./decisions.ts";

/** The disk refused: nothing was changed. */
export type StoreFailure = "full";

/** Records under their names. What resolves is durable; what fails changed nothing. */
export interface RecordStore {
  /** RECORD_BYTES, or undefined for a name that is unknown or wiped. */
  read(rid: Uint8Array): Promise<Uint8Array | undefined>;
  /** Under a new key, whose predecessor is overwritten. `kills` are queued in the same transaction. */
  write(rid: Uint8Array, record: Uint8Array, kills: readonly Kill[]): Promise<Result<void, StoreFailure>>;
  /** Nothing of the record is left but its tombstone. */
  wipe(rid: Uint8Array): Promise<Result<void, StoreFailure>>;
  /** Whether it was ever wiped, here or elsewhere. */
  isWiped(rid: Uint8Array): Promise<boolean>;
  /** The record that listens to this kid. */
  ridOfKill(kid: Uint8Array): Promise<Uint8Array | undefined>;
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

/** Another guardian, told by the operator: its origin, and its Ed25519 and X25519 public keys. */
export type GuardianPeer = { readonly url: string; readonly gid: Uint8Array; readonly gx: Uint8Array };

export type GuardianPorts = {
  readonly store: RecordStore;
  readonly keys: GuardianKeys;
  readonly admission: GuardianAdmission;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Resolves once the clock says at least `time`. */
  readonly until: (time: number) => Promise<void>;
};
