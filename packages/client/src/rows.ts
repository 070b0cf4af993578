/** From records to what is shown: rows of the list, messages of a conversation. Spec: CL3. */
import { decode, envelope, toHex, type Policy } from "@sotto/protocol";
import type { NameOf } from "./group/members.ts";
import type { Problem } from "./problems.ts";
import type { Resident } from "./resident.ts";
import { channels } from "./stored/channel.ts";
import { conversations, outboxEntries, type Conversation, type OutboxEntry } from "./stored/conversation.ts";
import { groups } from "./stored/group.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { items, RAW_ENVELOPE, type StoredItem, type StoredMessage } from "./stored/message.ts";
import { burnNow, contentNow, isPinned, reactionsTo, unsentAbout, type Said } from "./said.ts";
import type { ConversationRow, Mark, MessagePreview, MessageView, Quote } from "./views.ts";
import { isWritten } from "./written.ts";

type Content = MessageView["content"];

/** Undefined where nothing is there that can be read. */
export function parseItem(bytes: Uint8Array | undefined): StoredItem | undefined {
  const item = bytes && items.fromBytes(bytes);
  return item?.ok ? item.value : undefined;
}

/** Its time has come, and the disk has not been told yet. */
export const isBurnt = (item: StoredItem, now: number): boolean =>
  item.kind === "message" && item.burnAt !== undefined && item.burnAt <= now;

type Shown = Parameters<typeof contentNow>[0];

/** A kind this version does not know stays as it is until a version comes that does. */
function contentToView(message: Shown, said: Said): Content {
  if (message.contentKind !== RAW_ENVELOPE) return contentNow(message, said) ?? { kind: "unknown" };
  const inside = decode(envelope, message.content);
  return inside.ok ? contentToView({ ...message, ...inside.value }, said) : { kind: "unknown" };
}

/** The relay's word that every device has it; without that, that it is on the relay's disk. */
function markOf(resident: Resident, message: StoredMessage): Mark | undefined {
  if (!message.mine) return undefined;
  const channel = resident.get(channels, toHex(message.cid));
  return channel !== undefined && message.seq <= channel.delivered ? "delivered" : "sent";
}

/** What stands beside a message: what was said about it, and the beginning of what it answers. */
export type Beside = {
  readonly said: Said;
  readonly quote: Quote | undefined;
  readonly nameOf: NameOf;
};

/** By whom, by name, in a group; undefined for what this member wrote, and in a conversation of two. */
export const authorName = (
  nameOf: NameOf,
  { author }: { readonly author: Uint8Array | undefined },
): string | undefined => author && nameOf(author);

const NOTHING_BESIDE = {
  author: undefined,
  quote: undefined,
  reactions: [],
  isChanging: false,
  isReacting: false,
  isPinned: false,
} as const;

export function itemToView(
  resident: Resident,
  key: string,
  item: StoredItem,
  now: number,
  { said, quote, nameOf }: Beside,
): MessageView {
  if (item.kind === "notice") {
    const { at, notice } = item;
    const content: Content = { kind: "notice", notice };
    const bare = { mark: undefined, problem: undefined, burn: undefined, ...NOTHING_BESIDE };
    return { key, mine: false, time: at, ...bare, content };
  }
  const { messageId, mine, sentAt, burnAt, burnMs } = item;
  return {
    key: toHex(messageId),
    mine,
    author: authorName(nameOf, item),
    time: Math.min(sentAt, now),
    mark: markOf(resident, item),
    problem: undefined,
    burn: burnAt === undefined ? undefined : burnNow({ ...item, burnAt, burnMs }, said),
    quote,
    reactions: reactionsTo(messageId, said, (one) => authorName(nameOf, one)),
    ...unsentAbout(messageId, said),
    isPinned: isPinned(messageId, said),
    content: contentToView(item, said),
  };
}

/** What waits is shown after everything else. */
export function waitingToView(
  [, entry]: readonly [string, OutboxEntry],
  problem: Problem | undefined,
  now: number,
  { said, quote, nameOf }: Beside,
): MessageView {
  const { messageId, sentAt, burnMs, state } = entry;
  const isExpired = state === "expired" || (burnMs > 0 && sentAt + burnMs <= now);
  const gone: Content = { kind: "text", text: "", edits: [] };
  return {
    key: toHex(messageId),
    mine: true,
    author: undefined,
    time: sentAt,
    mark: isExpired ? "failed" : "waiting",
    problem: isExpired ? { kind: "expired" } : problem,
    burn: isExpired || burnMs === 0 ? undefined : burnNow({ ...entry, burnAt: sentAt + burnMs }, said),
    quote: isExpired ? undefined : quote,
    reactions: isExpired ? [] : reactionsTo(messageId, said, (one) => authorName(nameOf, one)),
    ...unsentAbout(messageId, said),
    isPinned: isPinned(messageId, said),
    content: isExpired ? gone : contentToView(entry, said),
  };
}

/** Only what the person wrote: clients say things to each other too. */
export const visibleWaiting = (
  resident: Resident,
  number: ConversationNumber,
): readonly (readonly [id: string, entry: OutboxEntry])[] =>
  [...resident.values(outboxEntries)]
    .filter(([id, entry]) => id.startsWith(`${number}/`) && isWritten(entry.contentKind))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));

export function stateOf(
  resident: Resident,
  number: ConversationNumber,
  conversation: Conversation,
): ConversationRow["state"] {
  const group = resident.get(groups, number);
  if (group !== undefined && group.state !== "in") return "over";
  const all = conversation.channels.flatMap((cid) => resident.get(channels, toHex(cid)) ?? []);
  if (all.some(({ state, epoch }) => state === "live" && epoch > 0)) return "ready";
  return all.some(({ state }) => state === "broken") ? "broken" : "setting-up";
}

/** Never empty: until the contact has told a name, the beginning of the account stands for it. */
export const shownName = ({ name, id }: Conversation): string => (name === "" ? toHex(id).slice(0, 8) : name);

export function previewOf(messages: readonly MessageView[]): MessagePreview | undefined {
  const newest = messages.findLast(({ content }) => content.kind === "text");
  if (newest?.content.kind !== "text") return undefined;
  const { time, mine, mark, content } = newest;
  const shown = { text: content.text, author: newest.author, time, mine, mark };
  return content.file === undefined ? shown : { ...shown, file: content.file };
}

export function rowOf(
  resident: Resident,
  number: ConversationNumber,
  preview: MessagePreview | undefined,
  problem: Problem | undefined,
): ConversationRow | undefined {
  const conversation = resident.get(conversations, number);
  if (conversation === undefined) return undefined;
  const { id, isVerified, unread, draft, changedAt } = conversation;
  return {
    id: toHex(id),
    name: shownName(conversation),
    isVerified,
    members: resident.get(groups, number)?.roster.members.length,
    unread,
    draft,
    preview,
    state: stateOf(resident, number, conversation),
    problem,
    changedAt,
  };
}

export const burnOf = (conversation: Conversation, policy: Policy): number =>
  conversation.burnMs ?? policy.burnDefaultMs;
