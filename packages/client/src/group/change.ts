/** What an admin here wants of a group becomes Commits, one thing after the other. Spec: spec/group.md, GP4 to GP7. */
import {
  encode,
  equalBytes,
  identityChain,
  Secret,
  toHex,
  type Roster,
  type RosterMember,
} from "@sotto/protocol";
import { accountIdOf, signingKey, type Change, type Group } from "@sotto/crypto";
import { makeCommit, type GroupStep } from "../channel/commit.ts";
import { conversationOf } from "../conversation.ts";
import { groupOf, type Core } from "../core.ts";
import { harmlessName } from "../names.ts";
import { channels } from "../stored/channel.ts";
import { conversations, introductions } from "../stored/conversation.ts";
import { additions, groupMembers, groups, memberId, wants, type StoredGroup } from "../stored/group.ts";
import { conversationIn, type ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";
import { withSeed } from "./admin-key.ts";
import { callBack } from "./call-back.ts";
import { cardIn } from "./cards.ts";
import { accountAt } from "./leaves.ts";
import { adminSigner } from "./members.ts";
import { losesAdmin, roleIn, withoutGoing, withRoles } from "./roster.ts";

/** How long an admin waits for the owner to take out whoever leaves, so that not all of them do it at once. */
const OTHERS_WAIT_MS = 60_000;
/** Chains in one Commit, in bytes as they were presented: a Commit has room for the tree beside them. */
const ADDED_BYTES_MAX = 131_072;
const ADDED_MAX = 16;
/** Everybody whom a Commit adds is posted the tree, and all posts become durable together: a share of the device so large. */
const POSTED_SHARE = 16;
/** A post is up to so many times as long as a tree of leaves alone: by parents, chains, and being padded. */
const POST_GROWTH = 4;

/** Whether there is a Commit to send now that there was not before. */
export async function beginGroupCommit(core: Core, turn: Turn, cid: string): Promise<boolean> {
  const { conversation: number } = turn.need(channels, cid);
  const stored = turn.get(groups, number);
  if (stored?.state !== "in" || adminSigner(stored, core.self.verified.accountId) === undefined) return false;
  const group = await groupOf(core, turn, cid);
  if (group !== undefined) replaceRevoked(core, turn, number, stored, group);
  const wanted = group && nextStep(core, turn, number, stored, group);
  if (wanted === undefined) return false;
  const made = await makeCommit(core, turn, cid, wanted.change, stepOf(core, turn, number, stored, wanted));
  if (made === true) return true;
  if (wanted.joining.length > 0) giveUp(turn, wanted.joining, made === false ? 0 : made.index);
  return false;
}

/** A device that its account's chain has revoked goes, and the account comes in again with the one it has now (GP16). */
function replaceRevoked(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  { roster }: StoredGroup,
  group: Group,
): void {
  for (const { leaf, credential, signatureKey } of group.members()) {
    const accountId = accountAt({ credential });
    if (leaf === group.ownLeaf || accountId === undefined) continue;
    if (core.book.isGenuine(credential, signatureKey) || roleIn(roster, accountId) === "owner") continue;
    callBack(turn, number, accountId, cardIn(turn, number, accountId));
  }
}

type Wanted = {
  readonly change: Change;
  readonly roster: Roster;
  /** Ids of additions, in the order of the KeyPackages. */
  readonly joining: readonly string[];
};

/** Whoever goes, goes first; then whoever comes; the name and the roles with either, or by themselves. */
function nextStep(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  stored: StoredGroup,
  group: Group,
): Wanted | undefined {
  const want = turn.get(wants, number);
  const { roster } = stored;
  const named: Roster = { ...roster, name: want?.name ?? roster.name };
  const self = core.self.verified.accountId;
  const isOwner = roleIn(roster, self) === "owner";
  const going = goingFrom(core, turn, number, stored, isOwner);
  // Nobody is made the owner who goes at once.
  const roles = (want?.roles ?? []).filter(({ accountId }) => !includes(going, accountId));
  const changed = isOwner ? withRoles(named, roles) : named;
  if (going.length > 0) {
    const leaves = group.members().filter((one) => includes(going, accountAt(one)));
    const change = { kind: "remove", leaves: leaves.map(({ leaf }) => leaf) } as const;
    return { change, roster: withoutGoing(changed, going, self), joining: [] };
  }
  const joining = joiningIn(core, turn, number, group);
  if (joining.length > 0) {
    const keyPackages = joining.map((id) => turn.need(additions, id).keyPackage);
    const members = [...changed.members, ...joining.map((id) => newMember(core, turn, id))];
    return { change: { kind: "add", keyPackages }, roster: { ...changed, members }, joining };
  }
  const isSame = JSON.stringify(rolesOf(changed)) === JSON.stringify(rolesOf(roster));
  return isSame ? undefined : { change: { kind: "update" }, roster: changed, joining: [] };
}

const rolesOf = ({ name, members }: Roster) => [name, ...members.map(({ role }) => role)];

const includes = (all: readonly Uint8Array[], one: Uint8Array | undefined): boolean =>
  one !== undefined && all.some((other) => equalBytes(other, one));

/** Whom this admin removes, and who said that they leave: the owner, too, who was made it while they did. */
function goingFrom(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  { roster }: StoredGroup,
  isOwner: boolean,
): readonly Uint8Array[] {
  const removed = turn.get(wants, number)?.removed ?? [];
  return roster.members.flatMap(({ accountId, role }) => {
    const { leavingAt } = turn.get(groupMembers, memberId(number, accountId)) ?? {};
    const waitMs = isOwner || role === "owner" ? 0 : OTHERS_WAIT_MS;
    const isDue = leavingAt !== undefined && leavingAt + waitMs <= turn.now;
    if (leavingAt !== undefined && !isDue) wakeAt(core, turn, number, leavingAt + waitMs);
    const isSelf = equalBytes(accountId, core.self.verified.accountId);
    const isGoing = isDue || (role !== "owner" && includes(removed, accountId));
    return isGoing && !isSelf ? [accountId] : [];
  });
}

function wakeAt(core: Core, turn: Turn, number: ConversationNumber, at: number): void {
  for (const cid of turn.need(conversations, number).channels) core.agenda.want(`channel/${toHex(cid)}`, at);
}

/** As many as one Commit has room for, and one commit to the device. */
function joiningIn(core: Core, turn: Turn, number: ConversationNumber, group: Group): readonly string[] {
  const coming = turn.ids(additions, `${number}/`);
  const most = coming.length === 0 ? 0 : invitedAtOnce(core, group); // it writes out the tree
  const fitting: string[] = [];
  let bytes = 0;
  for (const id of coming.slice(0, most)) {
    bytes += encode(identityChain, turn.need(additions, id).chain).length;
    if (bytes > ADDED_BYTES_MAX && fitting.length > 0) break;
    fitting.push(id);
  }
  return fitting;
}

/** How many posts one commit to the device has room for: each holds the tree with all who are invited. */
function invitedAtOnce({ engine, records }: Core, group: Group): number {
  const members = group.members().length;
  const leafBytes = engine.save(group).tree.length / members;
  const room = records.usage().capacityBytes / POSTED_SHARE;
  let count = 1;
  const postsBytes = (invited: number): number => invited * (members + invited) * leafBytes * POST_GROWTH;
  while (count < ADDED_MAX && postsBytes(count + 1) <= room) count++;
  return count;
}

function newMember(core: Core, turn: Turn, id: string): RosterMember {
  const { chain } = turn.need(additions, id);
  const accountId = accountIdOf(chain);
  const contact = conversationOf(turn, accountId);
  const name = contact === undefined ? "" : turn.need(conversations, contact).name;
  return { accountId, role: "member", addedBy: core.self.verified.accountId, name: harmlessName(name) };
}

/** Whoever is an admin no longer knows the key: there is a new one from this Commit on. */
function stepOf(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  stored: StoredGroup,
  { roster, joining }: Wanted,
): GroupStep {
  const added = joining.map((id) => turn.need(additions, id).chain);
  const change = { roster, added };
  if (!losesAdmin(stored.roster, roster)) return { change, adminKey: stored.adminKey };
  const seed = new Secret(core.randomBytes(32));
  turn.put(groups, number, withSeed(stored, seed));
  return { change, adminKey: signingKey(seed).publicKey };
}

/** A KeyPackage that MLS does not take: its owner is asked for another only when somebody wants them again. */
function giveUp(turn: Turn, joining: readonly string[], index: number): void {
  const id = joining[index] ?? "";
  const { card } = turn.need(additions, id);
  turn.remove(additions, id);
  turn.put(introductions, id, { state: "invalid", card, notBefore: 0 });
  turn.changedItems.add(conversationIn(id));
}
