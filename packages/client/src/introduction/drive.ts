/**
 * The way to a contact: a KeyPackage from their inbox, a group, a channel at the own relay, an invitation to the inbox.
 * Every step begins from what is durable and can be taken again. Spec: spec/client.md, CL55 to CL60.
 */
import {
  equalBytes,
  fromHex,
  Secret,
  toHex,
  type ContactCard,
  type Reply,
  type ShelfItem,
} from "@sotto/protocol";
import {
  deriveEpochKeys,
  epochPublicKeys,
  exportChannelSecret,
  openShelfItem,
  readersOf,
} from "@sotto/crypto";
import { firstPosition, isContinuation, sha256, verifyChain } from "@sotto/verify";
import { hasToken, nextToken } from "../tokens.ts";
import { identityChanged } from "../channel/broken.ts";
import { nextUpdateAt } from "../channel/epoch.ts";
import {
  addChannel,
  changeConversation,
  conversationOf,
  forgetChannel,
  learnContact,
  touchChannels,
} from "../conversation.ts";
import { sessionOf, type Core } from "../core.ts";
import { isGroup } from "../group/members.ts";
import type { LineId } from "../line/line-id.ts";
import { channels, outgoingPosts } from "../stored/channel.ts";
import { contacts, conversations, introductions, type Introduction } from "../stored/conversation.ts";
import { additions, groups, memberId } from "../stored/group.ts";
import { conversationIn, type ConversationNumber } from "../stored/keys.ts";
import { profiles } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";
import { approach } from "./approach.ts";

const RETRY_MS = 15_000;
const REMAKE_MS = 60_000;

/** Each person's inbox on a connection of its own: nothing ties it to channels, or to other inboxes. */
export const introductionCircuit = ({ accountId }: ContactCard): string => `introduction/${toHex(accountId)}`;

/** `id`: the number of a conversation of two, or a memberId for somebody who is to be added to a group. */
const isForGroup = (id: string): boolean => id.includes("/");

export function driveIntroduction(core: Core, turn: Turn, id: string): void {
  const introduction = turn.get(introductions, id);
  if (introduction?.state !== "claiming") return;
  const name = `introduction/${id}`;
  const notBefore = Math.max(introduction.notBefore, core.oneShots.notBefore(name));
  if (turn.now < notBefore) return core.agenda.want(name, notBefore);
  if (turn.need(profiles, "").relayId === undefined) return; // the own relay was never reached
  // A KeyPackage would be claimed for nothing. A group has its channel already.
  if (!isForGroup(id) && !hasToken(turn)) return setState(turn, id, "noTokens");
  const { card } = introduction;
  const line = core.lines.want(card.endpoint, introductionCircuit(card));
  if (core.lines.readyNonce(line) === undefined || core.oneShots.isOut(name)) return;
  core.oneShots.sent(name, line);
  const { inboxId, postToken } = card;
  turn.ask(line, { kind: "claim", inboxId, postToken }, { kind: "claim", id });
}

export async function answerClaim(
  core: Core,
  turn: Turn,
  line: LineId,
  id: string,
  reply: Reply,
): Promise<void> {
  const name = `introduction/${id}`;
  core.oneShots.back(name);
  turn.touch(name);
  const introduction = turn.get(introductions, id);
  if (introduction?.state !== "claiming") return;
  const { card } = introduction;
  if (reply.kind === "claimed" && reply.items.length > 0) {
    await (isForGroup(id) ? prepare : begin)(core, turn, id, introduction, reply.items);
    turn.afterwards(() => restIfDone(core, line, card));
  } else if (reply.kind === "refused" && reply.code === "denied") {
    setState(turn, id, "refused");
    turn.afterwards(() => restIfDone(core, line, card));
  } else {
    const waitMs = reply.kind === "refused" && reply.code === "rateLimited" ? reply.detail : RETRY_MS;
    core.oneShots.back(name, turn.now + waitMs);
  }
}

/** A connection to a contact's inbox ends with its purpose. */
function restIfDone(core: Core, line: LineId, { accountId }: ContactCard): void {
  const { resident } = core;
  const isTheirs = ({ card }: { readonly card: ContactCard }): boolean =>
    equalBytes(card.accountId, accountId);
  const isClaiming = [...resident.values(introductions).values()].some(
    (one) => one.state === "claiming" && isTheirs(one),
  );
  const isPosting = [...resident.values(outgoingPosts).values()].some(isTheirs);
  if (!isClaiming && !isPosting) core.lines.rest(line);
}

function setState(turn: Turn, id: string, state: Introduction["state"]): void {
  turn.put(introductions, id, { ...turn.need(introductions, id), state });
  turn.changedRows.add(conversationIn(id));
  turn.changedItems.add(conversationIn(id));
}

/** Somebody's KeyPackage for a group: the next Commit adds them. */
async function prepare(
  core: Core,
  turn: Turn,
  id: string,
  { card }: Introduction,
  items: readonly Uint8Array[],
): Promise<void> {
  const contact = conversationOf(turn, card.accountId);
  const chosen = await firstGenuine(core, turn, contact, card, openItems(card, items));
  if (chosen === undefined) return setState(turn, id, "invalid");
  turn.remove(introductions, id);
  turn.put(additions, id, { card, chain: chosen.chain, keyPackage: chosen.keyPackage.slice() });
  touchChannels(turn, conversationIn(id));
}

function openItems(card: ContactCard, items: readonly Uint8Array[]): readonly ShelfItem[] {
  const place = { relayId: card.endpoint.relayId, inboxId: card.inboxId };
  const shelfKey = new Secret(card.shelfKey.slice());
  return items.flatMap((item) => openShelfItem(place, shelfKey, item) ?? []);
}

/** A group, and everything the channel at the own relay begins with, in one turn. */
async function begin(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  { card }: Introduction,
  items: readonly Uint8Array[],
): Promise<void> {
  const chosen = await firstGenuine(core, turn, number, card, openItems(card, items));
  if (chosen === undefined) return setState(turn, number, "invalid");
  const createToken = nextToken(turn);
  if (createToken === undefined) return setState(turn, number, "noTokens");
  learnContact(turn, number, { card, chain: chosen.chain });
  turn.remove(introductions, number);
  await startChannel(core, turn, number, createToken, chosen.keyPackage.slice());
}

async function firstGenuine(
  core: Core,
  turn: Turn,
  contact: ConversationNumber | undefined,
  card: ContactCard,
  items: readonly ShelfItem[],
): Promise<ShelfItem | undefined> {
  const before = core.book.of(card.accountId);
  for (const item of items) {
    const chain = verifyChain(item.chain, card.accountId);
    if (!chain.ok || (before !== undefined && !isContinuation(before, chain.value))) continue;
    core.book.learn(chain.value);
    const isLonger = before !== undefined && !equalBytes(before.head, chain.value.head);
    if (isLonger && contact !== undefined) await identityChanged(core, turn, contact);
    return item;
  }
  return undefined;
}

/** `toAdd`: the contact's KeyPackage. A group has none at first: who is added to it comes by and by. */
export async function startChannel(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  createToken: Uint8Array,
  toAdd?: Uint8Array,
): Promise<void> {
  const { relayUrl, relayId } = turn.need(profiles, "");
  if (relayId === undefined) return;
  const cid = core.randomBytes(32);
  const group = await core.engine.createGroup(core.randomBytes(32), core.self.signer);
  const place = { relayId, cid };
  const exported = await exportChannelSecret(core.engine, group, place);
  const adminKey = turn.get(groups, number)?.adminKey;
  const keys = epochPublicKeys(deriveEpochKeys(exported, place, 0), readersOf(group.members()), adminKey);
  const { seq, head } = firstPosition(sha256, { relayId, cid, keys });
  const id = toHex(cid);
  turn.put(channels, id, {
    conversation: number,
    endpoint: { url: relayUrl, relayId },
    state: "creating",
    createToken,
    toAdd,
    isHeard: false,
    epoch: 0,
    ownLeaf: group.ownLeaf,
    exported,
    log: { seq, head },
    epochStart: 0,
    lastPlace: 0,
    lastOwn: 0,
    delivered: 0,
    ownSinceUpdate: 0,
    updateDueAt: nextUpdateAt(core, turn.now),
    past: [],
  });
  turn.setGroup(id, group, core.engine.save(group), true);
  addChannel(turn, number, id);
  turn.touch(`channel/${id}`);
}

/** The channel could not be made, or nobody could be added to it: the whole way again, or a reason why not. */
export async function abandonIntroduction(
  core: Core,
  turn: Turn,
  cid: string,
  state: Introduction["state"] = "claiming",
): Promise<void> {
  const { conversation } = turn.need(channels, cid);
  if (isGroup(turn, conversation)) return retryGroup(core, turn, cid, state);
  const card = turn.get(contacts, conversation)?.card;
  forgetChannel(turn, cid);
  const { channels: all } = turn.need(conversations, conversation);
  changeConversation(turn, conversation, {
    channels: all.filter((one) => !equalBytes(one, fromHex(cid))),
  });
  if (card === undefined) return;
  approach(turn, conversation, card, turn.now + REMAKE_MS);
  if (state !== "claiming") setState(turn, conversation, state);
}

/** A group's own channel could not be made: with the next token, as soon as there is one. */
async function retryGroup(core: Core, turn: Turn, cid: string, state: Introduction["state"]): Promise<void> {
  const session = sessionOf(core, cid);
  const { conversation } = turn.need(channels, cid);
  const createToken = state === "noTokens" ? undefined : nextToken(turn);
  session.notBefore = turn.now + REMAKE_MS;
  session.problem = createToken === undefined ? { kind: "tokens-spent" } : undefined;
  turn.changedItems.add(conversation);
  core.agenda.want(`channel/${cid}`, session.notBefore);
  if (createToken === undefined) return;
  forgetChannel(turn, cid);
  const { channels: all } = turn.need(conversations, conversation);
  changeConversation(turn, conversation, { channels: all.filter((one) => !equalBytes(one, fromHex(cid))) });
  await startChannel(core, turn, conversation, createToken);
}

export function drivePost(core: Core, turn: Turn, id: string): void {
  const post = turn.get(outgoingPosts, id);
  if (post === undefined) return;
  const name = `post/${id}`;
  const notBefore = core.oneShots.notBefore(name);
  if (turn.now < notBefore) return core.agenda.want(name, notBefore);
  const { card, postId, body } = post;
  const line = core.lines.want(card.endpoint, introductionCircuit(card));
  if (core.lines.readyNonce(line) === undefined || core.oneShots.isOut(name)) return;
  core.oneShots.sent(name, line);
  const { inboxId, postToken } = card;
  turn.ask(line, { kind: "post", inboxId, postToken, postId, body }, { kind: "post", id });
}

export function answerPost(core: Core, turn: Turn, line: LineId, id: string, reply: Reply): void {
  const name = `post/${id}`;
  core.oneShots.back(name);
  const post = turn.get(outgoingPosts, id);
  if (post === undefined) return;
  if (reply.kind === "done") {
    turn.remove(outgoingPosts, id);
    turn.changedRows.add(post.conversation);
    turn.afterwards(() => restIfDone(core, line, post.card));
  } else if (reply.kind === "refused" && reply.code === "denied") {
    turn.remove(outgoingPosts, id);
    const { conversation, card } = post;
    const refused = isGroup(turn, conversation) ? memberId(conversation, card.accountId) : conversation;
    turn.put(introductions, refused, { state: "refused", card, notBefore: 0 });
    turn.changedRows.add(conversation);
    turn.afterwards(() => restIfDone(core, line, card));
  } else {
    core.oneShots.back(name, turn.now + RETRY_MS);
    turn.touch(name);
  }
}
