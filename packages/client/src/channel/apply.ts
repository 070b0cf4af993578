/**
 * One entry of a channel's log, taken in: checked against the chain of heads, opened, stored. Everything it changes
 * becomes durable in one commit, and only then is it acknowledged. Spec: spec/client.md, CL10 to CL19.
 */
import {
  credentialCodec,
  decode,
  equalBytes,
  RUNG_MS,
  toHex,
  unreachable,
  type Entry,
} from "@sotto/protocol";
import { openBody } from "@sotto/crypto";
import { advance, sha256, type ChannelEntry } from "@sotto/verify";
import { addNotice } from "../conversation.ts";
import { adoptGroup, groupOf, keysOf, sessionOf, type Core } from "../core.ts";
import { roleIn } from "../group/roster.ts";
import { channels, type Channel } from "../stored/channel.ts";
import { conversations } from "../stored/conversation.ts";
import { groups } from "../stored/group.ts";
import type { Turn } from "../turn.ts";
import { breakChannel } from "./broken.ts";
import { applyCommit } from "./commit.ts";
import { outboxIdOf, settleOwn } from "./own.ts";
import { receive } from "./receive.ts";
import type { Arrived } from "./session.ts";

/** gap: entries are missing before it. ended: the epoch is over. broken: the channel is of no use any more. */
export type Applied = "next" | "gap" | "ended" | "broken";

type MessageEntry = Extract<Entry, { kind: "message" }>;

const HEADS_KEPT = 256;

export async function applyEntry(core: Core, turn: Turn, cid: string, arrived: Arrived): Promise<Applied> {
  const { entry } = arrived;
  const channel = turn.need(channels, cid);
  if (entry.seq <= channel.log.seq) return "next"; // a repeat
  const advanced = advance(sha256, { ...channel.log, epoch: channel.epoch }, entry);
  if (!advanced.ok) {
    if (advanced.error.kind === "gap" && arrived.isPushed) return "gap";
    if (advanced.error.kind === "gap") addNotice(turn, channel.conversation, { kind: "gap" });
    return breakChannel(core, turn, cid);
  }
  moveLog(core, turn, cid, entry, advanced.value.head);
  return takeIn(core, turn, cid, entry);
}

function moveLog(core: Core, turn: Turn, cid: string, entry: ChannelEntry, head: Uint8Array): void {
  const channel = turn.need(channels, cid);
  turn.put(channels, cid, { ...channel, log: { seq: entry.seq, head } });
  const session = sessionOf(core, cid);
  session.heads.set(entry.seq, head);
  session.heads.delete(entry.seq - HEADS_KEPT);
  const { promised } = session;
  if (promised === undefined || promised.seq > entry.seq) return;
  session.promised = undefined;
  if (promised.seq === entry.seq && toHex(promised.head) !== toHex(head))
    addNotice(turn, channel.conversation, { kind: "log-conflict" });
}

async function takeIn(core: Core, turn: Turn, cid: string, entry: ChannelEntry): Promise<Applied> {
  switch (entry.kind) {
    case "message":
      await takeMessage(core, turn, cid, entry);
      return unlessBroken(turn, cid);
    case "commit":
      return applyCommit(core, turn, cid, entry);
    case "erased":
      return takeErased(core, turn, cid, entry);
    default:
      return unreachable(entry);
  }
}

/** A message may be the last that is of any use here: that this member leaves, or that the channel is gone. */
const unlessBroken = (turn: Turn, cid: string): Applied =>
  turn.need(channels, cid).state === "broken" ? "broken" : "next";

async function takeMessage(core: Core, turn: Turn, cid: string, entry: MessageEntry): Promise<void> {
  const channel = turn.need(channels, cid);
  const own = outboxIdOf(turn, channel.conversation, entry.messageId);
  if (own !== undefined) return settleOwn(core, turn, cid, own, entry);
  const mlsMessage = openBody(keysOf(core, cid, channel), entry.body);
  const group = mlsMessage && (await groupOf(core, turn, cid));
  if (mlsMessage === undefined || group === undefined) return lost(turn, channel);
  const opened = await core.engine.open(group, mlsMessage);
  if (!opened.ok) {
    // Opened before, or an own one that its epoch's outbox has forgotten: nothing is missing.
    if (opened.error !== "replayed" && opened.error !== "own") lost(turn, channel);
    return;
  }
  if (opened.value.kind !== "application") return lost(turn, channel);
  const author = authorOf(turn, channel, opened.value.sender.credential);
  if (author === undefined) return lost(turn, channel);
  adoptGroup(core, turn, cid, opened.value, false);
  await receive(core, turn, cid, { entry, author, plaintext: opened.value.plaintext });
}

/** The sender is who MLS says, never who a message says: the contact, or somebody who is in the group. */
function authorOf(turn: Turn, channel: Channel, credential: Uint8Array): Uint8Array | undefined {
  const decoded = decode(credentialCodec, credential);
  if (!decoded.ok) return undefined;
  const { accountId } = decoded.value;
  const group = turn.get(groups, channel.conversation);
  const isOurs =
    group === undefined
      ? equalBytes(accountId, turn.need(conversations, channel.conversation).id)
      : roleIn(group.roster, accountId) !== undefined;
  return isOurs ? accountId.slice() : undefined;
}

/** Somebody who may write put something there that is no message. */
const lost = (turn: Turn, channel: Channel): void => addNotice(turn, channel.conversation, { kind: "gap" });

/** Nothing is left to open. That is as it should be when its time has come; otherwise somebody must be told. */
async function takeErased(
  core: Core,
  turn: Turn,
  cid: string,
  entry: Extract<ChannelEntry, { kind: "erased" }>,
): Promise<Applied> {
  const channel = turn.need(channels, cid);
  if (entry.was === "commit") return breakChannel(core, turn, cid); // too long away
  const own = entry.messageId && outboxIdOf(turn, channel.conversation, entry.messageId);
  if (own !== undefined) {
    await settleOwn(core, turn, cid, own, entry);
    return unlessBroken(turn, cid);
  }
  const isDue = entry.rung !== undefined && entry.time + RUNG_MS[entry.rung] <= turn.believedNow;
  if (!isDue) addNotice(turn, channel.conversation, { kind: "gap" });
  return "next";
}
