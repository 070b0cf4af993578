/** The invitation into a group, once the relay has accepted the Commit that adds somebody. Spec: spec/group.md. */
import { assert, encode, equalBytes, fromHex, groupInvitation, type ContactCard } from "@sotto/protocol";
import type { Core } from "../core.ts";
import { post } from "../introduction/invite.ts";
import { channels } from "../stored/channel.ts";
import { conversations } from "../stored/conversation.ts";
import { groupMembers, groups, memberId } from "../stored/group.ts";
import type { Turn } from "../turn.ts";

export async function inviteInto(
  core: Core,
  turn: Turn,
  cid: string,
  { welcome, card }: { readonly welcome: Uint8Array; readonly card: ContactCard },
): Promise<void> {
  const { conversation: number, endpoint, epoch, log } = turn.need(channels, cid);
  const { roster, adminKey } = turn.need(groups, number);
  const self = core.self.verified.accountId;
  const chains = roster.members.map(({ accountId }) => {
    if (equalBytes(accountId, self)) return core.self.chain;
    const member = turn.get(groupMembers, memberId(number, accountId));
    assert(member !== undefined, "everybody in the roster came with a chain");
    return member.chain;
  });
  const plaintext = encode(groupInvitation, {
    version: 2,
    groupId: turn.need(conversations, number).id,
    cid: fromHex(cid),
    endpoint,
    welcome,
    start: { epoch, seq: log.seq, head: log.head },
    adminKey,
    roster,
    chains,
    inviter: self,
  });
  await post(core, turn, cid, card, plaintext);
}
