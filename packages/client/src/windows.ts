/**
 * Windows on conversations: the newest messages of each, or those around where somebody went, kept as they are on the
 * disk. Spec: CL3, CL4, FN10.
 */
import { toHex, type Clock } from "@sotto/protocol";
import { believedNow, type Core } from "./core.ts";
import { namesIn } from "./group/members.ts";
import { groupToView } from "./group/view.ts";
import { hostOf, problemOf, profileOf, reachabilityOf, viaOf } from "./reached.ts";
import { uploadsToView } from "./file/upload-view.ts";
import { readPins } from "./pins.ts";
import { quoteIn, readQuotes } from "./quotes.ts";
import { readMany, readOne } from "./reading.ts";
import {
  burnOf,
  isBurnt,
  itemToView,
  parseItem,
  shownName,
  stateOf,
  visibleWaiting,
  waitingToView,
  type Beside,
} from "./rows.ts";
import type { Problem } from "./problems.ts";
import { readSaid } from "./said.ts";
import { channels } from "./stored/channel.ts";
import { conversations, type Conversation, type OutboxEntry } from "./stored/conversation.ts";
import { timeKey, type ConversationNumber } from "./stored/keys.ts";
import { accepted } from "./stored/file.ts";
import { items, seenIds, type StoredItem } from "./stored/message.ts";
import type { ConversationView, MessageKey, Spot } from "./views.ts";

/** Messages a window begins with, and by how many it grows. */
const WINDOW_STEP = 100;

/** `before` messages before the key `from`, and `after` from there on; or the newest `size`. */
type Span =
  | { readonly kind: "newest"; readonly size: number }
  | { readonly kind: "around"; readonly from: string; readonly before: number; readonly after: number };

/** Keys of what a window shows, and whether there are more beyond. */
type Reach = { readonly keys: readonly string[]; readonly hasOlder: boolean; readonly hasNewer: boolean };

const NEWEST: Span = { kind: "newest", size: WINDOW_STEP };

export type Window = {
  readonly number: ConversationNumber;
  readonly show: (view: ConversationView) => void;
  readonly firstUnread: string | undefined;
  readonly itemByKey: Map<string, StoredItem>;
  span: Span;
  /** As it was shown last. */
  reachability: string;
};

export class Windows {
  readonly #core: Core;
  readonly #clock: Clock;
  readonly #open = new Set<Window>();

  constructor(core: Core, clock: Clock) {
    this.#core = core;
    this.#clock = clock;
  }

  async open(number: ConversationNumber, show: (view: ConversationView) => void): Promise<Window> {
    const window: Window = {
      number,
      show,
      firstUnread: this.#core.resident.get(conversations, number)?.firstUnread,
      itemByKey: new Map(),
      span: NEWEST,
      reachability: JSON.stringify(reachabilityOf(this.#core, number)),
    };
    this.#open.add(window);
    await this.#show(window);
    return window;
  }

  async grow(window: Window): Promise<void> {
    const { span } = window;
    window.span =
      span.kind === "newest"
        ? { ...span, size: span.size + WINDOW_STEP }
        : { ...span, before: span.before + WINDOW_STEP };
    await this.#show(window);
  }

  /** Towards the newest; once it is there, the window is on the newest. */
  async growNewer(window: Window): Promise<void> {
    const { span } = window;
    if (span.kind === "newest") return;
    window.span = { ...span, after: span.after + WINDOW_STEP };
    this.#settle(window);
    await this.#show(window);
  }

  /** The key of what stands there, as it is shown. */
  async goTo(window: Window, spot: Spot): Promise<MessageKey | undefined> {
    const prefix = `${items.prefix}${window.number}/`;
    const from = await this.#keyOf(window.number, spot);
    const [first] = from === undefined ? [] : this.#core.records.list(prefix, { from, limit: 1 });
    window.span =
      first === undefined
        ? NEWEST
        : { kind: "around", from: first, before: WINDOW_STEP / 2, after: WINDOW_STEP / 2 };
    this.#settle(window);
    await this.#show(window);
    const item = first === undefined ? undefined : window.itemByKey.get(first);
    if (item === undefined) return this.#waitingAt(window.number, spot);
    return item.kind === "message" ? toHex(item.messageId) : first;
  }

  /** Where the newest is shown, what comes is shown too. */
  #settle(window: Window): void {
    const { keys, hasNewer } = this.#reachOf(window);
    if (!hasNewer) window.span = { kind: "newest", size: Math.max(WINDOW_STEP, keys.length) };
  }

  /** What waits for the relay has no place yet: it stands after the newest. */
  #waitingAt(number: ConversationNumber, spot: Spot): MessageKey | undefined {
    if (spot.kind !== "message") return undefined;
    const isWaiting = visibleWaiting(this.#core.resident, number).some(
      ([, { messageId }]) => toHex(messageId) === spot.key,
    );
    return isWaiting ? spot.key : undefined;
  }

  /** Undefined: nowhere, or on the newest. */
  async #keyOf(number: ConversationNumber, spot: Spot): Promise<string | undefined> {
    if (spot.kind === "newest") return undefined;
    if (spot.kind === "at") return `${items.prefix}${number}/${timeKey(spot.time)}`;
    const bytes = await readOne(this.#core.records, `${seenIds.prefix}${number}/${spot.key}`);
    const seen = bytes && seenIds.fromBytes(bytes);
    const key = seen?.ok ? items.prefix + seen.value.itemKey : undefined;
    const isThere = key !== undefined && this.#core.records.list(key, { limit: 1 }).length > 0;
    return isThere ? key : undefined;
  }

  #reachOf({ number, span }: Window): Reach {
    const { records } = this.#core;
    const prefix = `${items.prefix}${number}/`;
    const [before, after] = span.kind === "newest" ? [span.size, 0] : [span.before, span.after];
    const to = span.kind === "newest" ? {} : { to: span.from };
    const older = records.list(prefix, { ...to, reverse: true, limit: before + 1 });
    const newer = span.kind === "newest" ? [] : records.list(prefix, { from: span.from, limit: after + 1 });
    return {
      keys: [...older.slice(0, before).toReversed(), ...newer.slice(0, after)],
      hasOlder: older.length > before,
      hasNewer: newer.length > after,
    };
  }

  close(window: Window): void {
    this.#open.delete(window);
  }

  /** After a commit. */
  async refresh(rows: ReadonlySet<string>, changed: ReadonlySet<string>): Promise<void> {
    for (const window of this.#open) {
      const { number } = window;
      const reachability = JSON.stringify(reachabilityOf(this.#core, number));
      if (!rows.has(number) && !changed.has(number) && reachability === window.reachability) continue;
      window.reachability = reachability;
      await this.#show(window);
    }
  }

  async #show(window: Window): Promise<void> {
    const { resident } = this.#core;
    const conversation = resident.get(conversations, window.number);
    if (conversation === undefined) return;
    const { keys, hasOlder, hasNewer } = this.#reachOf(window);
    await this.#read(window, keys);
    const now = believedNow(this.#core, this.#clock());
    const shown = keys.flatMap((key) => {
      const item = window.itemByKey.get(key);
      return item === undefined || isBurnt(item, now) ? [] : [{ key, item }];
    });
    const waiting = hasNewer ? [] : visibleWaiting(resident, window.number);
    const besideOf = await this.#readBeside(
      window.number,
      [...shown.map(({ item }) => item), ...waiting.map(([, entry]) => entry)],
      now,
    );
    const messages = shown.map(({ key, item }) =>
      itemToView(resident, key, item, this.#clock(), besideOf(item)),
    );
    const problem = this.#problemOf(conversation);
    const queued = waiting.map((one) => waitingToView(one, problem, now, besideOf(one[1])));
    // What is on its way stands at the end: where newer messages follow, it is not shown.
    const sending = hasNewer ? [] : uploadsToView(this.#core, window.number, now);
    window.show({
      ...this.#view(window, conversation),
      messages: [...messages, ...queued, ...sending],
      hasOlder,
      hasNewer,
      pinned: await readPins(this.#core, window.number, now),
    });
  }

  /** What stands beside each of these messages. */
  async #readBeside(
    number: ConversationNumber,
    shown: readonly (StoredItem | OutboxEntry)[],
    now: number,
  ): Promise<(of: StoredItem | OutboxEntry) => Beside> {
    const messages = shown.filter((one) => "messageId" in one);
    const ids = new Set(messages.map(({ messageId }) => toHex(messageId)));
    const said = await readSaid(this.#core.records, number, ids);
    const quotes = await readQuotes(this.#core, number, messages, now);
    const nameOf = namesIn(this.#core.resident, number);
    return (of) => ({ said, nameOf, quote: "messageId" in of ? quoteIn(quotes, of) : undefined });
  }

  #problemOf(conversation: Conversation): Problem | undefined {
    const via = viaOf(conversation);
    return via === undefined ? undefined : this.#core.sessions.get(via)?.problem;
  }

  async #read(window: Window, keys: readonly string[]): Promise<void> {
    const wanted = new Set(keys);
    for (const key of window.itemByKey.keys()) if (!wanted.has(key)) window.itemByKey.delete(key);
    const missing = keys.filter((key) => !window.itemByKey.has(key));
    const values = await readMany(this.#core.records, missing);
    for (const [index, key] of missing.entries()) {
      const item = parseItem(values[index]);
      if (item !== undefined) window.itemByKey.set(key, item);
    }
  }

  #view(
    { number, firstUnread, itemByKey }: Window,
    conversation: Conversation,
  ): Omit<ConversationView, "messages" | "hasOlder" | "hasNewer" | "pinned"> {
    const { resident } = this.#core;
    const { policy, relayUrl } = profileOf(this.#core);
    const via = viaOf(conversation);
    const unread = firstUnread === undefined ? undefined : itemByKey.get(items.prefix + firstUnread);
    const endpoint = via === undefined ? undefined : resident.get(channels, via)?.endpoint;
    return {
      id: toHex(conversation.id),
      name: shownName(conversation),
      isVerified: conversation.isVerified,
      group: groupToView(this.#core, number),
      state: stateOf(resident, number, conversation),
      problem: problemOf(this.#core, number),
      reachability: reachabilityOf(this.#core, number),
      relayHost: hostOf(endpoint?.url ?? relayUrl),
      burnMs: burnOf(conversation, policy),
      isAccepted: resident.get(accepted, number) !== undefined,
      draft: conversation.draft,
      firstUnread: unread?.kind === "message" ? toHex(unread.messageId) : undefined,
    };
  }
}
