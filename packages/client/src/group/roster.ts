/** Who may make what of a group. Pure: every member comes to the same answer about every Commit. Spec: spec/group.md. */
import { equalBytes, toHex, type GroupRole, type Roster, type RosterMember } from "@sotto/protocol";

export const memberIn = ({ members }: Roster, accountId: Uint8Array): RosterMember | undefined =>
  members.find((one) => equalBytes(one.accountId, accountId));

export const roleIn = (roster: Roster, accountId: Uint8Array): GroupRole | undefined =>
  memberIn(roster, accountId)?.role;

/** Whether this role signs Commits with the admins' key. */
export const isAdmin = (role: GroupRole | undefined): boolean => role === "admin" || role === "owner";

export const isAdminIn = (roster: Roster, accountId: Uint8Array): boolean =>
  isAdmin(roleIn(roster, accountId));

/** What MLS and the relay say of a Commit. */
export type CommitFacts = {
  readonly committer: Uint8Array;
  /** Accounts whose leaves it adds and removes. */
  readonly added: readonly Uint8Array[];
  readonly removed: readonly Uint8Array[];
  readonly isAdminSigned: boolean;
  /** The admins' key is another one from then on. */
  readonly isNewAdminKey: boolean;
  /** The owner said that they leave: made the owner while they did. Whoever takes them out is the owner then. */
  readonly isOwnerLeaving: boolean;
};

/** Whether a Commit may make `after` of `before`. `after` is undefined where it says nothing of the roster. */
export function mayFollow(before: Roster, after: Roster | undefined, facts: CommitFacts): boolean {
  const { committer, added, removed } = facts;
  if (after === undefined) return added.length === 0 && removed.length === 0 && !facts.isNewAdminKey;
  const role = roleIn(before, committer);
  const hasHeir = facts.isOwnerLeaving && isOwnerGone(before, after);
  if (!facts.isAdminSigned || !isAdmin(role) || roleIn(after, committer) === undefined) return false;
  return (
    isWellFormed(after) &&
    isSame(difference(after, before), added) &&
    isSame(difference(before, after), removed) &&
    after.members.every((one) =>
      mayStand(one, memberIn(before, one.accountId), { role, committer, isHeir: hasHeir }),
    ) &&
    (hasHeir || !isOwnerGone(before, after)) &&
    (!losesAdmin(before, after) || facts.isNewAdminKey)
  );
}

/** Everybody once, and one owner. */
export const isWellFormed = ({ members }: Roster): boolean =>
  new Set(members.map(({ accountId }) => toHex(accountId))).size === members.length &&
  members.filter(({ role }) => role === "owner").length === 1;

const isOwnerGone = (before: Roster, after: Roster): boolean =>
  before.members.some((one) => one.role === "owner" && roleIn(after, one.accountId) === undefined);

function mayStand(
  after: RosterMember,
  before: RosterMember | undefined,
  by: { readonly role: GroupRole | undefined; readonly committer: Uint8Array; readonly isHeir: boolean },
): boolean {
  if (before === undefined) return after.role === "member" && equalBytes(after.addedBy, by.committer);
  const isCommitter = equalBytes(after.accountId, by.committer);
  if (by.isHeir && isCommitter) return after.role === "owner" && equalBytes(after.addedBy, before.addedBy);
  const isRoleKept = after.role === before.role || by.role === "owner";
  return isRoleKept && equalBytes(after.addedBy, before.addedBy);
}

/** Somebody who holds the seed of the admins' key is no admin any more. */
export const losesAdmin = (before: Roster, after: Roster): boolean =>
  before.members.some(({ accountId, role }) => isAdmin(role) && !isAdminIn(after, accountId));

/** The roster without these; if the owner is among them, `heir` is it from then on. */
export function withoutGoing(roster: Roster, going: readonly Uint8Array[], heir: Uint8Array): Roster {
  const members = roster.members.filter(({ accountId }) => !going.some((one) => equalBytes(one, accountId)));
  if (!isOwnerGone(roster, { ...roster, members })) return { ...roster, members };
  const isHeir = ({ accountId }: RosterMember): boolean => equalBytes(accountId, heir);
  return { ...roster, members: members.map((one) => (isHeir(one) ? { ...one, role: "owner" } : one)) };
}

/** Accounts of `a` that are not in `b`. */
export const difference = (a: Roster, b: Roster): readonly Uint8Array[] =>
  a.members.flatMap(({ accountId }) => (memberIn(b, accountId) === undefined ? [accountId] : []));

export function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  const inB = new Set(b.map(toHex));
  return a.length === b.length && inB.size === b.length && a.every((one) => inB.has(toHex(one)));
}

/** The roster with these roles; whoever makes another the owner is an admin from then on. Nobody else's changes. */
export function withRoles(
  roster: Roster,
  roles: readonly { readonly accountId: Uint8Array; readonly role: GroupRole }[],
): Roster {
  let { members } = roster;
  for (const { accountId, role } of roles) {
    const isIn = members.some((one) => equalBytes(one.accountId, accountId));
    members = members.map((one) => {
      if (equalBytes(one.accountId, accountId)) return { ...one, role };
      return isIn && role === "owner" && one.role === "owner" ? { ...one, role: "admin" } : one;
    });
  }
  return { ...roster, members };
}
