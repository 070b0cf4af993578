/** A group: what its members agreed on, what is known of each, and what an admin here wants of it. Spec: spec/group.md. */
import {
  contactCard,
  fixed,
  GROUP_MEMBERS_MAX,
  groupRole,
  identityChain,
  KEY_PACKAGE_BYTES_MAX,
  list,
  NAME_BYTES_MAX,
  named,
  opaque,
  optional,
  roster,
  secretField,
  struct,
  text,
  toHex,
  uint,
  type TypeOf,
} from "@sotto/protocol";
import type { ConversationNumber } from "./keys.ts";
import { table } from "./record.ts";

/** That of the admins' key, and those that came with a Commit that was not read yet. */
export const ADMIN_SEEDS_MAX = 4;

const group = struct({
  /** leaving: said so, and the relay does not have it yet. over: this member is in it no longer. */
  state: named({ in: 1, leaving: 2, over: 3 }),
  /** As of the newest Commit that was read. */
  roster,
  /** Ed25519: what admins sign Commits with. */
  adminKey: fixed(32),
  /** Seeds that this member was told, newest last. Only the one of `adminKey` is of use. */
  adminSeeds: list(ADMIN_SEEDS_MAX, secretField(32)),
});
export type StoredGroup = TypeOf<typeof group>;
/** Keyed as its conversation. A conversation that has none is of two. */
export const groups = table("gr/", 1, group);

const member = struct({
  /** As they call themselves, or as they were introduced; made harmless. */
  name: text(NAME_BYTES_MAX),
  chain: identityChain,
  card: optional(contactCard),
  /** The epoch that they came in with, as far as it is known: knocks of before are of no use. */
  since: uint,
  /** When they said that they leave, own clock. */
  leavingAt: optional(uint),
});
/** Those who left included, as long as there is room: their messages are still there. */
export const groupMembers = table("gm/", 1, member);

/** Somebody whose KeyPackage is here: the next Commit adds them. */
const addition = struct({
  card: contactCard,
  chain: identityChain,
  keyPackage: opaque(KEY_PACKAGE_BYTES_MAX),
});
export const additions = table("ga/", 1, addition);

const want = struct({
  name: optional(text(NAME_BYTES_MAX)),
  removed: list(GROUP_MEMBERS_MAX, fixed(32)),
  roles: list(GROUP_MEMBERS_MAX, struct({ accountId: fixed(32), role: groupRole })),
});
export type Want = TypeOf<typeof want>;
/** What an admin here asked for and no Commit has brought about yet. Keyed as its conversation. */
export const wants = table("gw/", 1, want);

/** Names a person in a group, for `groupMembers`, `additions` and `introductions`. */
export const memberId = (number: ConversationNumber, accountId: Uint8Array): string =>
  `${number}/${toHex(accountId)}`;
