/**
 * What a channel does next, given what is durable and what its connection has brought: opens, reads, commits, sends.
 * Called after anything about it changed; asking twice changes nothing. Spec: spec/client.md, "Channels".
 */
import { fromHex } from "@sotto/protocol";
import {
  deriveEpochKeys,
  epochPublicKeys,
  signCreate,
  signOpenRead,
  signOpenWrite,
  wipeEpochKeys,
  readersOf,
} from "@sotto/crypto";

import { groupOf, keysOf, sessionOf, type Core } from "../core.ts";
import { adminSignature } from "../group/admin-key.ts";
import { beginGroupCommit } from "../group/change.ts";
import { abandonIntroduction } from "../introduction/drive.ts";
import { channels, pendingCommits, type Channel, type PastEpoch } from "../stored/channel.ts";
import { groups } from "../stored/group.ts";

import type { Turn } from "../turn.ts";
import { acknowledge } from "./acknowledge.ts";
import { applyEntry } from "./apply.ts";
import { breakChannel } from "./broken.ts";
import { makeCommit } from "./commit.ts";
import { UPDATE_MESSAGES } from "./epoch.ts";
import { sendNext } from "./send.ts";
import type { Session } from "./session.ts";

/** Entries taken in before their commit: what a person asks meanwhile waits no longer than that. */
const ENTRIES_PER_TURN = 32;
/** Much longer than an acknowledgement takes the relay to store. */
const PAST_RETRY_MS = 30_000;
/** Channels of one connection: a relay gives a connection 1,024 handles, and a channel may hold a few. */
const CHANNELS_PER_LINE = 256;

/** Channels share connections; no inbox is ever opened on one of these. */
export const channelCircuit = (channel: Pick<Channel, "conversation">): string =>
  `channels/${Math.floor(Number.parseInt(channel.conversation, 16) / CHANNELS_PER_LINE)}`;

export async function driveChannel(core: Core, turn: Turn, cid: string): Promise<void> {
  const channel = turn.get(channels, cid);
  if (channel === undefined || channel.state === "broken") return;
  const session = sessionOf(core, cid);
  const line = core.lines.want(channel.endpoint, channelCircuit(channel));
  session.line = line;
  const nonce = core.lines.readyNonce(line);
  if (nonce === undefined) return;
  if (turn.now < session.notBefore) return core.agenda.want(`channel/${cid}`, session.notBefore);
  if (channel.state === "creating") return create(core, turn, cid, session);
  if (session.handle === undefined) return open(core, turn, cid, session, nonce);
  if (session.backlog.length > 0) await takeBacklog(core, turn, cid, session);
  const after = turn.get(channels, cid);
  if (after === undefined || after.state === "broken" || core.sessions.get(cid) !== session) return;
  if (session.handle === undefined) return open(core, turn, cid, session, nonce); // the epoch moved
  if (session.backlog.length > 0) return void turn.later.add(`channel/${cid}`);
  openPast(core, turn, cid, session, nonce);
  if (!session.hasRead) return read(turn, cid, session);
  if (after.state === "live") await write(core, turn, cid, session);
}

async function create(core: Core, turn: Turn, cid: string, session: Session): Promise<void> {
  const channel = turn.need(channels, cid);
  const group = await groupOf(core, turn, cid);
  if (session.isCreating || session.line === undefined) return;
  if (group === undefined || channel.createToken === undefined) return abandonIntroduction(core, turn, cid);
  const keys = keysOf(core, cid, channel);
  const adminKey = turn.get(groups, channel.conversation)?.adminKey;
  const publicKeys = epochPublicKeys(keys, readersOf(group.members()), adminKey);
  session.isCreating = true;
  turn.ask(
    session.line,
    {
      kind: "create",
      cid: fromHex(cid),
      keys: publicKeys,
      token: channel.createToken,
      signature: signCreate(keys, publicKeys),
    },
    { kind: "create", cid },
  );
}

/** By a ticket where there is one: that costs the relay no signature check. */
function open(core: Core, turn: Turn, cid: string, session: Session, nonce: Uint8Array): void {
  if (session.isOpening || session.line === undefined) return;
  const channel = turn.need(channels, cid);
  const { epoch } = channel;
  const { ticket } = session;
  session.isOpening = true;
  const request =
    ticket?.epoch === epoch
      ? ({ kind: "resume", ticket: ticket.bytes } as const)
      : openRequest(core, cid, channel, nonce);
  turn.ask(session.line, request, { kind: "open", cid, epoch, isResumed: request.kind === "resume" });
}

function openRequest(core: Core, cid: string, channel: Channel, nonce: Uint8Array) {
  const keys = keysOf(core, cid, channel);
  const own = { leaf: channel.ownLeaf, reader: core.self.device.reader };
  return {
    kind: "open",
    cid: fromHex(cid),
    epoch: channel.epoch,
    write: signOpenWrite(keys, nonce),
    read: signOpenRead(keys, own, nonce, core.randomBytes),
  } as const;
}

function openPast(core: Core, turn: Turn, cid: string, session: Session, nonce: Uint8Array): void {
  const channel = turn.need(channels, cid);
  for (const past of channel.past) {
    const { notBefore, isConfirmed } = session.past.get(past.epoch) ?? { notBefore: 0, isConfirmed: false };
    if (notBefore > turn.now) core.agenda.want(`channel/${cid}`, notBefore);
    if (notBefore > turn.now || session.line === undefined) continue;
    session.past.set(past.epoch, { notBefore: turn.now + PAST_RETRY_MS, isConfirmed });
    turn.ask(session.line, openPastRequest(core, channel, fromHex(cid), past, nonce), {
      kind: "open",
      cid,
      epoch: past.epoch,
      isResumed: false,
    });
  }
}

function openPastRequest(core: Core, channel: Channel, cid: Uint8Array, past: PastEpoch, nonce: Uint8Array) {
  const keys = deriveEpochKeys(past.exported, { relayId: channel.endpoint.relayId, cid }, past.epoch);
  const own = { leaf: channel.ownLeaf, reader: core.self.device.reader };
  const read = signOpenRead(keys, own, nonce, core.randomBytes);
  wipeEpochKeys(keys);
  return { kind: "open", cid, epoch: past.epoch, write: undefined, read } as const;
}

function read(turn: Turn, cid: string, session: Session): void {
  if (session.isReading || session.line === undefined || session.handle === undefined) return;
  session.isReading = true;
  const after = turn.need(channels, cid).log.seq;
  turn.ask(session.line, { kind: "read", handle: session.handle, after }, { kind: "read", cid });
}

async function takeBacklog(core: Core, turn: Turn, cid: string, session: Session): Promise<void> {
  for (let count = 0; count < ENTRIES_PER_TURN; count++) {
    const arrived = session.backlog.shift();
    if (arrived === undefined) break;
    const applied = await applyEntry(core, turn, cid, arrived);
    if (applied === "broken" || applied === "ended") return;
    if (applied === "gap") {
      session.backlog = [];
      session.hasRead = false;
    }
  }
  acknowledge(turn, cid, session);
}

async function write(core: Core, turn: Turn, cid: string, session: Session): Promise<void> {
  if (!session.canWrite || session.appending !== undefined || session.isCommitting) return;
  const pending = turn.get(pendingCommits, cid);
  if (pending !== undefined && turn.now >= session.commitNotBefore)
    return sendCommit(core, turn, cid, session);
  if (pending !== undefined) core.agenda.want(`channel/${cid}`, session.commitNotBefore);
  if (pending === undefined && (await beginCommit(core, turn, cid)))
    return sendCommit(core, turn, cid, session);
  if (turn.get(channels, cid)?.state === "live") await sendNext(core, turn, cid);
}

/** Whether there is a Commit to send now that there was not before. */
async function beginCommit(core: Core, turn: Turn, cid: string): Promise<boolean> {
  const channel = turn.need(channels, cid);
  if (await beginGroupCommit(core, turn, cid)) return true;
  if (channel.toAdd !== undefined) {
    const keyPackages = [channel.toAdd];
    if ((await makeCommit(core, turn, cid, { kind: "add", keyPackages })) === true) {
      turn.put(channels, cid, { ...turn.need(channels, cid), toAdd: undefined });
      return true;
    }
    await abandonIntroduction(core, turn, cid);
    return false;
  }
  if (!isUpdateDue(core, turn, cid, channel)) return false;
  if ((await makeCommit(core, turn, cid, { kind: "update" })) === true) return true;
  await breakChannel(core, turn, cid);
  return false;
}

function isUpdateDue(core: Core, turn: Turn, cid: string, channel: Channel): boolean {
  if (channel.epoch === 0 || channel.ownSinceUpdate === 0) return false;
  if (channel.ownSinceUpdate >= UPDATE_MESSAGES) return true;
  if (turn.now >= channel.updateDueAt) return true;
  core.agenda.want(`channel/${cid}`, channel.updateDueAt);
  return false;
}

function sendCommit(core: Core, turn: Turn, cid: string, session: Session): void {
  const pending = turn.need(pendingCommits, cid);
  if (session.line === undefined) return;
  session.isCommitting = true;
  const { epoch, body, next, signature } = pending;
  turn.ask(
    session.line,
    {
      kind: "commit",
      cid: fromHex(cid),
      epoch,
      body,
      next,
      signature,
      adminSignature: adminSignature(core, turn, cid, pending),
    },
    { kind: "commit", cid, epoch },
  );
}
