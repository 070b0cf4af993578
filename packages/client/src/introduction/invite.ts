/** The invitation, once the relay has accepted the Commit that adds the contact; posted to the contact's inbox. */
import { encode, fromHex, invitation, Secret, toHex, type ContactCard } from "@sotto/protocol";
import { sealPost } from "@sotto/crypto";
import type { Core } from "../core.ts";
import { cardOf } from "../inbox/card.ts";
import { channels, outgoingPosts } from "../stored/channel.ts";
import { contacts } from "../stored/conversation.ts";
import { inboxes, profiles } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";

/** Durable in the turn that merges the Commit: the Welcome is never sent before, and never lost after (CL55). */
export async function invite(core: Core, turn: Turn, cid: string, welcome: Uint8Array): Promise<void> {
  const channel = turn.need(channels, cid);
  const contact = turn.get(contacts, channel.conversation);
  if (contact?.card === undefined) return;
  const inbox = turn.get(inboxes, "");
  const plaintext = encode(invitation, {
    version: 1,
    cid: fromHex(cid),
    endpoint: channel.endpoint,
    welcome,
    start: { epoch: channel.epoch, seq: channel.log.seq, head: channel.log.head },
    chain: core.self.chain,
    card: inbox && cardOf(inbox, core.self.verified.accountId, "contacts"),
    name: turn.need(profiles, "").name,
  });
  await post(core, turn, cid, contact.card, plaintext);
}

/** Seals it for whoever has this inbox; on its way from this turn on. `cid` says what it is about. */
export async function post(
  core: Core,
  turn: Turn,
  cid: string,
  card: ContactCard,
  plaintext: Uint8Array,
): Promise<void> {
  const body = await sealPost(card, new Secret(card.shelfKey.slice()), plaintext);
  if (!body.ok) return; // a card that was checked when it came
  const postId = core.randomBytes(16);
  const { conversation } = turn.need(channels, cid);
  turn.put(outgoingPosts, toHex(postId), {
    conversation,
    cid: fromHex(cid),
    card,
    postId,
    body: body.value,
  });
  turn.touch(`post/${toHex(postId)}`);
}
