/** What is under way for the own inbox on its present connection. */
import type { Entry } from "@sotto/protocol";

export type Post = Extract<Entry, { kind: "post" }>;

export type InboxSession = {
  isCreating: boolean;
  isOpening: boolean;
  handle: number | undefined;
  isReading: boolean;
  hasRead: boolean;
  isShelving: boolean;
  isChangingTokens: boolean;
  /** Single-use KeyPackages on the shelf. */
  shelved: number;
  /** There were too few, and there are not enough yet. */
  isFilling: boolean;
  backlog: Post[];
  /** Own time since which the first of these has waited for what it comes too early for. */
  heldSince: number | undefined;
  acked: number;
  notBefore: number;
};

export const newInboxSession = (): InboxSession => ({
  isCreating: false,
  isOpening: false,
  handle: undefined,
  isReading: false,
  hasRead: false,
  isShelving: false,
  isChangingTokens: false,
  shelved: 0,
  isFilling: false,
  backlog: [],
  heldSince: undefined,
  acked: 0,
  notBefore: 0,
});
