/** What a Commit that was merged means for a group here: who is in it, what everybody may, and what is still wanted. */
import { equalBytes, toHex, type IdentityChain, type Roster } from "@sotto/protocol";
import { accountIdOf, type RosterChange } from "@sotto/crypto";
import { addNotice, changeConversation } from "../conversation.ts";
import type { Core } from "../core.ts";
import { harmlessName } from "../names.ts";
import { channels } from "../stored/channel.ts";
import { additions, groupMembers, groups, memberId, wants, type Want } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";
import { postAdminKey } from "./admin-key.ts";
import { inviteInto } from "./invite.ts";
import { nameIn } from "./members.ts";
import { difference, isAdmin, isAdminIn, memberIn, roleIn } from "./roster.ts";
import { forgetComing, isComing } from "./wants.ts";

/** Records of people, those who left included. */
const MEMBERS_KEPT_MAX = 400;

type Followed = {
  /** The account that committed it. */
  readonly by: Uint8Array;
  readonly change: RosterChange | undefined;
  readonly adminKey: Uint8Array | undefined;
  /** That it begins. */
  readonly epoch: number;
};

export function follow(core: Core, turn: Turn, number: ConversationNumber, step: Followed): void {
  const group = turn.need(groups, number);
  const { by, change, adminKey = group.adminKey, epoch } = step;
  if (change === undefined) return;
  const { roster } = change;
  const gone = difference(group.roster, roster);
  // By the names they had while they were in.
  const byName = equalBytes(by, core.self.verified.accountId) ? undefined : nameIn(turn, number, by);
  for (const accountId of gone) dismiss(turn, number, accountId, byName);
  for (const chain of change.added) introduce(turn, number, chain, { roster, epoch });
  turn.put(groups, number, { ...group, roster, adminKey });
  for (const accountId of difference(roster, group.roster))
    addNotice(turn, number, { kind: "member-added", by: byName, name: nameIn(turn, number, accountId) });
  tellName(turn, number, group.roster, roster, byName);
  tellRoles(core, turn, number, { before: group.roster, after: roster, byName });
  settle(turn, number, core.self.verified.accountId);
  forgetStrangers(turn, number);
  turn.changedItems.add(number);
}

/** An own one: whoever it added is invited, and whoever became an admin is told the seed. */
export async function followOwn(
  core: Core,
  turn: Turn,
  cid: string,
  step: Followed,
  welcome: Uint8Array | undefined,
): Promise<void> {
  const number = turn.need(channels, cid).conversation;
  const before = turn.need(groups, number);
  const joiners = (step.change?.added ?? []).flatMap(
    (chain) => turn.get(additions, memberId(number, accountIdOf(chain)))?.card ?? [],
  );
  follow(core, turn, number, step);
  for (const card of joiners) if (welcome !== undefined) await inviteInto(core, turn, cid, { welcome, card });
  const isNewKey = !equalBytes(before.adminKey, turn.need(groups, number).adminKey);
  const isNew = (accountId: Uint8Array): boolean => !isAdminIn(before.roster, accountId);
  await postAdminKey(core, turn, cid, isNewKey ? () => true : isNew);
}

function introduce(
  turn: Turn,
  number: ConversationNumber,
  chain: IdentityChain,
  { roster, epoch }: { readonly roster: Roster; readonly epoch: number },
): void {
  const accountId = accountIdOf(chain);
  const id = memberId(number, accountId);
  const known = turn.get(groupMembers, id);
  turn.put(groupMembers, id, {
    name: known?.name ?? harmlessName(memberIn(roster, accountId)?.name ?? ""),
    chain,
    card: known?.card ?? turn.get(additions, id)?.card,
    leavingAt: undefined,
    since: epoch,
  });
}

function dismiss(
  turn: Turn,
  number: ConversationNumber,
  accountId: Uint8Array,
  by: string | undefined,
): void {
  const id = memberId(number, accountId);
  const known = turn.get(groupMembers, id);
  const name = nameIn(turn, number, accountId);
  if (known?.leavingAt === undefined) addNotice(turn, number, { kind: "member-removed", by, name });
  else {
    turn.put(groupMembers, id, { ...known, leavingAt: undefined });
    addNotice(turn, number, { kind: "member-left", name });
  }
}

function tellName(
  turn: Turn,
  number: ConversationNumber,
  before: Roster,
  after: Roster,
  by: string | undefined,
): void {
  const [from, to] = [harmlessName(before.name), harmlessName(after.name)];
  if (from === to || to === "") return;
  changeConversation(turn, number, { name: to });
  addNotice(turn, number, { kind: "group-renamed", by, from, to });
}

function tellRoles(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  told: { readonly before: Roster; readonly after: Roster; readonly byName: string | undefined },
): void {
  for (const { accountId, role } of told.after.members) {
    const was = roleIn(told.before, accountId);
    if (was === undefined || was === role) continue;
    const isSelf = equalBytes(accountId, core.self.verified.accountId);
    const name = isSelf ? undefined : nameIn(turn, number, accountId);
    addNotice(turn, number, { kind: "role-changed", by: told.byName, name, role });
  }
}

/** What was wanted and is so now, or is not for this member to want any more, is wanted no longer. */
function settle(turn: Turn, number: ConversationNumber, self: Uint8Array): void {
  const { roster } = turn.need(groups, number);
  const wanted = turn.get(wants, number);
  const own = roleIn(roster, self);
  // Nobody takes out the owner, not who has become it either.
  const removed = (wanted?.removed ?? []).filter((one) => {
    const role = roleIn(roster, one);
    return isAdmin(own) && role !== undefined && role !== "owner";
  });
  for (const { accountId } of roster.members) {
    // Who goes out to come in again is still on the way in.
    if (removed.some((one) => equalBytes(one, accountId))) continue;
    forgetComing(turn, memberId(number, accountId));
  }
  if (wanted === undefined) return;
  const left: Want = {
    name: wanted.name === roster.name || !isAdmin(own) ? undefined : wanted.name,
    removed,
    roles: wanted.roles.filter(({ accountId, role }) => {
      const is = roleIn(roster, accountId);
      return (
        own === "owner" && is !== role && (is !== undefined || isComing(turn, memberId(number, accountId)))
      );
    }),
  };
  const isNothing = left.name === undefined && left.removed.length + left.roles.length === 0;
  if (isNothing) turn.remove(wants, number);
  else turn.put(wants, number, left);
}

/** Of those who left, the first by id go. */
function forgetStrangers(turn: Turn, number: ConversationNumber): void {
  const ids = turn.ids(groupMembers, `${number}/`);
  const inGroup = new Set(turn.need(groups, number).roster.members.map((one) => toHex(one.accountId)));
  const gone = ids.filter((id) => !inGroup.has(id.slice(number.length + 1)));
  for (const id of gone.slice(0, Math.max(0, ids.length - MEMBERS_KEPT_MAX))) turn.remove(groupMembers, id);
}
