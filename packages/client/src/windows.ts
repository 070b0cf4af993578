/** Windows on conversations: the newest messages of each, kept as they are on the disk. Spec: CL3, CL4. */
import { toHex, type Clock } from "@sotto/protocol";
import { believedNow, type Core } from "./core.ts";
import { groupToView } from "./group/view.ts";
import { hostOf, problemOf, profileOf, reachabilityOf, viaOf } from "./reached.ts";
import { quoteIn, readQuotes } from "./quotes.ts";
import { readMany } from "./reading.ts";
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
import type { ConversationNumber } from "./stored/keys.ts";
import { items, type StoredItem } from "./stored/message.ts";
import type { ConversationView, MessageView } from "./views.ts";

/** Messages a window begins with, and by how many it grows. */
const WINDOW_STEP = 100;

export type Window = {
  readonly number: ConversationNumber;
  readonly show: (view: ConversationView) => void;
  readonly firstUnread: string | undefined;
  readonly itemByKey: Map<string, StoredItem>;
  size: number;
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
      size: WINDOW_STEP,
      reachability: JSON.stringify(reachabilityOf(this.#core, number)),
    };
    this.#open.add(window);
    await this.#show(window);
    return window;
  }

  async grow(window: Window): Promise<void> {
    window.size += WINDOW_STEP;
    await this.#show(window);
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
    const { records, resident } = this.#core;
    const conversation = resident.get(conversations, window.number);
    if (conversation === undefined) return;
    const prefix = `${items.prefix}${window.number}/`;
    const newest = records.list(prefix, { reverse: true, limit: window.size + 1 });
    const keys = newest.slice(0, window.size).toReversed();
    await this.#read(window, keys);
    const now = believedNow(this.#core, this.#clock());
    const shown = keys.flatMap((key) => {
      const item = window.itemByKey.get(key);
      return item === undefined || isBurnt(item, now) ? [] : [{ key, item }];
    });
    const waiting = visibleWaiting(resident, window.number);
    const besideOf = await this.#readBeside(
      window.number,
      [...shown.map(({ item }) => item), ...waiting.map(([, entry]) => entry)],
      now,
    );
    const messages = shown.map(({ key, item }) =>
      itemToView(resident, key, item, this.#clock(), besideOf(item)),
    );
    const problem = this.#problemOf(conversation);
    const queued = waiting.map((one) => waitingToView(resident, one, problem, now, besideOf(one[1])));
    window.show(this.#view(window, conversation, [...messages, ...queued], newest.length > keys.length));
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
    return (of) => ({ said, quote: "messageId" in of ? quoteIn(quotes, of) : undefined });
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
    messages: readonly MessageView[],
    hasOlder: boolean,
  ): ConversationView {
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
      draft: conversation.draft,
      messages,
      hasOlder,
      firstUnread: unread?.kind === "message" ? toHex(unread.messageId) : undefined,
    };
  }
}
