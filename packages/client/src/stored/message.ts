/** What a conversation shows, one record each, under a key that is its place. Spec: spec/client.md, "Order". */
import {
  BODY_BYTES_MAX,
  bool,
  fixed,
  groupRole,
  NAME_BYTES_MAX,
  opaque,
  optional,
  struct,
  tagged,
  text,
  u32,
  uint,
  type TypeOf,
} from "@sotto/protocol";
import { migration, omit, table } from "./record.ts";

const name = text(NAME_BYTES_MAX);
/** Who did it, by name; undefined where it was this member. */
const by = optional(name);

const noticesOfTwo = {
  started: [1, {}],
  "contact-renamed": [2, { from: name, to: name }],
  "identity-changed": [3, {}],
  remade: [4, {}],
  gap: [5, {}],
  "log-conflict": [6, {}],
} as const;

const notice = tagged({
  ...noticesOfTwo,
  "burn-changed": [7, { mine: bool, by, burnMs: uint }],
  "group-created": [32, { by }],
  "member-added": [33, { by, name }],
  "member-removed": [34, { by, name }],
  "member-left": [35, { name }],
  "group-renamed": [36, { by, from: name, to: name }],
  "role-changed": [37, { by, name: optional(name), role: groupRole }],
  removed: [38, { by }],
  left: [39, {}],
  "pin-changed": [40, { mine: bool, by, isPinned: bool }],
});

const message = {
  messageId: fixed(16),
  mine: bool,
  /** The account that wrote it: in a group, of others. */
  author: optional(fixed(32)),
  cid: fixed(32),
  epoch: uint,
  seq: uint,
  sentAt: uint,
  /** The relay's receipt time. */
  receivedAt: uint,
  burnMs: uint,
  /** When this device forgets it; undefined where burning is off. */
  burnAt: optional(uint),
  contentKind: u32,
  content: opaque(BODY_BYTES_MAX),
};

const item = tagged({ message: [1, message], notice: [2, { at: uint, notice }] });

/** Before there were groups. */
const item1 = tagged({
  message: [1, omit(message, "author")],
  notice: [
    2,
    { at: uint, notice: tagged({ ...noticesOfTwo, "burn-changed": [7, { mine: bool, burnMs: uint }] }) },
  ],
});

const fromItem1 = (value: TypeOf<typeof item1>): StoredItem => {
  if (value.kind === "message") return { ...value, author: undefined };
  const { at, notice: before } = value;
  return {
    kind: "notice",
    at,
    notice: before.kind === "burn-changed" ? { ...before, by: undefined } : before,
  };
};

export type StoredItem = TypeOf<typeof item>;
export type StoredMessage = Extract<StoredItem, { kind: "message" }>;
export type StoredNotice = TypeOf<typeof notice>;
/** A content kind of ours, never on the wire: the content is a whole envelope that this version cannot read. */
export const RAW_ENVELOPE = 0xffff_ffff;
/** Likewise: its author deleted it for everyone, and nothing of what it said is left. */
export const DELETED = 0xffff_fffe;
export const items = table("m/", 2, item, [migration(1, item1, fromItem1)]);

/** The messageIds a conversation has shown: a repeat is dropped, also after the message burned. */
export const seenIds = table("i/", 1, struct({ itemKey: text(128) }));

/** Keyed by time: what is forgotten then. */
const due = tagged({
  burn: [1, { itemKey: text(128), idKey: text(128) }],
  forget: [2, { idKey: text(128) }],
});
export type Due = TypeOf<typeof due>;
export const dues = table("b/", 1, due);
