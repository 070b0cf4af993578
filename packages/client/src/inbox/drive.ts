/** What the own inbox does next: is made, opened, read, its shelf filled, its tokens changed. Spec: CL46 to CL51. */
import { signingKey, signInboxOpen } from "@sotto/crypto";
import { sha256 } from "@sotto/verify";
import type { Core } from "../core.ts";
import type { LineId } from "../line/line-id.ts";
import { inboxes, type Inbox } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";
import { askInboxCreate } from "./create.ts";
import { hearPost } from "./post.ts";
import { isShelfWanting, makeShelfItems, shelfDueAt } from "./shelf.ts";

/** The inbox is on no connection that opens a channel. */
export const INBOX_CIRCUIT = "inbox";
const POSTS_PER_TURN = 4;
/** After so long a post that came too early is heard again; what came after it waits. */
const HELD_MS = 1_000;

export async function driveInbox(core: Core, turn: Turn): Promise<void> {
  const inbox = turn.get(inboxes, "");
  if (inbox === undefined) return;
  const line = core.lines.want(inbox.endpoint, INBOX_CIRCUIT);
  const nonce = core.lines.readyNonce(line);
  const session = core.inbox;
  if (nonce === undefined) return;
  if (turn.now < session.notBefore) return core.agenda.want("inbox", session.notBefore);
  if (!inbox.isCreated) return session.isCreating ? undefined : askInboxCreate(core, turn, line);
  if (session.handle === undefined) return open(core, turn, inbox, line, nonce);
  await takePosts(core, turn, line, session.handle);
  if (!session.hasRead) read(core, turn, line, session.handle);
  changeTokens(core, turn, line, session.handle);
  await shelve(core, turn, line, session.handle);
}

function open(core: Core, turn: Turn, inbox: Inbox, line: LineId, nonce: Uint8Array): void {
  if (core.inbox.isOpening) return;
  core.inbox.isOpening = true;
  const reader = signingKey(inbox.readerSeed);
  const place = { relayId: inbox.endpoint.relayId, inboxId: inbox.inboxId };
  turn.ask(
    line,
    {
      kind: "inboxOpen",
      inboxId: inbox.inboxId,
      reader: reader.publicKey,
      signature: signInboxOpen(reader, place, nonce),
    },
    { kind: "inbox-open" },
  );
}

function read(core: Core, turn: Turn, line: LineId, handle: number): void {
  if (core.inbox.isReading || core.inbox.backlog.length > 0) return;
  core.inbox.isReading = true;
  turn.ask(line, { kind: "read", handle, after: turn.need(inboxes, "").through }, { kind: "inbox-read" });
}

async function takePosts(core: Core, turn: Turn, line: LineId, handle: number): Promise<void> {
  const session = core.inbox;
  let isHeld = false;
  for (let count = 0; count < POSTS_PER_TURN; count++) {
    const post = session.backlog.shift();
    if (post === undefined) break;
    if (post.seq <= turn.need(inboxes, "").through) continue;
    if ((await hearPost(core, turn, post.body)) === "later") {
      session.backlog.unshift(post);
      core.agenda.want("inbox", turn.now + HELD_MS);
      isHeld = true;
      break;
    }
    session.heldSince = undefined;
    turn.put(inboxes, "", { ...turn.need(inboxes, ""), through: post.seq });
  }
  const { through } = turn.need(inboxes, "");
  if (through > session.acked) {
    session.acked = through;
    turn.ask(line, { kind: "ack", handle, through }, { kind: "nothing" });
  }
  if (session.backlog.length > 0 && !isHeld) turn.later.add("inbox");
}

function changeTokens(core: Core, turn: Turn, line: LineId, handle: number): void {
  const inbox = turn.need(inboxes, "");
  const session = core.inbox;
  const [toAllow] = inbox.toAllow;
  const [toRevoke] = inbox.toRevoke;
  const token = toAllow ?? toRevoke;
  if (session.isChangingTokens || token === undefined) return;
  session.isChangingTokens = true;
  const kind = toAllow === undefined ? "revoke" : "allow";
  turn.ask(line, { kind, handle, postTokenHash: sha256(token) }, { kind, token });
}

async function shelve(core: Core, turn: Turn, line: LineId, handle: number): Promise<void> {
  const session = core.inbox;
  core.agenda.want("inbox", shelfDueAt(turn.need(inboxes, "")));
  if (session.isShelving || !isShelfWanting(session, turn.need(inboxes, ""), turn.now)) return;
  session.isShelving = true;
  const made = await makeShelfItems(core, turn, session);
  turn.ask(line, { kind: "shelve", handle, ...made }, { kind: "shelve" });
}
