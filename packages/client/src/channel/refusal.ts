/** What a channel does when the relay refuses: waits, opens anew, reads on, or gives up. */
import { unreachable, type Reply } from "@sotto/protocol";
import { sessionOf, type Core } from "../core.ts";
import { abandonIntroduction } from "../introduction/drive.ts";
import type { ChannelPurpose } from "../line/purpose.ts";
import type { Problem } from "../problems.ts";
import { channels } from "../stored/channel.ts";
import { nextToken } from "../tokens.ts";
import type { Turn } from "../turn.ts";
import { breakChannel } from "./broken.ts";
import { forgetPast } from "./past.ts";
import type { Session } from "./session.ts";

type Refused = Extract<Reply, { kind: "refused" }>;

/** How long to wait where the relay names no time. */
const RETRY_MS = 15_000;

export async function refuseChannel(
  core: Core,
  turn: Turn,
  purpose: ChannelPurpose,
  { code, detail }: Refused,
): Promise<void> {
  const { cid } = purpose;
  const session = sessionOf(core, cid);
  const channel = turn.need(channels, cid);
  // It was decided already, and read in the log: of an epoch that all have read the relay knows nothing any more.
  if (purpose.kind === "commit" && purpose.epoch < channel.epoch) return;
  stop(session, purpose);
  switch (code) {
    case "epochMoved":
      // The log says what happened; it is read before anything else.
      session.canWrite = false;
      session.hasRead = false;
      return;
    case "denied":
      return denied(core, turn, purpose);
    case "tokenRefused":
      return tokenRefused(core, turn, cid);
    case "rateLimited":
      if (purpose.kind === "commit") session.commitNotBefore = turn.now + detail;
      else wait(session, turn, detail, undefined);
      return;
    case "quotaFull":
      return wait(session, turn, RETRY_MS, { kind: "quota-full" }, channel.conversation);
    case "storageFull":
      return wait(session, turn, RETRY_MS, { kind: "relay-full" }, channel.conversation);
    case "tooMany":
      return wait(session, turn, 1_000, undefined);
    case "stopping":
      if (session.line !== undefined) core.lines.abandon(session.line, { kind: "relay-stopping" });
      return;
    case "keyReused":
    case "exists":
      if (channel.state === "creating") return abandonIntroduction(core, turn, cid);
      await breakChannel(core, turn, cid);
      return;
    case "malformed":
    case "codeRefused":
    case "outOfOrder":
      if (session.line !== undefined) core.lines.abandon(session.line, { kind: "relay-incompatible" });
      return;
    default:
      return unreachable(code);
  }
}

/** What was asked is no longer out. */
function stop(session: Session, purpose: ChannelPurpose): void {
  switch (purpose.kind) {
    case "create":
      session.isCreating = false;
      return;
    case "open":
      session.isOpening = false;
      return;
    case "read":
      session.isReading = false;
      return;
    case "append":
      session.appending = undefined;
      return;
    case "commit":
      session.isCommitting = false;
      return;
    default:
      return unreachable(purpose);
  }
}

function wait(
  session: Session,
  turn: Turn,
  ms: number,
  problem: Problem | undefined,
  conversation?: string,
): void {
  session.notBefore = turn.now + ms;
  session.problem = problem;
  if (conversation !== undefined) turn.changedItems.add(conversation);
}

/** One answer for an unknown channel and a wrong key. For an epoch that is over it means that all have read it. */
async function denied(core: Core, turn: Turn, purpose: ChannelPurpose): Promise<void> {
  const { cid } = purpose;
  const session = sessionOf(core, cid);
  const channel = turn.need(channels, cid);
  if (purpose.kind === "open" && purpose.epoch < channel.epoch) {
    forgetPast(turn, cid, purpose.epoch);
    return;
  }
  if (purpose.kind === "open" && purpose.isResumed) {
    session.ticket = undefined; // too old, or the relay has another key for tickets
    return;
  }
  if (purpose.kind === "read" || purpose.kind === "append") {
    session.handle = undefined; // the handle died; OPEN tells more
    return wait(session, turn, 1_000, undefined);
  }
  if (channel.state === "creating") return abandonIntroduction(core, turn, cid);
  await breakChannel(core, turn, cid);
}

async function tokenRefused(core: Core, turn: Turn, cid: string): Promise<void> {
  const channel = turn.need(channels, cid);
  const createToken = nextToken(turn);
  if (createToken === undefined) return abandonIntroduction(core, turn, cid, "noTokens");
  turn.put(channels, cid, { ...channel, createToken });
}
