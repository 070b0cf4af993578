/** Keeps what is shown in step with what is durable, reading no more than the screen needs. Spec: CL3, CL4. */
import { cardToLink, toHex, type Clock } from "@sotto/protocol";
import { clockOff } from "./believed-time.ts";
import { believedNow, type Core } from "./core.ts";
import { uploadsToView } from "./file/upload-view.ts";
import { namesIn } from "./group/members.ts";
import { cardOf } from "./inbox/card.ts";
import { hostOf, ownReachability, problemOf, profileOf } from "./reached.ts";
import { readMany } from "./reading.ts";
import { isBurnt, itemToView, parseItem, previewOf, rowOf, visibleWaiting, waitingToView } from "./rows.ts";
import { readSaid } from "./said.ts";
import { kitView } from "./recovery/kit.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { items, type StoredItem } from "./stored/message.ts";
import { activations, inboxes, type Inbox } from "./stored/profile.ts";
import { tokensLeft } from "./tokens.ts";
import type { ConversationRow, MemberView, MessagePreview, MeView } from "./views.ts";
import { Windows } from "./windows.ts";

/** Items that a preview is looked for among. */
const PREVIEW_DEPTH = 8;

export class Display {
  readonly windows: Windows;
  readonly #core: Core;
  readonly #clock: Clock;
  readonly #rows = new Map<ConversationNumber, ConversationRow>();
  readonly #previews = new Map<ConversationNumber, MessagePreview>();
  readonly #listeners = new Set<(view: MemberView) => void>();
  #view: MemberView;
  /** Shown after every turn, and made once: it holds a copy of a key. */
  #link: { readonly inbox: Inbox; readonly text: string } | undefined;

  constructor(core: Core, clock: Clock) {
    this.windows = new Windows(core, clock);
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
      const row = rowOf(this.#core.resident, number, preview, problemOf(this.#core, number));
      if (row === undefined) this.#rows.delete(number);
      else this.#rows.set(number, row);
    }
    const isListSame = rows.size === 0 && changed.size === 0;
    const view = this.#memberView(isListSame ? this.#view.conversations : this.#sortedRows());
    const isSame = isListSame && isSameAround(view, this.#view);
    this.#view = isSame ? this.#view : view;
    if (!isSame) for (const show of this.#listeners) show(view);
    await this.windows.refresh(rows, changed);
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
    const itemByKey = new Map(keys.map((key, index) => [key, parseItem(values[index])] as const));
    const areFound = await Promise.all(
      numbers.map((number) => this.#takePreview(number, keysByNumber.get(number) ?? [], itemByKey)),
    );
    return numbers.filter((_, at) => areFound[at] !== true);
  }

  async #takePreview(
    number: ConversationNumber,
    keys: readonly string[],
    itemByKey: ReadonlyMap<string, StoredItem | undefined>,
  ): Promise<boolean> {
    const { resident, records } = this.#core;
    const now = believedNow(this.#core, this.#clock());
    const shown = keys.flatMap((key) => {
      const item = itemByKey.get(key);
      return item === undefined || isBurnt(item, now) ? [] : [{ key, item }];
    });
    const waiting = visibleWaiting(resident, number);
    const ids = [...shown.map(({ item }) => item), ...waiting.map(([, entry]) => entry)].flatMap((one) =>
      "messageId" in one ? [toHex(one.messageId)] : [],
    );
    const said = await readSaid(records, number, new Set(ids));
    const beside = { said, quote: undefined, nameOf: namesIn(resident, number) };
    const preview = previewOf([
      ...shown.map(({ key, item }) => itemToView(resident, key, item, this.#clock(), beside)),
      ...waiting.map((entry) => waitingToView(entry, undefined, now, beside)),
      ...uploadsToView(this.#core, number, now),
    ]);
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
      reachability: ownReachability(this.#core),
      conversations: rows,
      clockOffMs: clockOff(attested),
      storageProblem,
    };
  }

  #me(): MeView {
    const { resident, records } = this.#core;
    const profile = profileOf(this.#core);
    const known = [...resident.values(activations).values()];
    const granted = known.filter(({ state }) => state === "granted");
    const untils = granted.flatMap(({ until }) => until ?? []);
    const usage = records.usage();
    return {
      name: profile.name,
      link: this.#linkTo(resident.get(inboxes, "")),
      relayHost: hostOf(profile.relayUrl),
      activation: known.at(-1)?.state ?? "asking",
      conversationsLeft: tokensLeft(granted),
      contractUntil: untils.length === 0 ? undefined : Math.max(...untils),
      policy: profile.policy,
      storage: { usedBytes: usage.liveBytes, totalBytes: usage.capacityBytes },
      sweptAt: this.#core.sweep.endedAt,
      kit: kitView(resident),
    };
  }

  #linkTo(inbox: Inbox | undefined): string | undefined {
    if (inbox?.isCreated !== true) return undefined;
    if (this.#link?.inbox === inbox) return this.#link.text;
    const text = cardToLink(cardOf(inbox, this.#core.self.verified.accountId, "link"), inbox.endpoint.url);
    this.#link = { inbox, text };
    return text;
  }
}

/** Everything but the list. */
const isSameAround = (a: MemberView, b: MemberView): boolean =>
  JSON.stringify({ ...a, conversations: 0 }) === JSON.stringify({ ...b, conversations: 0 });
