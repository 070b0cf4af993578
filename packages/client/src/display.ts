/** Keeps what is shown in step with what is durable, reading no more than the screen needs. Spec: CL3, CL4. */
import { assert, cardToLink, toHex, type Clock } from "@sotto/protocol";
import { tokensLeft } from "./tokens.ts";
import { clockOff } from "./believed-time.ts";
import { believedNow, type Core } from "./core.ts";
import { cardOf } from "./inbox/card.ts";
import { introductionCircuit } from "./introduction/drive.ts";
import { lineId } from "./line/line-id.ts";
import { readMany } from "./reading.ts";
import { channelCircuit } from "./channel/drive.ts";
import {
  burnOf,
  introductionProblem,
  itemToView,
  previewOf,
  rowOf,
  shownName,
  stateOf,
  visibleWaiting,
  waitingToView,
} from "./rows.ts";
import { channels } from "./stored/channel.ts";
import { conversations, introductions, type Conversation } from "./stored/conversation.ts";
import type { Problem } from "./problems.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { items, type StoredItem } from "./stored/message.ts";
import { activations, inboxes, profiles, type Profile } from "./stored/profile.ts";
import type {
  ConversationRow,
  ConversationView,
  MemberView,
  MessagePreview,
  MessageView,
  MeView,
  Reachability,
} from "./views.ts";

/** Items that a preview is looked for among. */
const PREVIEW_DEPTH = 8;
/** Messages a window begins with, and by how many it grows. */
const WINDOW_STEP = 100;

type Window = {
  readonly number: ConversationNumber;
  readonly show: (view: ConversationView) => void;
  readonly firstUnread: string | undefined;
  readonly itemByKey: Map<string, StoredItem>;
  size: number;
  /** As it was shown last. */
  reachability: string;
};

export class Display {
  readonly #core: Core;
  readonly #clock: Clock;
  readonly #rows = new Map<ConversationNumber, ConversationRow>();
  readonly #previews = new Map<ConversationNumber, MessagePreview>();
  readonly #windows = new Set<Window>();
  readonly #listeners = new Set<(view: MemberView) => void>();
  #view: MemberView;

  constructor(core: Core, clock: Clock) {
    this.#core = core;
    this.#clock = clock;
    this.#view = this.#memberView([]);
  }

  get view(): MemberView {
    return this.#view;
  }

  onView(show: (view: MemberView) => void): () => void {
    this.#listeners.add(show);
    return () => void this.#listeners.delete(show);
  }

  /** After a commit: what changed is read again and shown. */
  async refresh(rows: ReadonlySet<string>, changed: ReadonlySet<string>): Promise<void> {
    await this.#readPreviews(changed);
    for (const number of new Set([...rows, ...changed])) {
      const preview = this.#previews.get(number);
      const row = rowOf(this.#core.resident, number, preview, this.#problemOf(number));
      if (row === undefined) this.#rows.delete(number);
      else this.#rows.set(number, row);
    }
    const isListSame = rows.size === 0 && changed.size === 0;
    const view = this.#memberView(isListSame ? this.#view.conversations : this.#sortedRows());
    const isSame = isListSame && isSameAround(view, this.#view);
    this.#view = isSame ? this.#view : view;
    if (!isSame) for (const show of this.#listeners) show(view);
    for (const window of this.#windows) await this.#refreshWindow(window, rows, changed);
  }

  async #refreshWindow(
    window: Window,
    rows: ReadonlySet<string>,
    changed: ReadonlySet<string>,
  ): Promise<void> {
    const { number } = window;
    const reachability = JSON.stringify(this.#reachabilityOf(number));
    if (!rows.has(number) && !changed.has(number) && reachability === window.reachability) return;
    window.reachability = reachability;
    await this.#show(window);
  }

  /** Why the contact is not reached: what their inbox said, or that their relay does not answer as it should. */
  #problemOf(number: ConversationNumber): Problem | undefined {
    const { resident, lines } = this.#core;
    const introduction = resident.get(introductions, number);
    if (introduction === undefined) return undefined;
    const isAsking = [...resident.values(activations).values()].some(({ state }) => state === "asking");
    if (introduction.state === "noTokens" && isAsking) return undefined; // they may be on their way
    const line = lineId(introduction.card.endpoint, introductionCircuit(number));
    const reached = lines.reachability([line]);
    return introductionProblem(introduction) ?? (reached.kind === "offline" ? reached.problem : undefined);
  }

  /** Mostly the newest item is what is shown; only where it says nothing the ones before it are read. */
  async #readPreviews(changed: ReadonlySet<string>): Promise<void> {
    const without = await this.#readPreviewsAmong([...changed], 1);
    await this.#readPreviewsAmong(without, PREVIEW_DEPTH);
  }

  /** Looks among the newest `depth` items, in one reading. Returns the conversations where that was not enough. */
  async #readPreviewsAmong(numbers: readonly string[], depth: number): Promise<readonly string[]> {
    const { records } = this.#core;
    const keysByNumber = new Map<string, readonly string[]>();
    for (const number of numbers) {
      const range = { reverse: true, limit: depth };
      keysByNumber.set(number, records.list(`${items.prefix}${number}/`, range).toReversed());
    }
    const keys = [...keysByNumber.values()].flat();
    const values = await readMany(records, keys);
    const itemByKey = new Map(keys.map((key, index) => [key, parse(values[index])] as const));
    return numbers.filter((number) => !this.#takePreview(number, keysByNumber.get(number) ?? [], itemByKey));
  }

  #takePreview(
    number: ConversationNumber,
    keys: readonly string[],
    itemByKey: ReadonlyMap<string, StoredItem | undefined>,
  ): boolean {
    const { resident } = this.#core;
    const now = believedNow(this.#core, this.#clock());
    const views = keys.flatMap((key) => {
      const item = itemByKey.get(key);
      return item === undefined || isBurnt(item, now) ? [] : [itemToView(resident, key, item, this.#clock())];
    });
    const waiting = visibleWaiting(resident, number).map((entry) => waitingToView(entry, undefined, now));
    const preview = previewOf([...views, ...waiting]);
    if (preview === undefined) this.#previews.delete(number);
    else this.#previews.set(number, preview);
    return preview !== undefined || keys.length === 0;
  }

  /** Newest first. */
  #sortedRows(): readonly ConversationRow[] {
    return [...this.#rows.values()].toSorted((a, b) => b.changedAt - a.changedAt);
  }

  #memberView(rows: readonly ConversationRow[]): MemberView {
    const { attested, storageProblem } = this.#core;
    return {
      me: this.#me(),
      reachability: this.#ownReachability(),
      conversations: rows,
      clockOffMs: clockOff(attested),
      storageProblem,
    };
  }

  #me(): MeView {
    const { resident, records, self } = this.#core;
    const profile = this.#profile();
    const inbox = resident.get(inboxes, "");
    const known = [...resident.values(activations).values()];
    const granted = known.filter(({ state }) => state === "granted");
    const untils = granted.flatMap(({ until }) => until ?? []);
    const usage = records.usage();
    return {
      name: profile.name,
      link:
        inbox?.isCreated === true
          ? cardToLink(cardOf(inbox, self.verified.accountId, "link"), inbox.endpoint.url)
          : undefined,
      relayHost: hostOf(profile.relayUrl),
      activation: known.at(-1)?.state ?? "asking",
      conversationsLeft: tokensLeft(granted),
      contractUntil: untils.length === 0 ? undefined : Math.max(...untils),
      policy: profile.policy,
      storage: { usedBytes: usage.liveBytes, totalBytes: usage.capacityBytes },
    };
  }

  #profile(): Profile {
    const profile = this.#core.resident.get(profiles, "");
    assert(profile !== undefined, "a member has a profile");
    return profile;
  }

  /** Of the relay that a conversation lives on. */
  #reachabilityOf(number: ConversationNumber): Reachability {
    const { resident, lines } = this.#core;
    const conversation = resident.get(conversations, number);
    const via = conversation && viaOf(conversation);
    const channel = via === undefined ? undefined : resident.get(channels, via);
    if (channel === undefined) return this.#ownReachability();
    return lines.reachability([lineId(channel.endpoint, channelCircuit(channel))]);
  }

  #ownReachability(): Reachability {
    const { relayUrl, relayId } = this.#profile();
    return this.#core.lines.reachability(this.#core.lines.idsOf({ url: relayUrl, relayId }));
  }

  async open(number: ConversationNumber, show: (view: ConversationView) => void): Promise<Window> {
    const window: Window = {
      number,
      show,
      firstUnread: this.#core.resident.get(conversations, number)?.firstUnread,
      itemByKey: new Map(),
      size: WINDOW_STEP,
      reachability: JSON.stringify(this.#reachabilityOf(number)),
    };
    this.#windows.add(window);
    await this.#show(window);
    return window;
  }

  async grow(window: Window): Promise<void> {
    window.size += WINDOW_STEP;
    await this.#show(window);
  }

  close(window: Window): void {
    this.#windows.delete(window);
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
    const messages = keys.flatMap((key) => {
      const item = window.itemByKey.get(key);
      return item === undefined || isBurnt(item, now) ? [] : [itemToView(resident, key, item, this.#clock())];
    });
    window.show(this.#conversationView(window, conversation, messages, newest.length > keys.length));
  }

  async #read(window: Window, keys: readonly string[]): Promise<void> {
    const wanted = new Set(keys);
    for (const key of window.itemByKey.keys()) if (!wanted.has(key)) window.itemByKey.delete(key);
    const missing = keys.filter((key) => !window.itemByKey.has(key));
    const values = await readMany(this.#core.records, missing);
    for (const [index, key] of missing.entries()) {
      const item = parse(values[index]);
      if (item !== undefined) window.itemByKey.set(key, item);
    }
  }

  #conversationView(
    { number, firstUnread, itemByKey }: Window,
    conversation: Conversation,
    messages: readonly MessageView[],
    hasOlder: boolean,
  ): ConversationView {
    const { resident, sessions } = this.#core;
    const { policy, relayUrl } = this.#profile();
    const via = viaOf(conversation);
    const problem = via === undefined ? undefined : sessions.get(via)?.problem;
    const now = believedNow(this.#core, this.#clock());
    const waiting = visibleWaiting(resident, number).map((entry) => waitingToView(entry, problem, now));
    const unread = firstUnread === undefined ? undefined : itemByKey.get(items.prefix + firstUnread);
    const endpoint = via === undefined ? undefined : resident.get(channels, via)?.endpoint;
    return {
      id: toHex(conversation.accountId),
      name: shownName(conversation),
      isVerified: conversation.isVerified,
      state: stateOf(resident, conversation),
      problem: this.#problemOf(number),
      reachability: this.#reachabilityOf(number),
      relayHost: hostOf(endpoint?.url ?? relayUrl),
      burnMs: burnOf(conversation, policy),
      draft: conversation.draft,
      messages: [...messages, ...waiting],
      hasOlder,
      firstUnread: unread?.kind === "message" ? toHex(unread.messageId) : undefined,
    };
  }
}

/** The channel that own messages take, or would. */
const viaOf = ({ via, channels: all }: Conversation): string | undefined => {
  const cid = via ?? all.at(-1);
  return cid && toHex(cid);
};

const hostOf = (url: string): string => url.replace(/^https?:\/\//, "");

function parse(bytes: Uint8Array | undefined): StoredItem | undefined {
  const item = bytes && items.fromBytes(bytes);
  return item?.ok ? item.value : undefined;
}

/** Its time has come, and the disk has not been told yet. */
const isBurnt = (item: StoredItem, now: number): boolean =>
  item.kind === "message" && item.burnAt !== undefined && item.burnAt <= now;

/** Everything but the list. */
const isSameAround = (a: MemberView, b: MemberView): boolean =>
  JSON.stringify({ ...a, conversations: 0 }) === JSON.stringify({ ...b, conversations: 0 });

export type { Window };
