/** An invitation that came to the inbox: verified against the inviter's own chain, then joined. Spec: CL50 and CL51. */
import {
  credentialCodec,
  decode,
  equalBytes,
  invitation,
  isOrigin,
  toHex,
  type Invitation,
} from "@sotto/protocol";
import { accountIdOf, exportChannelSecret, openPost, type Group } from "@sotto/crypto";
import { isContinuation, sha256, verifyChain, type VerifiedChain } from "@sotto/verify";
import { identityChanged } from "../channel/broken.ts";
import { nextUpdateAt } from "../channel/epoch.ts";
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
import { channels, joined, keyPackageId, keyPackages } from "../stored/channel.ts";
import { contacts, introductions } from "../stored/conversation.ts";
import { inboxes } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";
import { KEY_PACKAGE_KEPT_MS } from "./shelf.ts";

/** Whatever is not a genuine invitation for this account is dropped without a word: anybody may post anything. */
export async function join(core: Core, turn: Turn, body: Uint8Array): Promise<void> {
  const invited = await openInvitation(turn, body);
  const chain = invited && verifyInviter(core, invited);
  if (invited === undefined || chain === undefined) return;
  const hash = toHex(sha256(invited.welcome));
  if (await isKnown(turn, hash, invited)) return;
  if (!(await learnChain(core, turn, chain, invited))) return;
  const group = await joinGroup(core, turn, invited);
  if (group?.epoch !== invited.start.epoch || !isOfTwo(core, group, chain)) return;
  turn.save(joined, hash, { until: turn.now + KEY_PACKAGE_KEPT_MS });
  await enter(core, turn, invited, group, chain);
}

async function openInvitation(turn: Turn, body: Uint8Array): Promise<Invitation | undefined> {
  const inbox = turn.need(inboxes, "");
  const place = { relayId: inbox.endpoint.relayId, inboxId: inbox.inboxId };
  const opened = await openPost(place, inbox, body);
  const decoded = opened && decode(invitation, opened);
  return decoded?.ok ? decoded.value : undefined;
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

/** A Welcome that was joined, or a channel that is there: a repeat never replaces a group. */
const isKnown = async (turn: Turn, hash: string, { cid }: Invitation): Promise<boolean> =>
  (await turn.load(joined, hash)) !== undefined || turn.get(channels, toHex(cid)) !== undefined;

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

async function joinGroup(core: Core, turn: Turn, invited: Invitation): Promise<Group | undefined> {
  const stored = new Map<string, { readonly id: string; readonly isLastResort: boolean }>();
  const privates: Uint8Array[] = [];
  for (const key of turn.keys(keyPackages.prefix)) {
    const id = key.slice(keyPackages.prefix.length);
    const one = await turn.load(keyPackages, id);
    if (one === undefined || one.until <= turn.now) continue;
    privates.push(one.stored);
    stored.set(id, { id, isLastResort: one.isLastResort });
  }
  const result = await core.engine.join(invited.welcome, privates);
  if (!result.ok) return undefined;
  const used = stored.get(keyPackageId(result.value.used));
  if (used?.isLastResort === true) replaceLastResort(turn);
  else if (used !== undefined) turn.save(keyPackages, used.id, undefined);
  return result.value.group;
}

/** After each use; the private half stays until every Welcome that is on its way has come. */
function replaceLastResort(turn: Turn): void {
  turn.put(inboxes, "", { ...turn.need(inboxes, ""), lastResortAt: 0 });
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
    conversation: number,
    endpoint: invited.endpoint,
    state: "live",
    createToken: undefined,
    toAdd: undefined,
    isHeard: true,
    epoch: invited.start.epoch,
    ownLeaf: group.ownLeaf,
    exported: await exportChannelSecret(core.engine, group, {
      relayId: invited.endpoint.relayId,
      cid: invited.cid,
    }),
    log: { seq: invited.start.seq, head: invited.start.head },
    epochStart: invited.start.seq,
    lastPlace: 0,
    lastOwn: 0,
    delivered: 0,
    ownSinceUpdate: 0,
    updateDueAt: nextUpdateAt(core, turn.now),
    past: [],
  });
  turn.setGroup(cid, group, core.engine.save(group), true);
  addChannel(turn, number, cid);
  queueProfile(core, turn, number);
  queueCard(core, turn, number);
  turn.touch(`channel/${cid}`);
}
