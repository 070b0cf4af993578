/** Who may make what of a group, as a rule by itself. Spec: spec/group.md, GP3. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { GroupRole, Roster } from "@sotto/protocol";
import { difference, mayFollow, withRoles, type CommitFacts } from "../src/group/roster.ts";

const account = (number: number): Uint8Array => new Uint8Array(32).fill(number);
const [OWNER, ADMIN, BOB, CAROL, DAVE] = [1, 2, 3, 4, 5] as const;

type Standing = readonly [who: number, role: GroupRole, addedBy?: number];
const rosterOf = (...members: readonly Standing[]): Roster => ({
  version: 1,
  name: "Desk",
  members: members.map(([who, role, addedBy = OWNER]) => ({
    accountId: account(who),
    role,
    addedBy: account(addedBy),
    name: "",
  })),
});
const BEFORE = rosterOf([OWNER, "owner"], [ADMIN, "admin"], [BOB, "member"], [CAROL, "member"]);

/** Facts as MLS would give them for this change, by this committer. */
const factsOf = (committer: number, after: Roster, changed: Partial<CommitFacts> = {}): CommitFacts => ({
  committer: account(committer),
  added: difference(after, BEFORE),
  removed: difference(BEFORE, after),
  isAdminSigned: true,
  isNewAdminKey: false,
  isOwnerLeaving: false,
  ...changed,
});
const isAllowed = (committer: number, after: Roster, changed: Partial<CommitFacts> = {}): boolean =>
  mayFollow(BEFORE, after, factsOf(committer, after, changed));

const WITHOUT_BOB = rosterOf([OWNER, "owner"], [ADMIN, "admin"], [CAROL, "member"]);
const WITH_DAVE = (by: number, role: GroupRole = "member"): Roster => ({
  ...BEFORE,
  members: [...BEFORE.members, ...rosterOf([DAVE, role, by]).members],
});

test("[GP3] an admin and the owner add, remove and rename; a member does not", () => {
  for (const who of [OWNER, ADMIN]) {
    assert.ok(isAllowed(who, WITHOUT_BOB));
    assert.ok(isAllowed(who, WITH_DAVE(who)));
    assert.ok(isAllowed(who, { ...BEFORE, name: "Newsroom" }));
  }
  for (const after of [WITHOUT_BOB, WITH_DAVE(CAROL), { ...BEFORE, name: "Newsroom" }, BEFORE])
    assert.ok(!isAllowed(CAROL, after));
  assert.ok(!isAllowed(DAVE, WITH_DAVE(DAVE)), "nor does somebody who is not there");
});

test("[GP3] what the admins' key did not sign is not followed", () => {
  for (const after of [WITHOUT_BOB, WITH_DAVE(OWNER), BEFORE])
    assert.ok(!isAllowed(OWNER, after, { isAdminSigned: false }));
});

test("[GP3] whom MLS adds and removes is whom the rosters differ by", () => {
  assert.ok(!isAllowed(OWNER, BEFORE, { removed: [account(BOB)] }));
  assert.ok(!isAllowed(OWNER, WITHOUT_BOB, { removed: [account(CAROL)] }));
  assert.ok(!isAllowed(OWNER, WITHOUT_BOB, { removed: [] }));
  assert.ok(!isAllowed(OWNER, BEFORE, { added: [account(DAVE)] }));
  assert.ok(!isAllowed(OWNER, WITH_DAVE(OWNER), { added: [account(DAVE), account(DAVE)] }));
  assert.ok(!isAllowed(OWNER, WITH_DAVE(OWNER), { added: [account(9)] }));
});

test("[GP3] whoever is added is a member, by their committer; nobody rewrites who brought whom", () => {
  assert.ok(!isAllowed(ADMIN, WITH_DAVE(OWNER)));
  assert.ok(!isAllowed(OWNER, WITH_DAVE(OWNER, "admin")));
  const rewritten = rosterOf([OWNER, "owner"], [ADMIN, "admin"], [BOB, "member", CAROL], [CAROL, "member"]);
  assert.ok(!isAllowed(OWNER, rewritten));
});

test("[GP3] roles are the owner's to give, and there is always one owner", () => {
  const promoted = withRoles(BEFORE, [{ accountId: account(BOB), role: "admin" }]);
  assert.ok(isAllowed(OWNER, promoted));
  assert.ok(!isAllowed(ADMIN, promoted));
  const handed = withRoles(BEFORE, [{ accountId: account(BOB), role: "owner" }]);
  assert.deepEqual(
    handed.members.map(({ role }) => role),
    ["admin", "admin", "owner", "member"],
  );
  assert.ok(isAllowed(OWNER, handed));
  assert.ok(!isAllowed(ADMIN, withRoles(BEFORE, [{ accountId: account(ADMIN), role: "owner" }])));
  const two = rosterOf([OWNER, "owner"], [ADMIN, "owner"], [BOB, "member"], [CAROL, "member"]);
  const none = rosterOf([OWNER, "admin"], [ADMIN, "admin"], [BOB, "member"], [CAROL, "member"]);
  for (const after of [two, none]) assert.ok(!isAllowed(OWNER, after, { isNewAdminKey: true }));
});

test("[GP3] nobody removes the owner or themselves", () => {
  const usurped = rosterOf([ADMIN, "owner"], [BOB, "member"], [CAROL, "member"]);
  assert.ok(!isAllowed(ADMIN, usurped, { isNewAdminKey: true }));
  const gone = rosterOf([OWNER, "owner"], [BOB, "member"], [CAROL, "member"]);
  assert.ok(!isAllowed(ADMIN, gone, { isNewAdminKey: true }));
});

test("[GP3] an owner who said that they leave is taken out by an admin, who is the owner then", () => {
  const leaving = { isNewAdminKey: true, isOwnerLeaving: true };
  const inherited = rosterOf([ADMIN, "owner"], [BOB, "member"], [CAROL, "member"]);
  assert.ok(isAllowed(ADMIN, inherited, leaving));
  const given = rosterOf([ADMIN, "admin"], [BOB, "owner"], [CAROL, "member"]);
  const more = rosterOf([ADMIN, "owner"], [BOB, "admin"], [CAROL, "member"]);
  const none = rosterOf([ADMIN, "admin"], [BOB, "member"], [CAROL, "member"]);
  for (const after of [given, more, none]) assert.ok(!isAllowed(ADMIN, after, leaving));
  const byMember = rosterOf([ADMIN, "admin"], [BOB, "member"], [CAROL, "owner"]);
  assert.ok(!isAllowed(CAROL, byMember, leaving), "and by nobody else");
  const beside = withRoles(BEFORE, [{ accountId: account(ADMIN), role: "owner" }]);
  assert.ok(!isAllowed(ADMIN, beside, leaving), "nobody is the owner while they are there");
});

test("[GP8] where somebody who knows the seed is an admin no longer, there is a new key", () => {
  const demoted = withRoles(BEFORE, [{ accountId: account(ADMIN), role: "member" }]);
  const gone = rosterOf([OWNER, "owner"], [BOB, "member"], [CAROL, "member"]);
  for (const after of [demoted, gone]) {
    assert.ok(!isAllowed(OWNER, after));
    assert.ok(isAllowed(OWNER, after, { isNewAdminKey: true }));
  }
});

test("[GP3] a Commit without a roster changes nobody and no key", () => {
  const plain: CommitFacts = {
    committer: account(CAROL),
    added: [],
    removed: [],
    isAdminSigned: false,
    isNewAdminKey: false,
    isOwnerLeaving: false,
  };
  assert.ok(mayFollow(BEFORE, undefined, plain));
  for (const change of [
    { added: [account(DAVE)] },
    { removed: [account(BOB)] },
    { isNewAdminKey: true },
  ] as const)
    assert.ok(!mayFollow(BEFORE, undefined, { ...plain, ...change, isAdminSigned: true }));
});

const anyRoster = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom<GroupRole>("member", "admin", "owner"),
      fc.integer({ min: 1, max: 6 }),
    ),
    { maxLength: 6 },
  )
  .map((members) => rosterOf(...members));

test("[GP3] whatever a member who is no admin writes, nothing of the roster changes", () => {
  fc.assert(
    fc.property(anyRoster, fc.constantFrom(BOB, CAROL, DAVE), fc.boolean(), (after, who, isNewAdminKey) => {
      assert.ok(!isAllowed(who, after, { isNewAdminKey }));
    }),
  );
});

test("[GP3] whatever is followed has one owner, everybody once, and its committer", () => {
  fc.assert(
    fc.property(anyRoster, fc.constantFrom(OWNER, ADMIN), fc.boolean(), (after, who, isNewAdminKey) => {
      if (!isAllowed(who, after, { isNewAdminKey })) return;
      const ids = after.members.map(({ accountId }) => accountId.join());
      assert.equal(new Set(ids).size, ids.length);
      assert.equal(after.members.filter(({ role }) => role === "owner").length, 1);
      assert.ok(ids.includes(account(who).join()) && ids.includes(account(OWNER).join()));
      if (who === ADMIN)
        assert.ok(after.members.some(({ role, accountId }) => role === "owner" && accountId[0] === OWNER));
    }),
    { numRuns: 2_000 },
  );
});
