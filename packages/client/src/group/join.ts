/** An invitation into a group that came to the inbox: from a contact, verified, then joined. Spec: spec/group.md, GP9. */
import { equalBytes, isOrigin, toHex, type GroupInvitation } from "@sotto/protocol";
import { exportChannelSecret, type Group } from "@sotto/crypto";
import { leaveChannel } from "../channel/broken.ts";
import { channelsOf } from "../channel/choice.ts";
import { nextUpdateAt } from "../channel/epoch.ts";
import { joinedChannel } from "../channel/joined.ts";
import {
  addChannel,
  addNotice,
  changeConversation,
  conversationOf,
  queueCard,
  queueProfile,
  startConversation,
} from "../conversation.ts";
import type { Core } from "../core.ts";
import { openWelcome } from "../inbox/welcome.ts";
import { harmlessName } from "../names.ts";
import { channels } from "../stored/channel.ts";
import { groupMembers, groups, memberId } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";
import { accountsAt } from "./leaves.ts";
import { accountsOf, nameIn } from "./members.ts";
import { isAdmin, isAdminIn, isSame, isWellFormed, roleIn } from "./roster.ts";

/** How long an invitation waits for the log to say that this member was taken out before. */
const REMOVAL_WAIT_MS_MAX = 300_000;

/** later: it comes before what the log has to say first, and is to be heard again. */
export async function joinGroup(
  core: Core,
  turn: Turn,
  invited: GroupInvitation,
): Promise<"taken" | "later"> {
  if (!isGenuine(core, turn, invited)) return "taken";
  // One that was left, or broke, may be entered again.
  const channel = turn.get(channels, toHex(invited.cid));
  const isIn = channel?.state === "live";
  if (isIn && channel.epoch >= invited.start.epoch) return "taken";
  const number = conversationOf(turn, invited.groupId);
  if (number !== undefined && !mayCallBack(turn, number, invited)) return "taken";
  if (isIn && isWaitedFor(core, turn)) return "later";
  const joining = await openWelcome(core, turn, invited.welcome);
  if (joining?.group.epoch !== invited.start.epoch || !isAsTold(core, joining.group, invited)) return "taken";
  joining.accept();
  await enter(core, turn, invited, joining.group, number);
  return "taken";
}

/** Who is called into a later epoch of a log was taken out in one that they have not read. */
function isWaitedFor({ inbox }: Core, turn: Turn): boolean {
  inbox.heldSince ??= turn.now;
  return turn.now < inbox.heldSince + REMOVAL_WAIT_MS_MAX;
}

/** By a contact who is an admin there; everybody's chain verifies and goes on from what is known. */
function isGenuine(core: Core, turn: Turn, { endpoint, inviter, roster, chains }: GroupInvitation): boolean {
  if (!isOrigin(endpoint.url) || !isWellFormed(roster)) return false;
  if (conversationOf(turn, inviter) === undefined || !isAdminIn(roster, inviter)) return false;
  if (roleIn(roster, core.self.verified.accountId) !== "member") return false;
  if (chains.length !== roster.members.length) return false;
  return roster.members.every(({ accountId }, at) => {
    const chain = core.book.learnIfGenuine(chains[at] ?? []);
    return chain !== undefined && equalBytes(chain.accountId, accountId);
  });
}

/**
 * Who was in this group comes back only by an admin they knew; and who is in it goes to another channel only with the
 * owner, so that no admin takes a group away from its owner.
 */
function mayCallBack(turn: Turn, number: ConversationNumber, { inviter, cid }: GroupInvitation): boolean {
  const group = turn.get(groups, number);
  if (group === undefined) return false;
  const role = roleIn(group.roster, inviter);
  const isSameChannel = turn.get(channels, toHex(cid))?.conversation === number;
  return group.state === "over" || isSameChannel ? isAdmin(role) : role === "owner";
}

/** Whom MLS knows is whom the roster names; this device is who it is; the inviter is there. */
function isAsTold(core: Core, group: Group, { roster, inviter }: GroupInvitation): boolean {
  const members = group.members();
  const own = members.find(({ leaf }) => leaf === group.ownLeaf);
  const accounts = accountsAt(members);
  return (
    own !== undefined &&
    equalBytes(own.signatureKey, core.self.signer.publicKey) &&
    isSame(accounts, accountsOf(roster)) &&
    accounts.some((one) => equalBytes(one, inviter))
  );
}

async function enter(
  core: Core,
  turn: Turn,
  invited: GroupInvitation,
  group: Group,
  known: ConversationNumber | undefined,
): Promise<void> {
  const { roster, adminKey, start } = invited;
  const name = harmlessName(roster.name);
  const number = known ?? startConversation(turn, invited.groupId.slice(), name);
  if (known !== undefined) {
    for (const { cid, channel } of channelsOf(turn, known))
      if (channel.state !== "broken") await leaveChannel(core, turn, cid, channel);
    changeConversation(turn, number, { name, via: undefined, remakes: 0 });
  }
  turn.put(groups, number, { state: "in", roster, adminKey: adminKey.slice(), adminSeeds: [] });
  for (const [at, { accountId, name: told }] of roster.members.entries()) {
    if (equalBytes(accountId, core.self.verified.accountId)) continue;
    const id = memberId(number, accountId);
    const before = turn.get(groupMembers, id);
    turn.put(groupMembers, id, {
      name: before?.name ?? harmlessName(told),
      chain: invited.chains[at] ?? [],
      card: before?.card,
      leavingAt: undefined,
      since: start.epoch,
    });
  }
  addNotice(turn, number, { kind: "group-created", by: nameIn(turn, number, invited.inviter) });
  await enterChannel(core, turn, invited, group, number);
  addChannel(turn, number, toHex(invited.cid));
  changeConversation(turn, number, { changedAt: turn.now });
  queueProfile(core, turn, number);
  queueCard(core, turn, number);
}

async function enterChannel(
  core: Core,
  turn: Turn,
  { endpoint, cid, start }: GroupInvitation,
  group: Group,
  number: ConversationNumber,
): Promise<void> {
  const place = { relayId: endpoint.relayId, cid };
  turn.put(channels, toHex(cid), {
    ...joinedChannel(number, endpoint, start, nextUpdateAt(core, turn.now)),
    // Of a channel that is entered again: what was delivered then still is, and nothing more is known.
    delivered: turn.get(channels, toHex(cid))?.delivered ?? 0,
    ownLeaf: group.ownLeaf,
    exported: await exportChannelSecret(core.engine, group, place),
  });
  turn.setGroup(toHex(cid), group, core.engine.save(group), true);
  turn.touch(`channel/${toHex(cid)}`);
}
