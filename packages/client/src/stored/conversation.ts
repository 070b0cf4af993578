/** A conversation, its contact, and what waits to be sent in it. Spec: spec/client.md, spec/outbox.md. */
import {
  BODY_BYTES_MAX,
  bool,
  contactCard,
  fixed,
  identityChain,
  list,
  NAME_BYTES_MAX,
  named,
  opaque,
  optional,
  struct,
  TEXT_BYTES_MAX,
  text,
  u32,
  uint,
  type TypeOf,
} from "@sotto/protocol";
import { table } from "./record.ts";

/** Both sides may begin at once, and a broken channel is made anew: a few exist beside each other. */
export const CHANNELS_MAX = 16;
export const FIRST_QUEUE_NUMBER = 2 ** 40;

const conversation = struct({
  /** Of two: the contact's account. Of a group: 32 random bytes that its members share. */
  id: fixed(32),
  /** The contact's own name, or the group's, made harmless; empty until it is known. */
  name: text(NAME_BYTES_MAX),
  isVerified: bool,
  unread: u32,
  draft: text(TEXT_BYTES_MAX),
  /** Burn time of own messages, milliseconds; undefined is the policy's default. */
  burnMs: optional(uint),
  /** Where the first message not yet read stands: the id of its item. */
  firstUnread: optional(text(64)),
  /** Places of the newest messages of each side: later ones never come before them. */
  lastPlaceMine: uint,
  lastPlaceTheirs: uint,
  /** Channels of this conversation, oldest first, and the one that own messages take. */
  channels: list(CHANNELS_MAX, fixed(32)),
  via: optional(fixed(32)),
  /** Begins in the middle, so that what must be sent again can go before what waits. */
  nextQueueNumber: uint,
  nextNoticeNumber: u32,
  changedAt: uint,
  /** When the contact was last approached to make a broken channel anew, and how often in a row. */
  remadeAt: uint,
  remakes: u32,
});
export type Conversation = TypeOf<typeof conversation>;
export const conversations = table("c/", 1, conversation);

/** When the conversation's draft was written last, by the time that was believed; absent where there is none. */
export const draftTimes = table("d/", 1, struct({ editedAt: uint }));

/** What is known of the contact: how to reach their inbox, and their identity chain as it was verified last. */
const contact = struct({ card: optional(contactCard), chain: optional(identityChain) });
export const contacts = table("k/", 1, contact);

/** expired: its burn time came first. What it said is gone. */
const outboxState = named({ waiting: 1, expired: 2 });

const outboxEntry = struct({
  messageId: fixed(16),
  state: outboxState,
  burnMs: uint,
  sentAt: uint,
  contentKind: u32,
  content: opaque(BODY_BYTES_MAX),
  /** Sealed for one epoch of one channel; sent again as it is until that epoch is over. */
  sealed: optional(struct({ cid: fixed(32), epoch: uint, body: opaque(BODY_BYTES_MAX) })),
});
export type OutboxEntry = TypeOf<typeof outboxEntry>;
export const outboxEntries = table("o/", 1, outboxEntry);

/** The way to a contact's inbox, step by step; gone once the invitation was posted. */
const introduction = struct({
  state: named({ claiming: 1, refused: 2, noTokens: 3, invalid: 4 }),
  card: contactCard,
  /** Not tried before, own clock: a channel that keeps breaking is made anew ever less often. */
  notBefore: uint,
});
export type Introduction = TypeOf<typeof introduction>;
export const introductions = table("n/", 1, introduction);
