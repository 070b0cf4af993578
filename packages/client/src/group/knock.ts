/**
 * A channel of a group that this member cannot read on. An admin is asked to take them out and in again; the owner, whom
 * nobody may take out, makes the channel anew and asks everybody back in. Spec: spec/group.md, GP12 to GP14.
 */
import {
  encode,
  equalBytes,
  isOrigin,
  knockBytes,
  knockPost,
  toHex,
  type ContactCard,
  type Knock,
} from "@sotto/protocol";
import { sign } from "@sotto/crypto";
import { isSignedBy } from "@sotto/verify";
import { channelsOf } from "../channel/choice.ts";
import { nextRemakeAt, noteRemake, REMAKE_MS_MIN } from "../channel/remakes.ts";
import { conversationOf } from "../conversation.ts";
import type { Core } from "../core.ts";
import { cardOf } from "../inbox/card.ts";
import { approachFor } from "../introduction/approach.ts";
import { startChannel } from "../introduction/drive.ts";
import { post } from "../introduction/invite.ts";
import { channels, type Channel } from "../stored/channel.ts";
import { conversations } from "../stored/conversation.ts";
import { groupMembers, groups, memberId, wants } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import { inboxes } from "../stored/profile.ts";
import { nextToken } from "../tokens.ts";
import type { Turn } from "../turn.ts";
import { callBack } from "./call-back.ts";
import { cardIn } from "./cards.ts";
import { newGroup } from "./new-group.ts";
import { isAdmin, isAdminIn, roleIn } from "./roster.ts";
import { NOTHING_WANTED, wantIn } from "./wants.ts";

/** While there is no channel: ever less often. */
export async function driveKnock(core: Core, turn: Turn, number: ConversationNumber): Promise<void> {
  const group = turn.get(groups, number);
  if (group?.state !== "in") return;
  const all = channelsOf(turn, number);
  if (all.some(({ channel }) => channel.state !== "broken")) return;
  const notBefore = nextRemakeAt(turn.need(conversations, number));
  core.agenda.want(`knock/${number}`, Math.max(notBefore, turn.now + REMAKE_MS_MIN));
  if (turn.now < notBefore) return;
  noteRemake(turn, number);
  const last = all.at(-1);
  if (roleIn(group.roster, core.self.verified.accountId) === "owner") await remake(core, turn, number);
  else if (last !== undefined) await knock(core, turn, last.cid, last.channel);
}

async function knock(core: Core, turn: Turn, cid: string, { conversation, epoch }: Channel): Promise<void> {
  const { roster } = turn.need(groups, conversation);
  const inbox = turn.get(inboxes, "");
  if (inbox === undefined) return;
  const self = core.self.verified.accountId;
  const asked = { groupId: turn.need(conversations, conversation).id, cid: Uint8Array.fromHex(cid), epoch };
  for (const { accountId: adminId, role } of roster.members) {
    const card =
      isAdmin(role) && !equalBytes(adminId, self) ? cardIn(turn, conversation, adminId) : undefined;
    if (card === undefined) continue;
    const plaintext = encode(knockPost, {
      version: 4,
      ...asked,
      chain: core.self.chain,
      card: cardOf(inbox, self, "contacts"),
      signature: sign(core.self.device.leaf, knockBytes({ ...asked, accountId: self, adminId })),
    });
    await post(core, turn, cid, card, plaintext);
  }
}

/** Everybody who was not to go is asked back in, from what is known of them. Roles come back once they are there. */
async function remake(core: Core, turn: Turn, number: ConversationNumber): Promise<void> {
  const { roster } = turn.need(groups, number);
  const self = core.self.verified.accountId;
  const createToken = nextToken(turn);
  if (createToken === undefined) return;
  const removed = [self, ...wantIn(turn, number).removed];
  const others = roster.members.filter(({ accountId }) => !removed.some((one) => equalBytes(one, accountId)));
  const own = roster.members.find(({ accountId }) => equalBytes(accountId, self));
  turn.put(groups, number, newGroup(core, roster.name, own?.name ?? ""));
  const admins = others.filter(({ role }) => role === "admin");
  if (admins.length === 0) turn.remove(wants, number);
  else
    turn.put(wants, number, {
      ...NOTHING_WANTED,
      roles: admins.map(({ accountId, role }) => ({ accountId, role })),
    });
  await startChannel(core, turn, number, createToken);
  for (const { accountId } of others) {
    const card = cardIn(turn, number, accountId);
    if (card !== undefined) approachFor(turn, memberId(number, accountId), card);
  }
}

/** Dropped unless it is from somebody who is in the group, by a device of theirs, and about the group as it is. */
export function hearKnock(core: Core, turn: Turn, heard: Knock): void {
  const number = conversationOf(turn, heard.groupId);
  const group = number === undefined ? undefined : turn.get(groups, number);
  if (number === undefined || group?.state !== "in") return;
  const { accountId: self } = core.self.verified;
  const chain = core.book.learnIfGenuine(heard.chain);
  if (chain === undefined || !isAdminIn(group.roster, self)) return;
  const { accountId } = chain;
  const member = turn.get(groupMembers, memberId(number, accountId));
  const role = roleIn(group.roster, accountId);
  if (member === undefined || role === undefined || role === "owner") return;
  const isCurrent = turn.get(channels, toHex(heard.cid))?.state === "live" && heard.epoch >= member.since;
  const signed = knockBytes({ ...heard, accountId, adminId: self });
  const isGenuine = chain.devices.some(
    ({ leafKey, revoked }) => !revoked && isSignedBy(leafKey, signed, heard.signature),
  );
  if (!isCurrent || !isGenuine || !isReachable(heard.card, accountId)) return;
  callBack(turn, number, accountId, heard.card);
  turn.touch(`channel/${toHex(heard.cid)}`);
}

const isReachable = (card: ContactCard, accountId: Uint8Array): boolean =>
  isOrigin(card.endpoint.url) && equalBytes(card.accountId, accountId);
