/** An invitation that came to the inbox: verified against the inviter's own chain, then joined. Spec: CL50 and CL51. */
import { credentialCodec, decode, equalBytes, isOrigin, toHex, type Invitation } from "@sotto/protocol";
import { accountIdOf, exportChannelSecret, type Group } from "@sotto/crypto";
import { isContinuation, verifyChain, type VerifiedChain } from "@sotto/verify";
import { identityChanged } from "../channel/broken.ts";
import { nextUpdateAt } from "../channel/epoch.ts";
import { joinedChannel } from "../channel/joined.ts";
import {
  addChannel,
  addNotice,
  conversationOf,
  learnContact,
  queueCard,
  queueProfile,
  renameContact,
  startConversation,
} from "../conversation.ts";
import type { Core } from "../core.ts";
import { channels } from "../stored/channel.ts";
import { contacts, introductions } from "../stored/conversation.ts";
import type { Turn } from "../turn.ts";
import { openWelcome } from "./welcome.ts";

export async function join(core: Core, turn: Turn, invited: Invitation): Promise<void> {
  const chain = verifyInviter(core, invited);
  if (chain === undefined) return;
  if (turn.get(channels, toHex(invited.cid)) !== undefined) return; // a repeat never replaces a group
  if (!(await learnChain(core, turn, chain, invited))) return;
  const joining = await openWelcome(core, turn, invited.welcome);
  if (joining?.group.epoch !== invited.start.epoch || !isOfTwo(core, joining.group, chain)) return;
  joining.accept();
  await enter(core, turn, invited, joining.group, chain);
}

function verifyInviter(core: Core, { chain, card, endpoint }: Invitation): VerifiedChain | undefined {
  // Addresses that somebody else chose are dialled only if they are addresses of relays.
  if (!isOrigin(endpoint.url) || (card !== undefined && !isOrigin(card.endpoint.url))) return undefined;
  if (chain.length === 0) return undefined;
  const accountId = accountIdOf(chain);
  const verified = verifyChain(chain, accountId);
  const isOwn = equalBytes(accountId, core.self.verified.accountId);
  const isCardOthers = card !== undefined && !equalBytes(card.accountId, accountId);
  return verified.ok && !isOwn && !isCardOthers ? verified.value : undefined;
}

/** The chain may only go on from what was known of this account; whoever compared it is told that it did. */
async function learnChain(
  core: Core,
  turn: Turn,
  chain: VerifiedChain,
  invited: Invitation,
): Promise<boolean> {
  const number = conversationOf(turn, chain.accountId);
  const known = number === undefined ? undefined : turn.get(contacts, number)?.chain;
  const before = known && verifyChain(known, chain.accountId);
  if (before?.ok && !isContinuation(before.value, chain)) return isContinuation(chain, before.value);
  core.book.learn(chain);
  if (number === undefined || !before?.ok || equalBytes(before.value.head, chain.head)) return true;
  await identityChanged(core, turn, number);
  learnContact(turn, number, { chain: invited.chain });
  return true;
}

/** The inviter and this device, nobody else. */
function isOfTwo(core: Core, group: Group, inviter: VerifiedChain): boolean {
  const others = group.members().filter(({ leaf }) => leaf !== group.ownLeaf);
  const [other] = others;
  const credential = other && decode(credentialCodec, other.credential);
  if (others.length !== 1 || credential?.ok !== true) return false;
  const own = group.members().find(({ leaf }) => leaf === group.ownLeaf);
  return (
    equalBytes(credential.value.accountId, inviter.accountId) &&
    own !== undefined &&
    equalBytes(own.signatureKey, core.self.signer.publicKey)
  );
}

async function enter(
  core: Core,
  turn: Turn,
  invited: Invitation,
  group: Group,
  chain: VerifiedChain,
): Promise<void> {
  const cid = toHex(invited.cid);
  const known = conversationOf(turn, chain.accountId);
  const number = known ?? startConversation(turn, chain.accountId, invited.name);
  if (known === undefined) addNotice(turn, number, { kind: "started" });
  // Whoever is on the way to the contact need not go further.
  turn.remove(introductions, number);
  renameContact(turn, number, invited.name);
  learnContact(turn, number, { card: invited.card, chain: invited.chain });
  turn.put(channels, cid, {
    ...joinedChannel(number, invited.endpoint, invited.start, nextUpdateAt(core, turn.now)),
    ownLeaf: group.ownLeaf,
    exported: await exportChannelSecret(core.engine, group, {
      relayId: invited.endpoint.relayId,
      cid: invited.cid,
    }),
  });
  turn.setGroup(cid, group, core.engine.save(group), true);
  addChannel(turn, number, cid);
  queueProfile(core, turn, number);
  queueCard(core, turn, number);
  turn.touch(`channel/${cid}`);
}
