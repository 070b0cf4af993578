/**
 * What the relay asks of its store, and what comes of it. Who asks has been checked before: signatures, handles and
 * tickets are the session's business. Whether it may happen now is decided inside the store's transaction.
 */
import type { EpochPublicKeys, RefusalCode, Rung } from "@sotto/protocol";
import type { Spend } from "./ports.ts";

/** Identifiers and hashes are hexadecimal here: they are keys of maps. */
export type Append = {
  readonly kind: "append";
  readonly cid: string;
  readonly epoch: number;
  readonly messageId: Uint8Array;
  readonly rung: Rung;
  readonly commitment: Uint8Array | undefined;
  readonly body: Uint8Array;
};
export type Commit = {
  readonly kind: "commit";
  readonly cid: string;
  readonly epoch: number;
  readonly body: Uint8Array;
  readonly next: EpochPublicKeys;
  readonly signature: Uint8Array;
  readonly adminSignature: Uint8Array | undefined;
};
export type Create = {
  readonly kind: "create";
  readonly cid: string;
  readonly keys: EpochPublicKeys;
  readonly spend: Spend;
};
/** `reader` is the place of the proven key in the epoch's list. */
export type Acknowledge = {
  readonly kind: "ack";
  readonly cid: string;
  readonly epoch: number;
  readonly reader: number;
  readonly through: number;
};
export type ChannelOperation = Create | Append | Commit | Acknowledge;

export type InboxCreate = {
  readonly kind: "inboxCreate";
  readonly inboxId: string;
  readonly owner: Uint8Array;
  readonly readers: readonly Uint8Array[];
  readonly tokenHashes: readonly Uint8Array[];
  readonly spend: Spend;
};
export type InboxOperation =
  | InboxCreate
  | { readonly kind: "allow" | "revoke"; readonly inboxId: string; readonly tokenHash: Uint8Array }
  | {
      readonly kind: "shelve";
      readonly inboxId: string;
      readonly reader: number;
      readonly items: readonly Uint8Array[];
      readonly lastResort: Uint8Array | undefined;
    }
  | { readonly kind: "claim"; readonly inboxId: string; readonly tokenHash: Uint8Array }
  | {
      readonly kind: "post";
      readonly inboxId: string;
      readonly tokenHash: Uint8Array;
      readonly postId: Uint8Array;
      readonly body: Uint8Array;
    }
  | {
      readonly kind: "ackInbox";
      readonly inboxId: string;
      readonly reader: number;
      readonly through: number;
    };

export type AdmissionOperation =
  | { readonly kind: "mint"; readonly codeHash: string; readonly until: number }
  | { readonly kind: "activate"; readonly codeHash: string; readonly tokenHashes: readonly string[] };

/** `spend` pays for a name that keeps none yet. */
export type BackupPut = {
  readonly kind: "backupPut";
  readonly name: string;
  readonly number: number;
  readonly sealed: Uint8Array;
  readonly spend: Spend | undefined;
};

export type Operation = ChannelOperation | InboxOperation | AdmissionOperation | BackupPut;

/** An entry as it is kept and sent: `wire` is its encoding, so that nobody encodes it again. */
export type StoredEntry = {
  readonly seq: number;
  readonly time: number;
  /** When its body goes, or the whole of it where there is no body. */
  readonly until: number;
  /** A message's messageId; the start of a Commit's content hash: what recognises a repetition. */
  readonly id: Uint8Array;
  readonly head: Uint8Array;
  readonly bodyBytes: number;
  readonly wire: Uint8Array;
};
export type StoredPost = { readonly seq: number; readonly wire: Uint8Array };

/** What a repeated APPEND or COMMIT is answered with. */
export type Answer = { readonly seq: number; readonly time: number; readonly head: Uint8Array };

export type Refused = { readonly kind: "refused"; readonly code: RefusalCode; readonly detail: number };
export type Outcome =
  | { readonly kind: "created"; readonly head: Uint8Array; readonly time: number }
  /** `entry` is missing where the request was a repetition. */
  | ({ readonly kind: "accepted"; readonly entry: StoredEntry | undefined } & Answer)
  | ({ readonly kind: "committed"; readonly entry: StoredEntry | undefined } & Answer)
  /** `delivered`: the lowest cursor of the epoch. */
  | { readonly kind: "acknowledged"; readonly delivered: number }
  | { readonly kind: "activated"; readonly granted: number; readonly until: number }
  | { readonly kind: "posted"; readonly post: StoredPost | undefined }
  | { readonly kind: "claimed"; readonly items: readonly Uint8Array[] }
  | { readonly kind: "done" }
  | Refused;

export const refused = (code: RefusalCode, detail = 0): Refused => ({ kind: "refused", code, detail });
