/**
 * Which machine an event is for: what a line brought goes to whoever asked, and everything has a name by which it is
 * looked at again. The names are those of the agenda.
 */
import { equalBytes, unreachable, type Reply } from "@sotto/protocol";
import { ACTIVATION_CIRCUIT, answerActivation, driveActivation } from "./activation.ts";
import { answerChannel, heardPush } from "./channel/answer.ts";
import { channelCircuit, driveChannel } from "./channel/drive.ts";
import { newSession } from "./channel/session.ts";
import type { Core } from "./core.ts";
import { driveErasure } from "./file/erase.ts";
import { answerGrant, driveUpload, touchUploads } from "./file/upload.ts";
import { answerInbox, heardInboxPush } from "./inbox/answer.ts";
import { driveKnock } from "./group/knock.ts";
import { driveInbox, INBOX_CIRCUIT } from "./inbox/drive.ts";
import { newInboxSession } from "./inbox/session.ts";
import {
  answerClaim,
  answerPost,
  driveIntroduction,
  drivePost,
  introductionCircuit,
} from "./introduction/drive.ts";
import { circuitOf, lineId, type LineId } from "./line/line-id.ts";
import type { Purpose } from "./line/purpose.ts";
import type { Heard } from "./lines.ts";
import { probe } from "./probe.ts";
import { purge } from "./purge.ts";
import { answerBackup, BACKUP_CIRCUIT, driveBackup } from "./recovery/backup.ts";
import { findAgain } from "./recovery/restored.ts";
import type { Resident } from "./resident.ts";
import { scrub } from "./scrub.ts";
import { channels, outgoingPosts } from "./stored/channel.ts";
import { blobErasures, uploads } from "./stored/file.ts";
import { introductions } from "./stored/conversation.ts";
import { groups } from "./stored/group.ts";
import { conversationIn } from "./stored/keys.ts";
import { profiles } from "./stored/profile.ts";
import { sweep } from "./sweep.ts";
import type { Turn } from "./turn.ts";

/** Names of all there is to look at. */
export const everythingIn = (resident: Resident): readonly string[] => [
  "burn",
  "sweep",
  "probe",
  "activation",
  "inbox",
  "restored",
  "backup",
  ...[...resident.values(introductions).keys()].map((id) => `introduction/${id}`),
  ...[...resident.values(outgoingPosts).keys()].map((id) => `post/${id}`),
  ...[...resident.values(channels).keys()].map((id) => `channel/${id}`),
  ...[...resident.values(groups).keys()].map((id) => `knock/${id}`),
  ...[...resident.values(uploads).keys()].map((id) => `upload/${id}`),
  ...[...resident.values(blobErasures).keys()].map((id) => `erase/${id}`),
];

/** Looks at one thing and does what is next. */
export async function drive(core: Core, turn: Turn, name: string): Promise<void> {
  const slash = name.indexOf("/");
  const kind = slash < 0 ? name : name.slice(0, slash);
  const id = slash < 0 ? "" : name.slice(slash + 1);
  if (kind === "burn") return purge(core, turn);
  if (kind === "sweep") return sweep(core, turn);
  if (turn.now < core.pausedUntil) return core.agenda.want(name, core.pausedUntil);
  switch (kind) {
    case "line":
      return core.lines.tick(id);
    case "probe":
      return probe(core, turn);
    case "activation":
      return driveActivation(core, turn);
    case "inbox":
      return driveInbox(core, turn);
    case "scrub":
      return scrub(core, turn);
    case "restored":
      return findAgain(core, turn);
    case "backup":
      return driveBackup(core, turn);
    case "introduction":
      return driveIntroduction(core, turn, id);
    case "post":
      return drivePost(core, turn, id);
    case "channel":
      await driveChannel(core, turn, id);
      return touchUploads(turn, id);
    case "knock":
      return driveKnock(core, turn, id);
    case "upload":
      return driveUpload(core, turn, id);
    case "erase":
      return driveErasure(core, turn, id);
    case "pause":
      return core.transfers.wake(id);
    default:
      return;
  }
}

/** What a line brought. */
export async function take(core: Core, turn: Turn, line: LineId, heard: Heard): Promise<void> {
  noteReachability(core, turn, line);
  switch (heard.kind) {
    case "nothing":
      return;
    case "greeted":
      return greeted(core, turn, line, heard);
    case "answer":
      return answered(core, turn, line, heard.purpose, heard.reply);
    case "push": {
      if (!("handle" in heard.reply)) return;
      const named = core.handles.get(`${line} ${heard.reply.handle}`);
      if (named?.kind === "channel") heardPush(core, turn, named.cid, named.epoch, heard.reply);
      if (named?.kind === "inbox") heardInboxPush(core, turn, heard.reply);
      return;
    }
    default:
      return unreachable(heard);
  }
}

type Greeted = Extract<Heard, { kind: "greeted" }>;

function greeted(core: Core, turn: Turn, line: LineId, { welcome, relay }: Greeted): void {
  const profile = turn.need(profiles, "");
  turn.touch(...namesOn(core, line));
  if (relay.url !== profile.relayUrl) return;
  if (profile.relayId !== undefined && !equalBytes(profile.relayId, welcome.relayId)) return;
  const ownTime = turn.now;
  core.attested = { relayTime: welcome.time, ownTime };
  turn.put(profiles, "", { ...profile, relayId: welcome.relayId, policy: welcome.policy });
  turn.touch("burn");
  if (profile.relayId !== undefined) return;
  // The line was for whoever answers at this address; from here on it is for this relay alone.
  turn.afterwards(() => core.lines.rest(line));
  turn.touch(...everythingIn(core.resident));
}

/** A contact that cannot be reached is shown so. */
function noteReachability(core: Core, turn: Turn, line: LineId): void {
  const circuit = circuitOf(line);
  for (const [id, { card }] of core.resident.values(introductions))
    if (introductionCircuit(card) === circuit) turn.changedRows.add(conversationIn(id));
}

/** What waits for this line. */
function namesOn({ resident }: Core, line: LineId): readonly string[] {
  const circuit = circuitOf(line);
  if (circuit === INBOX_CIRCUIT) return ["inbox"];
  if (circuit === ACTIVATION_CIRCUIT) return ["activation"];
  if (circuit === BACKUP_CIRCUIT) return ["backup"];
  const names: string[] = [];
  for (const [cid, channel] of resident.values(channels))
    if (lineId(channel.endpoint, channelCircuit(channel)) === line) names.push(`channel/${cid}`);
  for (const [id, { card }] of resident.values(introductions))
    if (introductionCircuit(card) === circuit) names.push(`introduction/${id}`);
  for (const [id, { card }] of resident.values(outgoingPosts))
    if (introductionCircuit(card) === circuit) names.push(`post/${id}`);
  return names;
}

async function answered(core: Core, turn: Turn, line: LineId, purpose: Purpose, reply: Reply): Promise<void> {
  switch (purpose.kind) {
    case "activate":
      return answerActivation(core, turn, purpose.id, reply);
    case "claim":
      return answerClaim(core, turn, line, purpose.id, reply);
    case "post":
      return answerPost(core, turn, line, purpose.id, reply);
    case "create":
    case "open":
    case "read":
    case "append":
    case "commit":
      return answerChannel(core, turn, purpose, reply);
    case "inbox-create":
    case "inbox-open":
    case "inbox-read":
    case "shelve":
    case "allow":
    case "revoke":
      return answerInbox(core, turn, line, purpose, reply);
    case "backup":
      return answerBackup(core, turn, line, purpose, reply);
    case "grant":
      return answerGrant(core, turn, purpose, reply);
    case "nothing":
      return;
    default:
      return unreachable(purpose);
  }
}

/** A line is gone, and with it whatever was under way on it. */
export function lose(core: Core, id: LineId): void {
  core.oneShots.lost(id);
  for (const key of core.handles.keys()) if (key.startsWith(`${id} `)) core.handles.delete(key);
  for (const [cid, session] of core.sessions)
    if (session.line === id) core.sessions.set(cid, newSession(session));
  if (circuitOf(id) === INBOX_CIRCUIT) core.inbox = newInboxSession();
}
