/**
 * A message that names a file, until its blob is whole at the relay; then it is a message as any other. Spec:
 * spec/files.md, "Sending".
 */
import {
  CONTENT_FILE,
  equalBytes,
  err,
  fromHex,
  ok,
  rungFor,
  Secret,
  TEXT_BYTES_MAX,
  textToBytes,
  toHex,
  type Reply,
  type Result,
} from "@sotto/protocol";
import { sealedFileBytes } from "@sotto/crypto";
import { burnWithin } from "../burning.ts";
import { chooseChannel } from "../channel/choice.ts";
import { changeConversation, outboxOf, queueMessage } from "../conversation.ts";
import type { Core } from "../core.ts";
import { keepDraft } from "../drafts.ts";
import type { Purpose } from "../line/purpose.ts";
import { harmlessName } from "../names.ts";
import type { FileSource } from "../ports.ts";
import type { Problem } from "../problems.ts";
import { channels } from "../stored/channel.ts";
import { outboxEntries } from "../stored/conversation.ts";
import { ORIGIN_BYTES_MAX, uploads, type Upload } from "../stored/file.ts";
import { conversationIn, type ConversationNumber } from "../stored/keys.ts";
import { profiles } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";
import type { Answer, Attaching } from "../views.ts";
import { accept } from "./accepted.ts";
import { eraseBlob, forgetFile } from "./forget.ts";
import { isPossibleFile } from "./possible.ts";
import { BLOB_KEPT_MS } from "./finish.ts";
import { openAgain, putBlob, readThrough } from "./sending.ts";

const REFUSED_RETRY_MS = 1_000;
const FULL_RETRY_MS = 15_000;

export function attach(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  attaching: Attaching & { readonly answers: Uint8Array | undefined },
): Result<Answer, Problem> {
  const { source, mediaType, name, picture, answers } = attaching;
  const text = attaching.text.toWellFormed();
  if (source.bytes < 1) return err({ kind: "file-empty" });
  if (!isPossibleFile(source)) return err({ kind: "file-too-large" });
  if (textToBytes(text).length > TEXT_BYTES_MAX) return err({ kind: "text-too-long" });
  const { policy } = turn.need(profiles, "");
  accept(turn, number);
  if (text !== "") keepDraft(turn, number, "");
  const conversation = changeConversation(turn, number, { changedAt: turn.now });
  const key = toHex(core.randomBytes(16));
  const id = `${number}/${key}`;
  const isNamed = source.origin !== undefined && textToBytes(source.origin).length <= ORIGIN_BYTES_MAX;
  turn.put(uploads, id, {
    blobId: core.randomBytes(32),
    key: new Secret(core.randomBytes(32)),
    bytes: source.bytes,
    digest: undefined,
    isKept: false,
    origin: isNamed ? source.origin : undefined,
    grant: undefined,
    text,
    to: answers,
    mediaType,
    name: name === undefined ? undefined : harmlessName(name),
    picture,
    burnMs: burnWithin(policy, conversation.burnMs ?? policy.burnDefaultMs),
    sentAt: turn.now,
  });
  turn.changedItems.add(number);
  turn.afterwards(() => core.transfers.give(id, source));
  turn.later.add(`upload/${id}`);
  turn.touch("burn");
  return ok({ kind: "message", key });
}

/** The person chose the file once more. */
export function supply(core: Core, turn: Turn, id: string, source: FileSource): Result<Answer, Problem> {
  const upload = turn.get(uploads, id);
  if (upload === undefined) return err({ kind: "message-gone" });
  if (upload.bytes !== source.bytes) return err({ kind: "file-changed" });
  core.transfers.give(id, source);
  turn.changedItems.add(conversationIn(id));
  turn.touch(`upload/${id}`);
  return ok({ kind: "done" });
}

/** What is next for it. A step that is under way looks here again when it is over. */
export function driveUpload(core: Core, turn: Turn, id: string): void {
  const upload = turn.get(uploads, id);
  const { isRunning, isStopped, source, digests } = core.transfers.of(id);
  if (upload === undefined) return core.transfers.forget(id);
  const notBefore = core.oneShots.notBefore(`upload/${id}`);
  if (notBefore > turn.now) core.agenda.want(`upload/${id}`, notBefore);
  if (isRunning || isStopped || notBefore > turn.now) return;
  const step = (run: typeof putBlob): void =>
    turn.afterwards(() => core.transfers.run(id, () => run(core, id, upload)));
  const isRead = upload.digest !== undefined && (upload.isKept || digests !== undefined);
  if (!isRead) return step(source === undefined ? openAgain : readThrough);
  if (upload.grant === undefined) return askGrant(core, turn, id, upload);
  step(putBlob);
}

/** A channel was looked at: it may be open now. */
export function touchUploads(turn: Turn, cid: string): void {
  const number = turn.get(channels, cid)?.conversation;
  if (number === undefined) return;
  for (const id of turn.ids(uploads, `${number}/`)) turn.touch(`upload/${id}`);
}

function askGrant(core: Core, turn: Turn, id: string, { blobId, bytes, burnMs }: Upload): void {
  const cid = chooseChannel(turn, conversationIn(id));
  const session = cid === undefined ? undefined : core.sessions.get(cid);
  const name = `upload/${id}`;
  if (cid === undefined || session?.line === undefined || session.handle === undefined) return;
  if (!session.canWrite || core.oneShots.isOut(name)) return;
  core.oneShots.sent(name, session.line);
  const { endpoint } = turn.need(channels, cid);
  turn.ask(
    session.line,
    {
      kind: "grantBlob",
      handle: session.handle,
      blobId,
      bytes: sealedFileBytes(bytes),
      rung: rungFor(burnMs),
    },
    { kind: "grant", upload: id, blobId, endpoint },
  );
}

export function answerGrant(
  core: Core,
  turn: Turn,
  { upload: id, blobId, endpoint }: Extract<Purpose, { kind: "grant" }>,
  reply: Reply,
): void {
  const name = `upload/${id}`;
  const upload = turn.get(uploads, id);
  core.oneShots.back(name);
  if (upload === undefined || !equalBytes(upload.blobId, blobId)) return;
  turn.touch(name);
  if (reply.kind === "blobGranted") {
    turn.put(uploads, id, { ...upload, grant: { endpoint, token: reply.token.slice(), until: reply.until } });
    return;
  }
  const code = reply.kind === "refused" ? reply.code : undefined;
  const isFull = code === "quotaFull" || code === "storageFull";
  const refusedMs = reply.kind === "refused" && code === "rateLimited" ? reply.detail : REFUSED_RETRY_MS;
  core.transfers.of(id).problem = isFull ? { kind: "relay-full" } : undefined;
  core.oneShots.back(name, turn.now + (isFull ? FULL_RETRY_MS : refusedMs));
  turn.changedItems.add(conversationIn(id));
}

/** False: there is no such upload. */
export function cancelUpload(core: Core, turn: Turn, number: ConversationNumber, key: string): boolean {
  const id = `${number}/${key}`;
  if (turn.get(uploads, id) === undefined) return false;
  giveUp(core, turn, id);
  return true;
}

/** False: there is no such upload. */
export function retryUpload(core: Core, turn: Turn, number: ConversationNumber, key: string): boolean {
  const id = `${number}/${key}`;
  if (turn.get(uploads, id) === undefined) return false;
  const underWay = core.transfers.of(id);
  underWay.isStopped = false;
  underWay.problem = undefined;
  core.oneShots.back(`upload/${id}`);
  turn.changedItems.add(number);
  turn.touch(`upload/${id}`);
  return true;
}

/** Nobody is left to send them to. */
export function cancelUploads(core: Core, turn: Turn, number: ConversationNumber): void {
  for (const id of turn.ids(uploads, `${number}/`)) giveUp(core, turn, id);
}

function giveUp(core: Core, turn: Turn, id: string): void {
  const { grant, blobId } = turn.need(uploads, id);
  turn.remove(uploads, id);
  forgetFile(turn, id);
  if (grant !== undefined) {
    const { endpoint, token, until } = grant;
    eraseBlob(turn, { endpoint, blobId, token, until: until + BLOB_KEPT_MS });
  }
  turn.changedItems.add(conversationIn(id));
  turn.afterwards(() => core.transfers.forget(id));
}

/** As what waits in the outbox: never sent past its burn, and that it was not sent stays to be seen (OB7). */
export function expireUploads(core: Core, turn: Turn): void {
  for (const id of turn.ids(uploads)) {
    const { burnMs, sentAt } = turn.need(uploads, id);
    if (burnMs === 0 || sentAt + burnMs > turn.believedNow) continue;
    giveUp(core, turn, id);
    const number = conversationIn(id);
    const messageId = fromHex(id.slice(id.indexOf("/") + 1));
    const content = new Uint8Array();
    queueMessage(turn, number, { messageId, burnMs, sentAt, contentKind: CONTENT_FILE, content });
    const last = outboxOf(turn, number).at(-1) ?? "";
    turn.put(outboxEntries, last, { ...turn.need(outboxEntries, last), state: "expired" });
  }
}
