/** What the relay answers and pushes about channels. */
import { equalBytes, fromHex, rungFor, unreachable, type Reply } from "@sotto/protocol";
import { advance, isReceiptGenuine, sha256, type ChannelEntry } from "@sotto/verify";
import { addNotice } from "../conversation.ts";
import { sessionOf, type Core } from "../core.ts";
import { adminSignature } from "../group/admin-key.ts";
import { abandonIntroduction } from "../introduction/drive.ts";
import type { ChannelPurpose } from "../line/purpose.ts";
import { channels, pendingCommits, type Channel } from "../stored/channel.ts";
import { outboxEntries } from "../stored/conversation.ts";
import type { Turn } from "../turn.ts";
import { acknowledge } from "./acknowledge.ts";
import { breakChannel } from "./broken.ts";
import { outboxIdOf } from "./own.ts";
import { forgetPast } from "./past.ts";
import { refuseChannel } from "./refusal.ts";
import type { Session } from "./session.ts";

type ReplyOf<Kind extends Reply["kind"]> = Extract<Reply, { kind: Kind }>;

/** Entries of one channel that wait to be handled. */
const BACKLOG_MAX = 1_024;
export async function answerChannel(
  core: Core,
  turn: Turn,
  purpose: ChannelPurpose,
  reply: Reply,
): Promise<void> {
  const { cid } = purpose;
  const channel = turn.get(channels, cid);
  if (channel === undefined || channel.state === "broken") return;
  const session = sessionOf(core, cid);
  turn.touch(`channel/${cid}`);
  if (reply.kind === "refused") return refuseChannel(core, turn, purpose, reply);
  switch (purpose.kind) {
    case "create":
      session.isCreating = false;
      if (reply.kind === "created") await created(core, turn, cid, reply);
      return;
    case "open":
      return reply.kind === "opened" ? opened(core, turn, purpose, reply) : undefined;
    case "read":
      if (reply.kind === "page") paged(session, reply);
      return;
    case "append":
      if (reply.kind === "accepted") accepted(turn, cid, purpose.messageId, session, reply);
      return;
    case "commit":
      if (reply.kind === "committed") committed(core, turn, cid, session, reply);
      return;
    default:
      return unreachable(purpose);
  }
}

async function created(core: Core, turn: Turn, cid: string, reply: ReplyOf<"created">): Promise<void> {
  const channel = turn.need(channels, cid);
  if (channel.state !== "creating") return;
  if (!equalBytes(reply.head, channel.log.head)) return abandonIntroduction(core, turn, cid);
  turn.put(channels, cid, { ...channel, state: "live", createToken: undefined, lastPlace: reply.time });
}

async function opened(
  core: Core,
  turn: Turn,
  purpose: Extract<ChannelPurpose, { kind: "open" }>,
  reply: ReplyOf<"opened">,
): Promise<void> {
  const { cid, epoch } = purpose;
  const session = sessionOf(core, cid);
  const channel = turn.need(channels, cid);
  if (session.line === undefined) return;
  core.handles.set(`${session.line} ${reply.handle}`, { kind: "channel", cid, epoch });
  if (epoch !== channel.epoch) return openedPast(turn, cid, epoch, session, reply);
  session.isOpening = false;
  session.handle = reply.handle;
  session.canWrite = reply.epoch === epoch;
  session.ticket = { epoch, bytes: reply.ticket.slice() };
  session.hasRead = false;
  session.acked = reply.acked;
  session.problem = undefined;
  const { log } = channel;
  const isRolledBack = reply.lastSeq < log.seq;
  const isForked = reply.lastSeq === log.seq && !equalBytes(reply.head, log.head);
  if (isRolledBack || isForked) {
    addNotice(turn, channel.conversation, { kind: "log-conflict" });
    await breakChannel(core, turn, cid);
    return;
  }
  delivered(turn, cid, reply.delivered);
  // Also at the beginning of an epoch, and where an acknowledgement was lost with the last connection.
  acknowledge(turn, cid, session);
}

/**
 * The relay says how much of an ended epoch this device has acknowledged. Once it has said all of it twice, it had the
 * time to store what it would otherwise lose with its power, and the epoch need not be remembered (CL12).
 */
function openedPast(
  turn: Turn,
  cid: string,
  epoch: number,
  session: Session,
  reply: ReplyOf<"opened">,
): void {
  const { handle } = reply;
  const past = turn.need(channels, cid).past.find((one) => one.epoch === epoch);
  if (session.line === undefined) return;
  const isAcknowledged = past !== undefined && reply.acked >= past.through;
  if (past !== undefined && !isAcknowledged)
    turn.ask(session.line, { kind: "ack", handle, through: past.through }, { kind: "nothing" });
  turn.ask(session.line, { kind: "close", handle }, { kind: "nothing" });
  const asked = session.past.get(epoch);
  if (isAcknowledged && asked?.isConfirmed === true) forgetPast(turn, cid, epoch);
  else if (asked !== undefined) session.past.set(epoch, { ...asked, isConfirmed: isAcknowledged });
}

/**
 * Every reader of this epoch has acknowledged up to there. Readers begin an epoch by acknowledging the Commit that
 * began it, so from there on everything of the epochs before was delivered too.
 */
function delivered(turn: Turn, cid: string, through: number): void {
  const channel = turn.need(channels, cid);
  if (through <= channel.delivered || through < channel.epochStart) return;
  turn.put(channels, cid, { ...channel, delivered: through, isHeard: channel.isHeard || channel.epoch > 0 });
  turn.changedItems.add(channel.conversation);
  turn.touch(`channel/${cid}`);
}

function paged(session: Session, reply: ReplyOf<"page">): void {
  session.isReading = false;
  session.hasRead = reply.isLast;
  for (const entry of reply.entries)
    if (entry.kind !== "post") session.backlog.push({ entry, isPushed: false });
}

/** The usual case: it is the very next entry, so that nobody needs to wait for the relay to push it. */
function accepted(
  turn: Turn,
  cid: string,
  messageId: string,
  session: Session,
  reply: ReplyOf<"accepted">,
): void {
  session.problem = undefined;
  session.promised = { seq: reply.seq, head: reply.head };
  const channel = turn.need(channels, cid);
  const id = outboxIdOf(turn, channel.conversation, fromHex(messageId));
  const message = id === undefined ? undefined : turn.need(outboxEntries, id);
  if (message?.sealed?.epoch !== channel.epoch || session.backlog.length > 0) return;
  const entry = {
    kind: "message",
    seq: reply.seq,
    epoch: channel.epoch,
    time: reply.time,
    rung: rungFor(message.burnMs),
    messageId: message.messageId,
    commitment: undefined,
    body: message.sealed.body,
  } as const;
  takeEarly(channel, session, entry, reply.head);
}

function committed(core: Core, turn: Turn, cid: string, session: Session, reply: ReplyOf<"committed">): void {
  const channel = turn.need(channels, cid);
  const pending = turn.get(pendingCommits, cid);
  if (pending === undefined || pending.epoch !== channel.epoch) return; // taken from the log already
  const receipt = { ...reply, epoch: pending.epoch + 1 };
  if (!isReceiptGenuine(channel.endpoint.relayId, fromHex(cid), receipt)) {
    addNotice(turn, channel.conversation, { kind: "log-conflict" });
    return;
  }
  session.promised = { seq: reply.seq, head: reply.head };
  const { epoch, body, next, signature } = pending;
  const { seq, time } = reply;
  takeEarly(
    channel,
    session,
    {
      kind: "commit",
      seq,
      epoch,
      time,
      body,
      next,
      signature,
      adminSignature: adminSignature(core, turn, cid, pending),
    },
    reply.head,
  );
}

/** An own entry is taken in as if it had been read, when it follows what was read and its head is the relay's. */
function takeEarly(channel: Channel, session: Session, entry: ChannelEntry, head: Uint8Array): void {
  if (session.backlog.length > 0) return;
  const advanced = advance(sha256, { ...channel.log, epoch: channel.epoch }, entry);
  if (advanced.ok && equalBytes(advanced.value.head, head)) session.backlog.push({ entry, isPushed: true });
}

/** Pushes: entries, delivery, or that this connection was too slow. */
export function heardPush(core: Core, turn: Turn, cid: string, epoch: number, reply: Reply): void {
  const channel = turn.get(channels, cid);
  if (channel === undefined || channel.state === "broken") return;
  const session = sessionOf(core, cid);
  turn.touch(`channel/${cid}`);
  if (reply.kind === "lagging") session.hasRead = false;
  // Entries that come faster than they are handled are read again later.
  if (session.backlog.length >= BACKLOG_MAX) session.hasRead = false;
  if (reply.kind === "pushed" && reply.entry.kind !== "post" && epoch === channel.epoch && session.hasRead)
    session.backlog.push({ entry: reply.entry, isPushed: true });
  if (reply.kind === "delivered" && epoch === channel.epoch) delivered(turn, cid, reply.through);
}
