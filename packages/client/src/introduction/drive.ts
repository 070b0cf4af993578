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
import { deriveEpochKeys, epochPublicKeys, exportChannelSecret, openShelfItem } from "@sotto/crypto";
import { firstPosition, isContinuation, sha256, verifyChain } from "@sotto/verify";
import { hasToken, nextToken } from "../tokens.ts";
import { identityChanged } from "../channel/broken.ts";
import { readersOf } from "../channel/commit.ts";
import { nextUpdateAt } from "../channel/epoch.ts";
import { addChannel, changeConversation, forgetChannel, learnContact } from "../conversation.ts";
import type { Core } from "../core.ts";
import type { LineId } from "../line/line-id.ts";
import { channels, outgoingPosts } from "../stored/channel.ts";
import { contacts, conversations, introductions, type Introduction } from "../stored/conversation.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import { profiles } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";
import { approach } from "./approach.ts";

const RETRY_MS = 15_000;
const REMAKE_MS = 60_000;

/** Each contact's inbox on a connection of its own: nothing ties it to channels, or to other inboxes. */
export const introductionCircuit = (number: ConversationNumber): string => `introduction/${number}`;

export function driveIntroduction(core: Core, turn: Turn, number: ConversationNumber): void {
  const introduction = turn.get(introductions, number);
  if (introduction?.state !== "claiming") return;
  const name = `introduction/${number}`;
  const notBefore = Math.max(introduction.notBefore, core.oneShots.notBefore(name));
  if (turn.now < notBefore) return core.agenda.want(name, notBefore);
  if (turn.need(profiles, "").relayId === undefined) return; // the own relay was never reached
  if (!hasToken(turn)) return setState(turn, number, "noTokens"); // a KeyPackage would be claimed for nothing
  const { card } = introduction;
  const line = core.lines.want(card.endpoint, introductionCircuit(number));
  if (core.lines.readyNonce(line) === undefined || core.oneShots.isOut(name)) return;
  core.oneShots.sent(name, line);
  const { inboxId, postToken } = card;
  turn.ask(line, { kind: "claim", inboxId, postToken }, { kind: "claim", conversation: number });
}

export async function answerClaim(
  core: Core,
  turn: Turn,
  line: LineId,
  number: ConversationNumber,
  reply: Reply,
): Promise<void> {
  const name = `introduction/${number}`;
  core.oneShots.back(name);
  turn.touch(name);
  const introduction = turn.get(introductions, number);
  if (introduction?.state !== "claiming") return;
  if (reply.kind === "claimed" && reply.items.length > 0) {
    await begin(core, turn, number, introduction, reply.items);
    turn.afterwards(() => restIfDone(core, line, number));
  } else if (reply.kind === "refused" && reply.code === "denied") {
    setState(turn, number, "refused");
    turn.afterwards(() => restIfDone(core, line, number));
  } else {
    const waitMs = reply.kind === "refused" && reply.code === "rateLimited" ? reply.detail : RETRY_MS;
    core.oneShots.back(name, turn.now + waitMs);
  }
}

/** A connection to a contact's inbox ends with its purpose. */
function restIfDone(core: Core, line: LineId, number: ConversationNumber): void {
  const { resident } = core;
  const isClaiming = resident.get(introductions, number)?.state === "claiming";
  const isPosting = [...resident.values(outgoingPosts).values()].some((post) => post.conversation === number);
  if (!isClaiming && !isPosting) core.lines.rest(line);
}

function setState(turn: Turn, number: ConversationNumber, state: Introduction["state"]): void {
  turn.put(introductions, number, { ...turn.need(introductions, number), state });
  turn.changedRows.add(number);
}

/** A group, and everything the channel at the own relay begins with, in one turn. */
async function begin(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  { card }: Introduction,
  items: readonly Uint8Array[],
): Promise<void> {
  const place = { relayId: card.endpoint.relayId, inboxId: card.inboxId };
  const shelfKey = new Secret(card.shelfKey.slice());
  const opened = items.flatMap((item) => openShelfItem(place, shelfKey, item) ?? []);
  const chosen = await firstGenuine(core, turn, number, card, opened);
  if (chosen === undefined) return setState(turn, number, "invalid");
  const createToken = nextToken(turn);
  if (createToken === undefined) return setState(turn, number, "noTokens");
  learnContact(turn, number, { card, chain: chosen.chain });
  turn.remove(introductions, number);
  await startChannel(core, turn, number, chosen.keyPackage.slice(), createToken);
}

async function firstGenuine(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  card: ContactCard,
  items: readonly ShelfItem[],
): Promise<ShelfItem | undefined> {
  const known = turn.get(contacts, number)?.chain;
  const before = known && verifyChain(known, card.accountId);
  for (const item of items) {
    const chain = verifyChain(item.chain, card.accountId);
    if (!chain.ok || (before?.ok && !isContinuation(before.value, chain.value))) continue;
    core.book.learn(chain.value);
    if (before?.ok && !equalBytes(before.value.head, chain.value.head))
      await identityChanged(core, turn, number);
    return item;
  }
  return undefined;
}

async function startChannel(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  toAdd: Uint8Array,
  createToken: Uint8Array,
): Promise<void> {
  const { relayUrl, relayId } = turn.need(profiles, "");
  if (relayId === undefined) return;
  const cid = core.randomBytes(32);
  const group = await core.engine.createGroup(core.randomBytes(32), core.self.signer);
  const place = { relayId, cid };
  const exported = await exportChannelSecret(core.engine, group, place);
  const keys = epochPublicKeys(deriveEpochKeys(exported, place, 0), readersOf(group));
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
  turn: Turn,
  cid: string,
  state: Introduction["state"] = "claiming",
): Promise<void> {
  const { conversation } = turn.need(channels, cid);
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

export function drivePost(core: Core, turn: Turn, id: string): void {
  const post = turn.get(outgoingPosts, id);
  if (post === undefined) return;
  const name = `post/${id}`;
  const notBefore = core.oneShots.notBefore(name);
  if (turn.now < notBefore) return core.agenda.want(name, notBefore);
  const { card, postId, body } = post;
  const line = core.lines.want(card.endpoint, introductionCircuit(post.conversation));
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
    turn.afterwards(() => restIfDone(core, line, post.conversation));
  } else if (reply.kind === "refused" && reply.code === "denied") {
    turn.remove(outgoingPosts, id);
    const state = "refused";
    turn.put(introductions, post.conversation, { state, card: post.card, notBefore: 0 });
    turn.changedRows.add(post.conversation);
    turn.afterwards(() => restIfDone(core, line, post.conversation));
  } else {
    core.oneShots.back(name, turn.now + RETRY_MS);
    turn.touch(name);
  }
}
