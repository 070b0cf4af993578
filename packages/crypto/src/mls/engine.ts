/**
 * What Sotto asks of an MLS implementation (RFC 9420): groups in, groups out, no storage, no clock of its own.
 * A Group is an immutable live handle; every operation gives the next one. Spec: spec/mls.md.
 *
 * The order that loses nothing, for seal, open and commit alike: one operation at a time per group; persist
 * `save(next)`; send; and only when the previous group can never be needed again, `wipe()`.
 */
import type { Result, Secret } from "@sotto/protocol";

/** `x-wing` is post-quantum hybrid, for up to about a hundred devices; `x25519` above that. */
export type Suite = "x-wing" | "x25519";

/** Opaque, versioned and both secret, persisted apart. */
export type GroupState = {
  /** The tree, and whatever else lasts from one Commit to the next: only then it is another array. */
  readonly tree: Uint8Array;
  /** Written again after every message. */
  readonly secrets: Uint8Array;
};

/** A device's MLS identity: the bytes of its basic Credential and its Ed25519 key pair. */
export type DeviceSigner = {
  readonly credential: Uint8Array;
  readonly publicKey: Uint8Array;
  /** 32 bytes: the seed of RFC 8032. */
  readonly privateKey: Secret;
};

export type Member = {
  readonly leaf: number;
  readonly credential: Uint8Array;
  /** Ed25519. */
  readonly signatureKey: Uint8Array;
};

export interface Group {
  readonly id: Uint8Array;
  readonly epoch: number;
  readonly ownLeaf: number;
  members(): readonly Member[];
}

/** Milliseconds since the Unix epoch; kept in seconds, as the RFC does. */
export type Lifetime = { readonly notBefore: number; readonly notAfter: number };

export type NewKeyPackage = {
  /** A KeyPackage as MLSMessage, to be given away. */
  readonly keyPackage: Uint8Array;
  /** Secret: what `join` needs, public half included. To persist until used or expired. */
  readonly stored: Uint8Array;
  /** The KeyPackageRef of RFC 9420 section 5.2: names this KeyPackage. */
  readonly reference: Uint8Array;
};

/** One Commit does one of these: Add and Remove never share one. */
export type Change =
  | { readonly kind: "update" }
  | { readonly kind: "add"; readonly keyPackages: readonly Uint8Array[] }
  | { readonly kind: "remove"; readonly leaves: readonly number[] };

/** Zeroes what the previous group held and the next does not. The previous group is unusable afterwards. */
export type Step = { readonly next: Group; wipe(): void };

export type Committed = Step & {
  /** MLSMessage, a PrivateMessage. */
  readonly commit: Uint8Array;
  /** MLSMessage with the ratchet tree inside; only where members were added. */
  readonly welcome: Uint8Array | undefined;
};

export type Sealed = Step & { readonly message: Uint8Array };

export type Opened =
  | (Step & { readonly kind: "application"; readonly plaintext: Uint8Array; readonly sender: Member })
  | (Step & {
      readonly kind: "commit";
      /** As in the tree of the epoch that the Commit ends. */
      readonly sender: Member;
      readonly added: readonly Member[];
      readonly removed: readonly Member[];
    })
  /** This Commit removed us: there is no next group. */
  | { readonly kind: "removed"; readonly sender: Member; wipe(): void };

export type OpenFailure =
  /** Not an MLSMessage, or bytes left over. */
  | "malformed"
  /** Well formed, of a kind this project never sends: PublicMessage, Proposal, external Commit, PSK, rename. */
  | "forbidden"
  | "otherGroup"
  | "pastEpoch"
  /** Buffer it until the Commits before it were opened. */
  | "futureEpoch"
  /** Sealed by this very leaf: keep your own plaintext. */
  | "own"
  /** Opened before, or older than the keys that are kept. */
  | "replayed"
  /** More messages of one sender are missing than keys are derived for. */
  | "tooFarAhead"
  /** Authentication of the message failed, or it breaks a rule of RFC 9420. */
  | "refused"
  /** A Credential in it did not authenticate. */
  | "unauthenticated";

export type KeyPackageFailure =
  | "malformed"
  /** Another cipher suite or protocol version than the group's. */
  | "otherSuite"
  | "expired"
  | "unauthenticated"
  /** Its device, or the same KeyPackage, is in the group already. */
  | "alreadyMember"
  | "refused";

/** `index` counts in `Change.keyPackages`. */
export type AddFailure = { readonly index: number; readonly reason: KeyPackageFailure };

export type JoinFailure =
  | "malformed"
  /** It names none of the KeyPackages given. */
  | "notForUs"
  /** A stored KeyPackage is damaged or of a newer version. */
  | "unreadableKeyPackage"
  /** It breaks a rule of RFC 9420, or asks for extensions or PSKs this project never uses. */
  | "refused"
  | "unauthenticated";

export type LoadFailure = "damaged" | "newer";

/**
 * The Authentication Service: does this Credential belong to this signature key, now? Asked for every leaf that
 * enters a group and for every member of a group that is joined. Whatever it cannot decide, it refuses.
 */
export type Authenticate = (credential: Uint8Array, signatureKey: Uint8Array) => boolean | Promise<boolean>;

export interface MlsEngine {
  readonly suite: Suite;

  createKeyPackage(device: DeviceSigner, lifetime: Lifetime): Promise<NewKeyPackage>;

  /** A group of one, at epoch 0. `groupId` is fresh randomness. */
  createGroup(groupId: Uint8Array, device: DeviceSigner): Promise<Group>;

  save(group: Group): GroupState;
  /** Exact: bytes left over, a half of another group or of a newer version are refused. */
  load(state: GroupState): Result<Group, LoadFailure>;

  /** `next` is only a proposal until the Delivery Service accepted `commit`; until then `group` stays usable. */
  commit(group: Group, change: Change): Promise<Result<Committed, AddFailure>>;

  seal(group: Group, plaintext: Uint8Array): Promise<Sealed>;

  /** A group holds the keys of its own epoch only: open everything before a Commit first. */
  open(group: Group, message: Uint8Array): Promise<Result<Opened, OpenFailure>>;

  /** `stored` are NewKeyPackage.stored; `used` is the reference of the one that fitted. */
  join(
    welcome: Uint8Array,
    stored: readonly Uint8Array[],
  ): Promise<Result<{ readonly group: Group; readonly used: Uint8Array }, JoinFailure>>;

  /** MLS-Exporter of the group's epoch, RFC 9420 section 8.5. */
  exportSecret(group: Group, label: string, context: Uint8Array, length: number): Promise<Secret>;

  /** Equal among members exactly when they share the epoch's history. */
  epochAuthenticator(group: Group): Uint8Array;
}
