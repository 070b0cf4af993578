/** Keeps what is shown in step with what is durable, reading no more than the screen needs. Spec: CL3, CL4. */
import { cardToLink, toHex, type Clock } from "@sotto/protocol";
import { tokensLeft } from "./tokens.ts";
import { clockOff } from "./believed-time.ts";
import type { Core } from "./core.ts";
import { cardOf } from "./inbox/card.ts";
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
import { conversations, type Conversation } from "./stored/conversation.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { items, type StoredItem } from "./stored/message.ts";
import { activations, inboxes, profiles } from "./stored/profile.ts";
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
export const WINDOW_STEP = 100;

type Window = {
  readonly number: ConversationNumber;
  readonly show: (view: ConversationView) => void;
  readonly firstUnread: string | undefined;
  readonly itemByKey: Map<string, StoredItem>;
  size: number;
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
    this.#view = this.#memberView();
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
      const row = rowOf(this.#core.resident, number, this.#previews.get(number));
      if (row === undefined) this.#rows.delete(number);
      else this.#rows.set(number, row);
    }
    const view = this.#memberView();
    const isSame = rows.size === 0 && changed.size === 0 && isSameAround(view, this.#view);
    this.#view = isSame ? this.#view : view;
    if (!isSame) for (const show of this.#listeners) show(view);
    for (const window of this.#windows) {
      const isTouched = rows.has(window.number) || changed.has(window.number);
      if (isTouched || !isSame) await this.#show(window);
    }
  }

  /** The newest items of many conversations in one reading. */
  async #readPreviews(changed: ReadonlySet<string>): Promise<void> {
    const { records, resident } = this.#core;
    const keysByNumber = new Map<string, readonly string[]>();
    for (const number of changed) {
      const range = { reverse: true, limit: PREVIEW_DEPTH };
      keysByNumber.set(number, records.list(`${items.prefix}${number}/`, range).toReversed());
    }
    const keys = [...keysByNumber.values()].flat();
    const values = await readMany(records, keys);
    const itemByKey = new Map(keys.map((key, index) => [key, parse(values[index])] as const));
    for (const [number, own] of keysByNumber) {
      const views = own.flatMap((key) => {
        const item = itemByKey.get(key);
        return item === undefined ? [] : [itemToView(resident, key, item, this.#clock())];
      });
      const waiting = visibleWaiting(resident, number).map((entry) => waitingToView(entry, undefined));
      const preview = previewOf([...views, ...waiting]);
      if (preview === undefined) this.#previews.delete(number);
      else this.#previews.set(number, preview);
    }
  }

  #memberView(): MemberView {
    const { resident, attested, storageProblem } = this.#core;
    return {
      me: this.#me(),
      reachability: this.#ownReachability(),
      conversations: [...this.#rows.values()].toSorted((a, b) => b.changedAt - a.changedAt),
      clockOffMs: clockOff(attested),
      storageProblem,
      ...(resident.get(profiles, "") === undefined && {}),
    };
  }

  #me(): MeView {
    const { resident, records, self } = this.#core;
    const profile = resident.get(profiles, "");
    const inbox = resident.get(inboxes, "");
    const known = [...resident.values(activations).values()];
    const granted = known.filter(({ state }) => state === "granted");
    const untils = granted.flatMap(({ until }) => until ?? []);
    const usage = records.usage();
    return {
      name: profile?.name ?? "",
      link:
        inbox?.isCreated === true
          ? cardToLink(cardOf(inbox, self.verified.accountId, "link"), inbox.endpoint.url)
          : undefined,
      relayHost: hostOf(profile?.relayUrl ?? ""),
      activation: known.at(-1)?.state ?? "asking",
      conversationsLeft: tokensLeft(granted),
      contractUntil: untils.length === 0 ? undefined : Math.max(...untils),
      policy: profile!.policy,
      storage: { usedBytes: usage.liveBytes, totalBytes: usage.capacityBytes },
    };
  }

  #ownReachability(): Reachability {
    const profile = this.#core.resident.get(profiles, "");
    if (profile === undefined) return { kind: "connecting" };
    const { relayUrl, relayId } = profile;
    return this.#core.lines.reachability(this.#core.lines.idsOf({ url: relayUrl, relayId }));
  }

  async open(number: ConversationNumber, show: (view: ConversationView) => void): Promise<Window> {
    const window: Window = {
      number,
      show,
      firstUnread: this.#core.resident.get(conversations, number)?.firstUnread,
      itemByKey: new Map(),
      size: WINDOW_STEP,
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
    const messages = keys.flatMap((key) => {
      const item = window.itemByKey.get(key);
      return item === undefined ? [] : [itemToView(resident, key, item, this.#clock())];
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
    const policy = resident.get(profiles, "")!.policy;
    const via = conversation.via ?? conversation.channels.at(-1);
    const channel = via && resident.get(channels, toHex(via));
    const problem = via && sessions.get(toHex(via))?.problem;
    const waiting = visibleWaiting(resident, number).map((entry) => waitingToView(entry, problem));
    const unread = firstUnread === undefined ? undefined : itemByKey.get(items.prefix + firstUnread);
    const endpoint = channel?.endpoint;
    return {
      id: toHex(conversation.accountId),
      name: shownName(conversation),
      isVerified: conversation.isVerified,
      state: stateOf(resident, conversation),
      problem: introductionProblem(resident, number),
      reachability:
        endpoint === undefined
          ? this.#ownReachability()
          : this.#core.lines.reachability([lineId(endpoint, channelCircuit({ conversation: number }))]),
      relayHost: hostOf(endpoint?.url ?? resident.get(profiles, "")?.relayUrl ?? ""),
      burnMs: burnOf(conversation, policy),
      draft: conversation.draft,
      messages: [...messages, ...waiting],
      hasOlder,
      firstUnread: unread?.kind === "message" ? toHex(unread.messageId) : undefined,
    };
  }
}

const hostOf = (url: string): string => url.replace(/^https?:\/\//, "");

function parse(bytes: Uint8Array | undefined): StoredItem | undefined {
  const item = bytes && items.fromBytes(bytes);
  return item?.ok ? item.value : undefined;
}

/** Everything but the list. */
const isSameAround = (a: MemberView, b: MemberView): boolean =>
  JSON.stringify({ ...a, conversations: 0 }) === JSON.stringify({ ...b, conversations: 0 });

export type { Window };
