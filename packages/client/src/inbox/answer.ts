/** What the relay answers and pushes about the own inbox. */
import { equalBytes, unreachable, type Reply } from "@sotto/protocol";
import type { Core } from "../core.ts";
import { nextToken } from "../tokens.ts";
import type { LineId } from "../line/line-id.ts";
import type { Purpose } from "../line/purpose.ts";
import { inboxes } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";

type InboxPurpose = Extract<
  Purpose,
  { kind: "inbox-create" | "inbox-open" | "inbox-read" | "shelve" | "allow" | "revoke" }
>;

const RETRY_MS = 15_000;

export function answerInbox(core: Core, turn: Turn, line: LineId, purpose: InboxPurpose, reply: Reply): void {
  const session = core.inbox;
  const inbox = turn.need(inboxes, "");
  turn.touch("inbox");
  if (reply.kind === "refused") return refuse(core, turn, line, purpose, reply);
  switch (purpose.kind) {
    case "inbox-create":
      session.isCreating = false;
      if (reply.kind === "done") turn.put(inboxes, "", { ...inbox, isCreated: true });
      return;
    case "inbox-open":
      session.isOpening = false;
      if (reply.kind !== "inboxOpened") return;
      session.handle = reply.handle;
      session.shelved = reply.shelved;
      session.acked = reply.acked;
      session.hasRead = false;
      core.handles.set(`${line} ${reply.handle}`, { kind: "inbox" });
      return;
    case "inbox-read":
      session.isReading = false;
      if (reply.kind !== "page") return;
      session.hasRead = reply.isLast;
      for (const entry of reply.entries) if (entry.kind === "post") session.backlog.push(entry);
      return;
    case "shelve":
      session.isShelving = false;
      session.handle = undefined; // opened anew, which tells how many are there now
      return;
    case "allow":
    case "revoke":
      session.isChangingTokens = false;
      turn.put(inboxes, "", {
        ...inbox,
        toAllow: inbox.toAllow.filter((one) => !equalBytes(one, purpose.token)),
        toRevoke: inbox.toRevoke.filter((one) => !equalBytes(one, purpose.token)),
      });
      return;
    default:
      return unreachable(purpose);
  }
}

function refuse(
  core: Core,
  turn: Turn,
  line: LineId,
  purpose: InboxPurpose,
  reply: Extract<Reply, { kind: "refused" }>,
): void {
  const session = core.inbox;
  session.isCreating = false;
  session.isOpening = false;
  session.isReading = false;
  session.isShelving = false;
  session.isChangingTokens = false;
  if (reply.code === "stopping") return core.lines.abandon(line, { kind: "relay-stopping" });
  if (reply.code === "tokenRefused") {
    const createToken = nextToken(turn);
    if (createToken !== undefined) turn.put(inboxes, "", { ...turn.need(inboxes, ""), createToken });
  }
  if (reply.code === "denied" && purpose.kind !== "inbox-open") session.handle = undefined;
  session.notBefore = turn.now + Math.max(RETRY_MS, reply.code === "rateLimited" ? reply.detail : 0);
}

export function heardInboxPush(core: Core, turn: Turn, reply: Reply): void {
  turn.touch("inbox");
  if (reply.kind === "lagging") core.inbox.hasRead = false;
  if (reply.kind === "pushed" && reply.entry.kind === "post" && core.inbox.hasRead)
    core.inbox.backlog.push(reply.entry);
}
