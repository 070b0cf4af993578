/** Commits: made, kept until the relay has decided, and taken from the log, the own ones too. Spec: CL21 to CL25. */
import { equalBytes, equalIfAny, fromHex, type Entry } from "@sotto/protocol";
import {
  checkNextKeys,
  deriveEpochKeys,
  epochPublicKeys,
  exportChannelSecret,
  openCommit,
  openOwnCommit,
  readersOf,
  sealCommit,
  type AddFailure,
  type Change,
  type Group,
  type RosterChange,
} from "@sotto/crypto";
import { adoptGroup, groupOf, keysOf, type Core } from "../core.ts";
import { expel } from "../group/expel.ts";
import { follow, followOwn } from "../group/follow.ts";
import { leave } from "../group/leave.ts";
import { accountsAt } from "../group/leaves.ts";
import { accountsOf, isGroup, nameIn } from "../group/members.ts";
import { isSame, mayFollow, type CommitFacts } from "../group/roster.ts";
import { invite } from "../introduction/invite.ts";
import { channels, pendingCommits, type Channel, type PendingCommit } from "../stored/channel.ts";
import { conversations } from "../stored/conversation.ts";
import { groupMembers, groups, memberId, type StoredGroup } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";
import type { Applied } from "./apply.ts";
import { breakChannel } from "./broken.ts";
import { beginEpoch } from "./epoch.ts";

type CommitEntry = Extract<Entry, { kind: "commit" }>;

/** What a Commit of a group changes beside its keys. */
export type GroupStep = { readonly change: RosterChange | undefined; readonly adminKey: Uint8Array };

/** Whoever may be in the group after this Commit: whatever a KeyPackage from a shelf says of itself. */
function isOfThese(
  core: Core,
  turn: Turn,
  channel: Channel,
  begun: Group,
  step: GroupStep | undefined,
): boolean {
  const accounts = accountsAt(begun.members());
  const { id } = turn.need(conversations, channel.conversation);
  const roster = step?.change?.roster ?? turn.get(groups, channel.conversation)?.roster;
  if (roster !== undefined) return isSame(accounts, accountsOf(roster));
  return accounts.every((one) =>
    [core.self.verified.accountId, id].some((allowed) => equalBytes(one, allowed)),
  );
}

/**
 * Durable with this turn; sent, and sent again unchanged, until the epoch is over. An AddFailure: that
 * KeyPackage cannot be added. False: it cannot be made.
 */
export async function makeCommit(
  core: Core,
  turn: Turn,
  cid: string,
  change: Change,
  step?: GroupStep,
): Promise<true | false | AddFailure> {
  const channel = turn.need(channels, cid);
  const group = await groupOf(core, turn, cid);
  if (group === undefined) return false;
  const made = await core.engine.commit(group, change);
  if (!made.ok) return made.error;
  const { commit, welcome, next: begun } = made.value;
  if (!isOfThese(core, turn, channel, begun, step)) return false;
  const place = { relayId: channel.endpoint.relayId, cid: fromHex(cid) };
  const exported = await exportChannelSecret(core.engine, begun, place);
  const adminKey = step?.adminKey ?? turn.get(groups, channel.conversation)?.adminKey;
  const keys = deriveEpochKeys(exported, place, channel.epoch + 1);
  const next = epochPublicKeys(keys, readersOf(begun.members()), adminKey);
  const parts = { mlsCommit: commit, welcome, next, change: step?.change };
  const sealed = sealCommit(keysOf(core, cid, channel), parts, core.self.device.leaf, core.randomBytes);
  const { tree, secrets } = core.engine.save(begun);
  turn.put(pendingCommits, cid, { epoch: channel.epoch, ...sealed, next, tree, secrets, exported, welcome });
  return true;
}

export async function applyCommit(core: Core, turn: Turn, cid: string, entry: CommitEntry): Promise<Applied> {
  const pending = turn.get(pendingCommits, cid);
  const isOwn =
    pending !== undefined &&
    equalBytes(pending.body, entry.body) &&
    equalBytes(pending.signature, entry.signature);
  // Whoever lost the race begins again from the winner's epoch, if it still wants to.
  turn.remove(pendingCommits, cid);
  return isOwn ? mergeOwn(core, turn, cid, pending, entry) : mergeOther(core, turn, cid, entry);
}

async function mergeOwn(
  core: Core,
  turn: Turn,
  cid: string,
  pending: PendingCommit,
  entry: CommitEntry,
): Promise<Applied> {
  const group = core.engine.load(pending);
  const ended = keysOf(core, cid, turn.need(channels, cid));
  const change = openOwnCommit(ended, pending.body)?.change;
  if (!group.ok) return breakChannel(core, turn, cid);
  turn.setGroup(cid, group.value, pending, true);
  beginEpoch(core, turn, cid, { exported: pending.exported, commitSeq: entry.seq, isOwn: true });
  const { conversation } = turn.need(channels, cid);
  if (isGroup(turn, conversation)) {
    const step = {
      by: core.self.verified.accountId,
      change,
      adminKey: entry.next.admin,
      epoch: entry.epoch + 1,
    };
    await followOwn(core, turn, cid, step, pending.welcome);
  } else if (pending.welcome !== undefined) await invite(core, turn, cid, pending.welcome);
  return "ended";
}

async function mergeOther(core: Core, turn: Turn, cid: string, entry: CommitEntry): Promise<Applied> {
  const channel = turn.need(channels, cid);
  const before = turn.get(groups, channel.conversation);
  const ended = keysOf(core, cid, channel);
  const opened = openCommit(ended, { admin: before?.adminKey }, entry);
  const group = opened.ok ? await groupOf(core, turn, cid) : undefined;
  if (!opened.ok || group === undefined) return breakChannel(core, turn, cid);
  const { change } = opened.value;
  if (change !== undefined && !learnAdded(core, change)) return breakChannel(core, turn, cid);
  const merged = await core.engine.open(group, opened.value.mlsCommit);
  if (!merged.ok) return breakChannel(core, turn, cid);
  const by = accountsAt([merged.value.sender])[0] ?? new Uint8Array();
  if (merged.value.kind === "removed") return removedBy(core, turn, cid, by);
  if (merged.value.kind !== "commit") return breakChannel(core, turn, cid);
  const { next, sender, added, removed } = merged.value;
  const facts = {
    committer: by,
    added: accountsAt(added),
    removed: accountsAt(removed),
    isAdminSigned: entry.adminSignature !== undefined,
    isNewAdminKey: !equalIfAny(entry.next.admin, before?.adminKey),
    isOwnerLeaving: before !== undefined && isOwnerLeaving(turn, channel.conversation, before),
  };
  if (!isAllowed(before, change, facts)) {
    if (before !== undefined) expel(core, turn, channel.conversation, by);
    return breakChannel(core, turn, cid);
  }
  const exported = await exportChannelSecret(core.engine, next, ended.place);
  const checked = checkNextKeys({
    ended,
    opened: opened.value,
    next: entry.next,
    committerKey: sender.signatureKey,
    begun: deriveEpochKeys(exported, ended.place, channel.epoch + 1),
    leaves: next.members().map(({ leaf }) => leaf),
    own: { leaf: channel.ownLeaf, readerKey: core.self.device.reader.publicKey },
    admin: entry.next.admin,
  });
  if (!checked.ok) {
    const isTheirDoing = checked.error === "otherKeys"; // they signed for them
    if (isTheirDoing && before !== undefined) expel(core, turn, channel.conversation, by);
    return breakChannel(core, turn, cid);
  }
  adoptGroup(core, turn, cid, merged.value, true);
  turn.put(channels, cid, { ...turn.need(channels, cid), isHeard: true });
  beginEpoch(core, turn, cid, { exported, commitSeq: entry.seq, isOwn: false });
  if (before !== undefined)
    follow(core, turn, channel.conversation, {
      by,
      change,
      adminKey: entry.next.admin,
      epoch: entry.epoch + 1,
    });
  return "ended";
}

/** Nobody joins or leaves a conversation of two; in a group it is for admins (GP3). */
function isAllowed(
  before: StoredGroup | undefined,
  change: RosterChange | undefined,
  facts: CommitFacts,
): boolean {
  if (before !== undefined) return mayFollow(before.roster, change?.roster, facts);
  return change === undefined && facts.added.length + facts.removed.length === 0 && !facts.isNewAdminKey;
}

function isOwnerLeaving(turn: Turn, number: ConversationNumber, { roster }: StoredGroup): boolean {
  const owner = roster.members.find(({ role }) => role === "owner");
  return (
    owner !== undefined && turn.get(groupMembers, memberId(number, owner.accountId))?.leavingAt !== undefined
  );
}

/** Their chains come with the Commit, so that MLS can authenticate their leaves. False: one does not verify. */
function learnAdded(core: Core, { added }: RosterChange): boolean {
  for (const chain of added) if (!core.book.learnIfGenuine(chain)) return false;
  return true;
}

/** In a conversation of two nobody can be removed: that is a channel which is of no use. */
function removedBy(core: Core, turn: Turn, cid: string, by: Uint8Array): Applied | Promise<Applied> {
  const { conversation } = turn.need(channels, cid);
  if (!isGroup(turn, conversation)) return breakChannel(core, turn, cid);
  leave(core, turn, conversation, { kind: "removed", by: nameIn(turn, conversation, by) });
  return "broken";
}
