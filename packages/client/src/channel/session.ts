/** What is under way for a channel on its present connection. Volatile: lost with the connection, and without harm. */
import type { ChannelEntry } from "@sotto/verify";
import type { Problem } from "../problems.ts";

export type Arrived = {
  readonly entry: ChannelEntry;
  /** In a page the first entry follows what was asked for; a push may come after a gap. */
  readonly isPushed: boolean;
};

export type Session = {
  line: string | undefined;
  opening: "no" | "both" | "reading";
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
  /** The relay says that the epoch is over: what is left of it can only be read. */
  isMoved: boolean;
  /** Nothing is asked of the relay before. */
  notBefore: number;
  commitNotBefore: number;
  /** Why nothing moves at the moment. */
  problem: Problem | undefined;
  /** Epochs that are over and are being acknowledged: not asked about again before this time. */
  past: Map<number, number>;
  /** The newest heads, by sequence: what others say they saw is compared with these. */
  readonly heads: Map<number, Uint8Array>;
  /** (seq, head) that the relay named in an answer and that the log has not reached. */
  promised: { readonly seq: number; readonly head: Uint8Array } | undefined;
};

export const newSession = (heads = new Map<number, Uint8Array>()): Session => ({
  line: undefined,
  opening: "no",
  handle: undefined,
  canWrite: false,
  isCreating: false,
  isReading: false,
  hasRead: false,
  backlog: [],
  acked: 0,
  appending: undefined,
  isCommitting: false,
  isMoved: false,
  notBefore: 0,
  commitNotBefore: 0,
  problem: undefined,
  past: new Map(),
  heads,
  promised: undefined,
});
