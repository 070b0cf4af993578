/** Commits: made, kept until the relay has decided, and taken from the log, the own ones too. Spec: CL21 to CL25. */
import { credentialCodec, decode, equalBytes, fromHex, type Entry } from "@sotto/protocol";
import {
  checkNextKeys,
  deriveEpochKeys,
  epochPublicKeys,
  exportChannelSecret,
  openCommit,
  sealCommit,
  type Change,
  type Group,
  type Reader,
} from "@sotto/crypto";
import { adoptGroup, groupOf, keysOf, type Core } from "../core.ts";
import { invite } from "../introduction/invite.ts";
import { channels, pendingCommits, type PendingCommit } from "../stored/channel.ts";
import { conversations } from "../stored/conversation.ts";
import type { Turn } from "../turn.ts";
import type { Applied } from "./apply.ts";
import { breakChannel } from "./broken.ts";
import { beginEpoch } from "./epoch.ts";

type CommitEntry = Extract<Entry, { kind: "commit" }>;

export const readersOf = (group: Group): readonly Reader[] =>
  group.members().flatMap(({ leaf, credential }) => {
    const decoded = decode(credentialCodec, credential);
    return decoded.ok ? [{ leaf, readerKey: decoded.value.readerKey }] : [];
  });

/** The account at each leaf. */
const accountsOf = (group: Group): readonly Uint8Array[] =>
  group.members().flatMap(({ credential }) => {
    const decoded = decode(credentialCodec, credential);
    return decoded.ok ? [decoded.value.accountId] : [];
  });

/** Nobody but these accounts is in the group: whatever a KeyPackage from a shelf says of itself. */
const isOfThese = (group: Group, accounts: readonly Uint8Array[]): boolean =>
  accountsOf(group).every((one) => accounts.some((allowed) => equalBytes(one, allowed)));

/** Durable with this turn; sent, and sent again unchanged, until the epoch is over. False: it cannot be made. */
export async function makeCommit(core: Core, turn: Turn, cid: string, change: Change): Promise<boolean> {
  const channel = turn.need(channels, cid);
  const group = await groupOf(core, turn, cid);
  if (group === undefined) return false;
  const made = await core.engine.commit(group, change);
  if (!made.ok) return false;
  const { commit, welcome, next: begun } = made.value;
  if (
    !isOfThese(begun, [
      core.self.verified.accountId,
      turn.need(conversations, channel.conversation).accountId,
    ])
  )
    return false;
  const place = { relayId: channel.endpoint.relayId, cid: fromHex(cid) };
  const exported = await exportChannelSecret(core.engine, begun, place);
  const next = epochPublicKeys(deriveEpochKeys(exported, place, channel.epoch + 1), readersOf(begun));
  const parts = { mlsCommit: commit, welcome, next };
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
  if (!group.ok) return breakChannel(core, turn, cid);
  turn.setGroup(cid, group.value, pending, true);
  beginEpoch(core, turn, cid, { exported: pending.exported, commitSeq: entry.seq, isOwn: true });
  if (pending.welcome !== undefined) await invite(core, turn, cid, pending.welcome);
  return "ended";
}

async function mergeOther(core: Core, turn: Turn, cid: string, entry: CommitEntry): Promise<Applied> {
  const channel = turn.need(channels, cid);
  const ended = keysOf(core, cid, channel);
  const opened = openCommit(ended, { admin: undefined }, entry);
  const group = opened.ok ? await groupOf(core, turn, cid) : undefined;
  if (!opened.ok || group === undefined) return breakChannel(core, turn, cid);
  const merged = await core.engine.open(group, opened.value.mlsCommit);
  if (!merged.ok || merged.value.kind !== "commit") return breakChannel(core, turn, cid);
  const { next, sender, added, removed } = merged.value;
  // Nobody joins or leaves a conversation of two.
  if (added.length > 0 || removed.length > 0) return breakChannel(core, turn, cid);
  const exported = await exportChannelSecret(core.engine, next, ended.place);
  const checked = checkNextKeys({
    ended,
    opened: opened.value,
    next: entry.next,
    committerKey: sender.signatureKey,
    begun: deriveEpochKeys(exported, ended.place, channel.epoch + 1),
    leaves: next.members().map(({ leaf }) => leaf),
    own: { leaf: channel.ownLeaf, readerKey: core.self.device.reader.publicKey },
  });
  if (!checked.ok) return breakChannel(core, turn, cid);
  adoptGroup(core, turn, cid, merged.value, true);
  turn.put(channels, cid, { ...turn.need(channels, cid), isHeard: true });
  beginEpoch(core, turn, cid, { exported, commitSeq: entry.seq, isOwn: false });
  return "ended";
}
