/**
 * What the relay needs of a database. Every adapter passes channel-store-contract.ts. Spec: spec/storage.md, ST1–ST20.
 */
import type { Code } from "./admission.ts";
import type { KeptBackup } from "./backup.ts";
import type { Channel } from "./channel.ts";
import type { Inbox } from "./inbox.ts";
import type { Operation, Outcome } from "./operation.ts";

export type Page = {
  /** Encoded entries, oldest first. */
  readonly entries: readonly Uint8Array[];
  /** The highest sequence number this page speaks for: nothing kept at or below it is missing. */
  readonly through: number;
  /** Nothing follows, as far as was stored when the page was read. */
  readonly isLast: boolean;
};
export type PageLimits = { readonly entries: number; readonly bytes: number };

export type Swept = {
  /** Entries and posts that lost their bodies or were forgotten. */
  readonly erased: number;
  /** More was due than one sweep does: call again. */
  readonly isMore: boolean;
};

export interface ChannelStore {
  /**
   * Decides each operation in its order, at `now`, and keeps what follows: all of a batch or nothing of it. When the
   * promise is fulfilled, everything but acknowledgements survives a power cut; those do within
   * a stated time, and a reader that lost one acknowledges again. Each operation is idempotent. A disk that is full
   * is an outcome (`storageFull`) of every operation, with nothing stored. Rejects only for a bug.
   */
  apply(batch: readonly Operation[], now: number): Promise<readonly Outcome[]>;
  channel(cid: string): Promise<Channel | undefined>;
  /** Entries with `after < seq`, and `seq <= through` where that is given. */
  page(cid: string, after: number, through: number | undefined, limits: PageLimits): Promise<Page>;
  inbox(inboxId: string): Promise<Inbox | undefined>;
  posts(inboxId: string, after: number, limits: PageLimits): Promise<Page>;
  backup(name: string): Promise<KeptBackup | undefined>;
  /** For an operator: codes nobody has used yet. */
  code(codeHash: string): Promise<Code | undefined>;
  /** Erases what is due at `now`: burnt bodies, expired posts, what need not be remembered. */
  sweep(now: number): Promise<Swept>;
  /** Everything is on disk and erased bytes are overwritten. The store is not used after. */
  close(): Promise<void>;
}
