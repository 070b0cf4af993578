/**
 * Reactions, edits, deletions, and that a message was read: each is kept under the message it is about. Only its author
 * edits or deletes a message, and everybody has one reaction to it, so that no order between two people ever matters.
 * Spec: spec/client.md, "About a message".
 */
import {
  CONTENT_DELETION,
  CONTENT_EDIT,
  CONTENT_PIN,
  CONTENT_REACTION,
  CONTENT_WAS_READ,
  decode,
  deletionContent,
  editContent,
  encode,
  equalBytes,
  equalIfAny,
  fromHex,
  pinContent,
  reactionContent,
  toHex,
  unreachable,
  wasReadContent,
} from "@sotto/protocol";
import { forgetFile } from "./file/forget.ts";
import {
  DELETION_SLOT,
  EDIT_SLOTS,
  forgetAnnotations,
  isDeleted,
  reactionSlot,
  PIN_SLOT,
  READ_SLOT,
} from "./annotation-slots.ts";
import { addNotice, outboxOf, queueMessage, type ToSend } from "./conversation.ts";
import type { Core } from "./core.ts";
import { nameIn } from "./group/members.ts";
import { burnFromReading, readTime } from "./read-burn.ts";
import { annotations, type About, type Annotation } from "./stored/annotation.ts";
import { outboxEntries } from "./stored/conversation.ts";
import { sequenceKey, type ConversationNumber } from "./stored/keys.ts";
import { DELETED, items, seenIds } from "./stored/message.ts";
import type { Turn } from "./turn.ts";
import { isWritten, readBurnMs } from "./written.ts";

/** Versions of a message that are kept; from there on the newest takes the place of the one before. */
const EDITS_MAX = 20;

const EMOJI = /^\p{RGI_Emoji}$/v;
/** One emoji as a keyboard makes it, or none: nothing else may stand beside somebody's message. */
const isReaction = (text: string): boolean => text === "" || EMOJI.test(text);

type Target = {
  readonly idKey: string;
  readonly mine: boolean;
  readonly author: Uint8Array | undefined;
  readonly burnAt: number | undefined;
  readonly itemId: string | undefined;
  /** Undefined where it burns from sending on. */
  readonly afterReadMs: number | undefined;
};

/** A message that is there and not deleted, or an own one that waits. */
async function targetOf(
  turn: Turn,
  number: ConversationNumber,
  messageId: Uint8Array,
): Promise<Target | undefined> {
  const idKey = `${number}/${toHex(messageId)}`;
  if (await isDeleted(turn, idKey)) return undefined;
  const seen = await turn.load(seenIds, idKey);
  const item = seen && (await turn.load(items, seen.itemKey));
  if (seen !== undefined && item?.kind === "message")
    return item.contentKind === DELETED
      ? undefined
      : {
          idKey,
          mine: item.mine,
          author: item.author,
          burnAt: item.burnAt,
          itemId: seen.itemKey,
          afterReadMs: readBurnMs(item),
        };
  const waiting = outboxOf(turn, number)
    .map((id) => turn.need(outboxEntries, id))
    .find((entry) => equalBytes(entry.messageId, messageId));
  if (waiting?.state !== "waiting" || !isWritten(waiting.contentKind)) return undefined;
  const burnAt = waiting.burnMs === 0 ? undefined : waiting.sentAt + waiting.burnMs;
  return {
    idKey,
    mine: true,
    author: undefined,
    burnAt,
    itemId: undefined,
    afterReadMs: readBurnMs(waiting),
  };
}

/** What the person says about a message: kept here and on its way. False: there is no such message of theirs. */
export async function sayAbout(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  messageId: Uint8Array,
  about: About,
): Promise<boolean> {
  const target = await targetOf(turn, number, messageId);
  if (target === undefined) return false;
  // It has no reason to outlive what it is about.
  const burnMs = target.burnAt === undefined ? 0 : Math.max(1, target.burnAt - turn.believedNow);
  const said: Annotation = {
    messageId: core.randomBytes(16),
    mine: true,
    author: undefined,
    sentAt: turn.now,
    burnMs,
    sent: undefined,
    about,
  };
  if (!(await keep(core, turn, number, target, said))) return false;
  queueMessage(turn, number, annotationToSend(messageId, said));
  turn.touch("burn");
  return true;
}

type Said = Pick<ToSend, "messageId" | "burnMs" | "sentAt" | "contentKind" | "content">;
type Heard = Said & {
  /** In a group. */
  readonly author: Uint8Array | undefined;
  /** By the relay's clock. */
  readonly receivedAt: number;
};

/**
 * What another says about a message. About what is not there it is of no use, and from whoever did not write the
 * message it counts for nothing. Returns whether `heard` is of such a kind and of its format.
 */
export async function hearAbout(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  heard: Heard,
): Promise<boolean> {
  const read = readAbout(heard.contentKind, heard.content);
  if (read === undefined) return false;
  const target = await targetOf(turn, number, read.messageId);
  if (target === undefined) return true;
  const { messageId, burnMs, author, receivedAt } = heard;
  const { about } = read;
  const sentAt =
    about.kind === "read" ? readTime(target.afterReadMs ?? 0, heard.sentAt, receivedAt) : heard.sentAt;
  await keep(core, turn, number, target, {
    messageId,
    mine: false,
    author,
    sentAt,
    burnMs,
    sent: undefined,
    about,
  });
  return true;
}

async function keep(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  target: Target,
  said: Annotation,
): Promise<boolean> {
  const { about } = said;
  if (!maySay(target, said)) return false;
  if (about.kind === "deletion") await forgetSaid(turn, target);
  const slot = await slotFor(turn, target, said);
  if (slot === undefined) return about.kind !== "read";
  const { idKey, itemId } = target;
  if (about.kind === "pin") await notePin(turn, number, idKey, said);
  turn.save(annotations, `${idKey}/${slot}`, said);
  if (about.kind === "read" && itemId !== undefined)
    await burnFromReading(core, turn, number, { itemId, idKey, readAt: said.sentAt });
  turn.changedItems.add(number);
  return true;
}

/** A change is shown to everybody. */
async function notePin(
  turn: Turn,
  number: ConversationNumber,
  idKey: string,
  { about, mine, author }: Annotation,
): Promise<void> {
  const before = await turn.load(annotations, `${idKey}/${PIN_SLOT}`);
  const wasPinned = before?.about.kind === "pin" && before.about.isPinned;
  const by = author && nameIn(turn, number, author);
  if (about.kind === "pin" && about.isPinned !== wasPinned)
    addNotice(turn, number, { kind: "pin-changed", mine, by, isPinned: about.isPinned });
}

function maySay(target: Target, said: Annotation): boolean {
  const { about, mine } = said;
  switch (about.kind) {
    case "reaction":
      return isReaction(about.emoji);
    case "pin":
      return true;
    case "edit":
    case "deletion":
      return isAuthor(target, said);
    case "read":
      return target.mine !== mine && target.afterReadMs !== undefined;
    default:
      return unreachable(about);
  }
}

const isAuthor = (target: Target, { mine, author }: Annotation): boolean =>
  target.mine === mine && equalIfAny(author, target.author);

/** What a message said goes; that there was one stays until it burns. */
async function forgetSaid(turn: Turn, { idKey, itemId }: Target): Promise<void> {
  forgetAnnotations(turn, idKey);
  forgetFile(turn, idKey);
  const item = itemId === undefined ? undefined : await turn.load(items, itemId);
  if (itemId !== undefined && item?.kind === "message")
    turn.save(items, itemId, { ...item, contentKind: DELETED, content: new Uint8Array() });
}

/** Undefined: it is there already. */
async function slotFor(turn: Turn, { idKey }: Target, said: Annotation): Promise<string | undefined> {
  switch (said.about.kind) {
    case "reaction":
      return reactionSlot(said);
    case "deletion":
      return DELETION_SLOT;
    case "pin":
      return PIN_SLOT;
    case "read":
      return (await turn.load(annotations, `${idKey}/${READ_SLOT}`)) === undefined ? READ_SLOT : undefined;
    case "edit": {
      const keys = turn.keys(`${annotations.prefix}${idKey}/${EDIT_SLOTS}`);
      const last = keys.at(-1);
      const newest = last && (await turn.load(annotations, last.slice(annotations.prefix.length)));
      if (newest && equalBytes(newest.messageId, said.messageId)) return undefined;
      return `${EDIT_SLOTS}${sequenceKey(Math.min(keys.length, EDITS_MAX - 1))}`;
    }
    default:
      return unreachable(said.about);
  }
}

function readAbout(
  contentKind: number,
  content: Uint8Array,
): { readonly messageId: Uint8Array; readonly about: About } | undefined {
  switch (contentKind) {
    case CONTENT_REACTION: {
      const read = decode(reactionContent, content);
      return read.ok
        ? { messageId: read.value.to, about: { kind: "reaction", emoji: read.value.emoji } }
        : undefined;
    }
    case CONTENT_EDIT: {
      const read = decode(editContent, content);
      return read.ok
        ? { messageId: read.value.of, about: { kind: "edit", text: read.value.text } }
        : undefined;
    }
    case CONTENT_DELETION: {
      const read = decode(deletionContent, content);
      return read.ok ? { messageId: read.value.of, about: { kind: "deletion" } } : undefined;
    }
    case CONTENT_PIN: {
      const read = decode(pinContent, content);
      return read.ok
        ? { messageId: read.value.of, about: { kind: "pin", isPinned: read.value.isPinned } }
        : undefined;
    }
    case CONTENT_WAS_READ: {
      const read = decode(wasReadContent, content);
      return read.ok ? { messageId: read.value.of, about: { kind: "read" } } : undefined;
    }
    default:
      return undefined;
  }
}

function annotationToSend(target: Uint8Array, { messageId, burnMs, sentAt, about }: Annotation): ToSend {
  const head = { messageId, burnMs, sentAt };
  switch (about.kind) {
    case "reaction": {
      const content = encode(reactionContent, { to: target, emoji: about.emoji });
      return { ...head, contentKind: CONTENT_REACTION, content };
    }
    case "edit":
      return {
        ...head,
        contentKind: CONTENT_EDIT,
        content: encode(editContent, { of: target, text: about.text }),
      };
    case "deletion":
      return { ...head, contentKind: CONTENT_DELETION, content: encode(deletionContent, { of: target }) };
    case "pin": {
      const content = encode(pinContent, { of: target, isPinned: about.isPinned });
      return { ...head, contentKind: CONTENT_PIN, content };
    }
    case "read":
      return { ...head, contentKind: CONTENT_WAS_READ, content: encode(wasReadContent, { of: target }) };
    default:
      return unreachable(about);
  }
}

/** An own one was found in the log. A pin holds from there on, whatever the contact said before it. */
export async function noteSent(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  message: ToSend,
  sent: NonNullable<Annotation["sent"]>,
): Promise<void> {
  const read = readAbout(message.contentKind, message.content);
  if (read === undefined) return;
  if (read.about.kind === "pin") {
    const target = await targetOf(turn, number, read.messageId);
    const { messageId, sentAt, burnMs } = message;
    const said: Annotation = {
      messageId,
      mine: true,
      author: undefined,
      sentAt,
      burnMs,
      sent,
      about: read.about,
    };
    if (target !== undefined) await keep(core, turn, number, target, said);
    return;
  }
  const prefix = `${annotations.prefix}${number}/${toHex(read.messageId)}/`;
  for (const key of turn.keys(prefix)) {
    const id = key.slice(annotations.prefix.length);
    const said = await turn.load(annotations, id);
    if (said && equalBytes(said.messageId, message.messageId)) turn.save(annotations, id, { ...said, sent });
  }
}

/** Own ones that nobody has acknowledged in a channel that broke, to be sent again. */
export async function undeliveredIn(
  turn: Turn,
  number: ConversationNumber,
  { cid, delivered }: { readonly cid: string; readonly delivered: number },
): Promise<readonly ToSend[]> {
  const found: ToSend[] = [];
  for (const key of turn.keys(`${annotations.prefix}${number}/`)) {
    const id = key.slice(annotations.prefix.length);
    const said = await turn.load(annotations, id);
    if (said?.sent === undefined || said.sent.seq <= delivered || toHex(said.sent.cid) !== cid) continue;
    turn.save(annotations, id, { ...said, sent: undefined });
    found.push(annotationToSend(fromHex(id.split("/")[1] ?? ""), said));
  }
  return found;
}
