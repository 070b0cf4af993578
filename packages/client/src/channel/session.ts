/** What is under way for a channel on its present connection. Volatile: lost with the connection, and without harm. */
import type { ChannelEntry } from "@sotto/verify";
import type { Problem } from "../problems.ts";

export type Arrived = {
  readonly entry: ChannelEntry;
  /** In a page the first entry follows what was asked for; a push may come after a gap. */
  readonly isPushed: boolean;
};

export type Ticket = { readonly epoch: number; readonly bytes: Uint8Array };

export type PastAsked = {
  /** The relay is not asked about it again before. */
  readonly notBefore: number;
  /** It had everything acknowledged when it was asked last. */
  readonly isConfirmed: boolean;
};

export type Session = {
  line: string | undefined;
  isOpening: boolean;
  handle: number | undefined;
  canWrite: boolean;
  isCreating: boolean;
  isReading: boolean;
  /** The newest page was given: later entries are pushed. */
  hasRead: boolean;
  backlog: Arrived[];
  acked: number;
  /** messageId of the APPEND that is out. */
  appending: string | undefined;
  isCommitting: boolean;
  /** Nothing is asked of the relay before. */
  notBefore: number;
  commitNotBefore: number;
  /** Why nothing moves at the moment. */
  problem: Problem | undefined;
  /** Epochs that are over and are being acknowledged. */
  readonly past: Map<number, PastAsked>;
  /** The newest heads, by sequence: what others say they saw is compared with these. */
  readonly heads: Map<number, Uint8Array>;
  /** Opens this epoch again without a signature. */
  ticket: Ticket | undefined;
  /** (seq, head) that the relay named in an answer and that the log has not reached. */
  promised: { readonly seq: number; readonly head: Uint8Array } | undefined;
};

/** What outlives a connection: which heads were seen, and the ticket. */
export const newSession = (before?: Pick<Session, "heads" | "ticket">): Session => ({
  line: undefined,
  isOpening: false,
  handle: undefined,
  canWrite: false,
  isCreating: false,
  isReading: false,
  hasRead: false,
  backlog: [],
  acked: 0,
  appending: undefined,
  isCommitting: false,
  notBefore: 0,
  commitNotBefore: 0,
  problem: undefined,
  past: new Map(),
  heads: before?.heads ?? new Map(),
  ticket: before?.ticket,
  promised: undefined,
});
