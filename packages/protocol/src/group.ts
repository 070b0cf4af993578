/** What the members of a group agree on beside its keys: its name, who is in it, and who may change that. Spec: spec/group.md. */
import { constant, fixed, list, named, opaque, struct, text, uint, type TypeOf } from "./codec.ts";
import { contactCard, endpoint, identityChain } from "./identity.ts";
import { GROUP_MEMBERS_MAX, NAME_BYTES_MAX, WELCOME_BYTES_MAX } from "./limits.ts";
import { secretField } from "./secret-field.ts";

/** member: talks. admin: adds and removes members, renames the group. owner: also makes and unmakes admins. */
export const groupRole = named({ member: 1, admin: 2, owner: 3 });
export type GroupRole = TypeOf<typeof groupRole>;

const rosterMember = struct({
  accountId: fixed(32),
  role: groupRole,
  /** The account that brought this one in; the owner's own where the group began. */
  addedBy: fixed(32),
  /** As whoever wrote the roster knows them: a claim, until they say their own. */
  name: text(NAME_BYTES_MAX),
});
export type RosterMember = TypeOf<typeof rosterMember>;

/** Whole in every Commit that changes anything of it, so that nobody has to have seen all the Commits before. */
export const roster = struct({
  version: constant(1, "roster version 1"),
  name: text(NAME_BYTES_MAX),
  members: list(GROUP_MEMBERS_MAX, rosterMember),
});
export type Roster = TypeOf<typeof roster>;

/**
 * The HPKE plaintext of a post that invites into a group. As an invitation, and what only members know: the roster as of
 * the Commit that adds the joiner, everybody's chain, and the key that admins sign Commits with.
 */
export const groupInvitation = struct({
  version: constant(2, "group invitation version 2"),
  groupId: fixed(32),
  cid: fixed(32),
  endpoint,
  welcome: opaque(WELCOME_BYTES_MAX),
  start: struct({ epoch: uint, seq: uint, head: fixed(32) }),
  adminKey: fixed(32),
  roster,
  /** In the order of the roster, the inviter's and the joiner's own among them. */
  chains: list(GROUP_MEMBERS_MAX, identityChain),
  inviter: fixed(32),
});
export type GroupInvitation = TypeOf<typeof groupInvitation>;

/** The HPKE plaintext of a post to an admin: the seed of the key that admins sign Commits with. */
export const adminKeyPost = struct({
  version: constant(3, "admin key version 3"),
  groupId: fixed(32),
  seed: secretField(32),
});

/**
 * The HPKE plaintext of a post to an admin by a member whose channel is of no use any more: take me out and in again.
 * Signed by the leaf key of a device that the chain names.
 */
export const knockPost = struct({
  version: constant(4, "knock version 4"),
  groupId: fixed(32),
  /** The channel and the newest epoch that the member was in: a knock of before is of no use after. */
  cid: fixed(32),
  epoch: uint,
  chain: identityChain,
  card: contactCard,
  signature: fixed(64),
});
export type Knock = TypeOf<typeof knockPost>;
