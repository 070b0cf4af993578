/**
 * Searches in what is kept: reads it once when somebody first searches, is told of every record that changes, and
 * shows what it finds as it is on the disk. Spec: spec/finding.md.
 */
import { toHex, type Clock } from "@sotto/protocol";
import { believedNow, type Core } from "../core.ts";
import { uploadsToView } from "../file/upload-view.ts";
import { namesIn } from "../group/members.ts";
import { readMany } from "../reading.ts";
import {
  isBurnt,
  itemToView,
  parseItem,
  shownName,
  visibleWaiting,
  waitingToView,
  type Beside,
} from "../rows.ts";
import { readSaid } from "../said.ts";
import { annotations } from "../stored/annotation.ts";
import { conversations, outboxEntries } from "../stored/conversation.ts";
import { uploads } from "../stored/file.ts";
import { conversationIn, keyTime, type ConversationNumber } from "../stored/keys.ts";
import { items, seenIds, type StoredMessage } from "../stored/message.ts";
import type { FoundMessage, MessageView, Query, SearchView } from "../views.ts";
import { foldText, isIn, termsOf, type Term } from "./fold.ts";
import { createMessageIndex, type Indexed } from "./message-index.ts";
import { piecesOf } from "./pieces.ts";

/** Of a query, in UTF-16 code units. */
export const QUERY_CHARS_MAX = 1_000;
export const QUERY_WORDS_MAX = 16;
/** Messages of one page. */
export const FOUND_PAGE = 30;
/** What the index keeps at most, in UTF-16 code units: 128 MiB where every letter takes two bytes, half as much in English. */
const INDEX_UNITS_MAX = 2 ** 26;
/** Records read in one step; between two steps everything else has its turn. */
const RECORDS_PER_STEP = 500;
/** After so many steps of reading what is on the screen is looked for again. */
const STEPS_PER_SHOW = 8;

export type Search = {
  readonly show: (view: SearchView) => void;
  query: Query | undefined;
  /** Messages wanted so far. */
  size: number;
};

type Read = { readonly key: string; readonly item: StoredMessage; readonly view: MessageView };

export class Finder {
  readonly #core: Core;
  readonly #clock: Clock;
  readonly #index;
  readonly #open = new Set<Search>();
  /** Keys yet to be read, the newest last; undefined before anybody has searched. */
  #unread: string[] | undefined;
  #steps = 0;

  constructor(core: Core, clock: Clock, unitsMax = INDEX_UNITS_MAX) {
    this.#core = core;
    this.#clock = clock;
    this.#index = createMessageIndex(unitsMax);
  }

  open(show: Search["show"]): Search {
    const search: Search = { show, query: undefined, size: FOUND_PAGE };
    this.#open.add(search);
    this.#unread ??= byPlace(this.#core.records.list(items.prefix));
    return search;
  }

  close(search: Search): void {
    this.#open.delete(search);
  }

  /** Nothing is left in memory; whoever searches next has everything read again. */
  forget(): void {
    this.#open.clear();
    this.#index.clear();
    this.#unread = undefined;
  }

  get isReading(): boolean {
    return this.#unread !== undefined && this.#unread.length > 0;
  }

  async find(search: Search, query: Query): Promise<void> {
    search.query = query;
    search.size = FOUND_PAGE;
    await this.#show(search);
  }

  async more(search: Search): Promise<void> {
    search.size += FOUND_PAGE;
    await this.#show(search);
  }

  /** One step of reading what is kept, newest first. */
  async readOn(): Promise<void> {
    const keys = this.#unread?.splice(-RECORDS_PER_STEP);
    if (keys === undefined || keys.length === 0) return;
    await this.#take(keys);
    if (this.#index.leftOut() !== undefined) this.#unread = []; // what is left is older than what had no room
    this.#steps++;
    if (!this.isReading || this.#steps % STEPS_PER_SHOW === 1) await this.#showAll();
  }

  /** After a commit, with the keys of all that it wrote or deleted: they are read again before anything is shown. */
  async refresh(written: Iterable<string>, isListChanged: boolean): Promise<void> {
    if (this.#unread === undefined) return;
    const keys = await this.#changedItems(written);
    if (keys.size > 0) await this.#take([...keys]);
    if (keys.size > 0 || isListChanged) await this.#showAll();
  }

  /** Of the messages that these records are, or are about. */
  async #changedItems(written: Iterable<string>): Promise<ReadonlySet<string>> {
    const changed = new Set<string>();
    const about = new Set<string>();
    for (const key of written) {
      if (key.startsWith(items.prefix)) changed.add(key);
      if (key.startsWith(annotations.prefix))
        about.add(seenIds.prefix + key.slice(annotations.prefix.length, key.lastIndexOf("/")));
    }
    for (const bytes of await readMany(this.#core.records, [...about])) {
      const seen = bytes && seenIds.fromBytes(bytes);
      if (seen?.ok) changed.add(items.prefix + seen.value.itemKey);
    }
    return changed;
  }

  /** What is there of these goes into the index, and what is not goes out of it. */
  async #take(keys: readonly string[]): Promise<void> {
    const read = await this.#read(keys);
    const texts = read.flatMap(({ key, item, view }) => {
      const text = textOf(view);
      if (text === undefined) return [];
      const { sentAt, burnAt } = item;
      return [{ key, place: placeIn(key), sentAt, burnAt, folded: foldText(text) }];
    });
    this.#index.remove(new Set(keys));
    this.#index.put(texts);
  }

  /** Those that have not burnt, as they are shown. */
  async #read(keys: readonly string[]): Promise<readonly Read[]> {
    const { resident, records } = this.#core;
    const now = believedNow(this.#core, this.#clock());
    const values = await readMany(records, keys);
    const found = keys.flatMap((key, at) => {
      const item = parseItem(values[at]);
      return item?.kind === "message" && !isBurnt(item, now) ? [{ key, item }] : [];
    });
    const besideByNumber = new Map<ConversationNumber, Beside>();
    for (const [number, of] of Map.groupBy(found, ({ key }) => numberIn(key))) {
      const ids = new Set(of.map(({ item }) => toHex(item.messageId)));
      const said = await readSaid(records, number, ids);
      besideByNumber.set(number, { said, quote: undefined, nameOf: namesIn(resident, number) });
    }
    return found.flatMap(({ key, item }) => {
      const beside = besideByNumber.get(numberIn(key));
      return beside ? [{ key, item, view: itemToView(resident, key, item, this.#clock(), beside) }] : [];
    });
  }

  async #showAll(): Promise<void> {
    for (const search of this.#open) await this.#show(search);
  }

  async #show(search: Search): Promise<void> {
    const { query, size } = search;
    if (query === undefined) return;
    const rest = { query, isReading: this.isReading, onlySince: this.#index.leftOut()?.since };
    const none = { ...rest, people: [], messages: [], hasMore: false };
    const terms = query.text.length > QUERY_CHARS_MAX ? undefined : termsOf(query.text);
    if (terms === undefined || terms.length > QUERY_WORDS_MAX)
      return search.show({ ...none, state: "too-long" });
    const isDated = query.since !== undefined || query.until !== undefined;
    // What was typed says nothing, such as "?": that is no wish for everything of a day.
    if (terms.length === 0 && (!isDated || query.text.trim() !== ""))
      return search.show({ ...none, state: "empty" });
    const messages = await this.#messages(query, terms, size + 1);
    search.show({
      ...rest,
      state: "found",
      people: terms.length === 0 || query.in !== undefined ? [] : this.#people(terms),
      messages: messages.slice(0, size),
      hasMore: messages.length > size,
    });
  }

  #people(terms: readonly Term[]): SearchView["people"] {
    return [...this.#core.resident.values(conversations).values()]
      .filter((one) => hasAll(foldText(shownName(one)), terms))
      .toSorted((a, b) => b.changedAt - a.changedAt)
      .slice(0, FOUND_PAGE)
      .map((one) => ({ id: toHex(one.id), pieces: piecesOf(shownName(one), terms) }));
  }

  /** What waits is newer than everything else. */
  async #messages(query: Query, terms: readonly Term[], limit: number): Promise<readonly FoundMessage[]> {
    const { resident } = this.#core;
    const numbers = [...resident.values(conversations)].flatMap(([number, { id }]) =>
      query.in === undefined || query.in === toHex(id) ? [number] : [],
    );
    const wanted = new Set(numbers);
    const named = this.#named(numbers, terms);
    const now = believedNow(this.#core, this.#clock());
    const waiting = await this.#waiting(numbers, query, terms, named);
    const isAsked = (message: Indexed): boolean =>
      (query.in === undefined || wanted.has(numberIn(message.key))) &&
      (message.burnAt === undefined || message.burnAt > now) &&
      isWithin(query, Math.min(message.sentAt, now));
    const isNamed = (message: Indexed, term: Term): boolean =>
      named.get(term)?.has(numberIn(message.key)) === true;
    const isName = (term: Term): boolean => (named.get(term)?.size ?? 0) > 0;
    const left = limit - waiting.length;
    const found = left > 0 ? this.#index.find({ terms, isName, isNamed, isAsked }, left) : [];
    const read = await this.#read(found.map(({ key }) => key));
    const stored = read.flatMap(({ key, view }) => this.#toFound(numberIn(key), view, terms) ?? []);
    return [...waiting, ...stored].slice(0, limit);
  }

  /** Which conversations have a word of the query in their name. */
  #named(
    numbers: readonly ConversationNumber[],
    terms: readonly Term[],
  ): ReadonlyMap<Term, ReadonlySet<ConversationNumber>> {
    const { resident } = this.#core;
    const names = numbers.flatMap((number) => {
      const conversation = resident.get(conversations, number);
      return conversation === undefined ? [] : [{ number, folded: foldText(shownName(conversation)) }];
    });
    return new Map(
      terms.map((term) => [
        term,
        new Set(names.filter(({ folded }) => isIn(folded, term)).map(({ number }) => number)),
      ]),
    );
  }

  /** Own messages that no relay has yet, newest first. */
  async #waiting(
    numbers: readonly ConversationNumber[],
    query: Query,
    terms: readonly Term[],
    named: ReadonlyMap<Term, ReadonlySet<ConversationNumber>>,
  ): Promise<readonly FoundMessage[]> {
    const { resident, records } = this.#core;
    if (resident.values(outboxEntries).size + resident.values(uploads).size === 0) return [];
    const now = believedNow(this.#core, this.#clock());
    const found: FoundMessage[] = [];
    for (const number of numbers) {
      const entries = visibleWaiting(resident, number);
      const ids = new Set(entries.map(([, { messageId }]) => toHex(messageId)));
      const said = await readSaid(records, number, ids);
      const beside = { said, quote: undefined, nameOf: namesIn(resident, number) };
      const queued = entries.map((entry) => waitingToView(entry, undefined, now, beside));
      for (const view of [...queued, ...uploadsToView(this.#core, number, now)]) {
        const folded = foldText(textOf(view) ?? "");
        const isSaid = terms.length === 0 || terms.some((term) => isIn(folded, term));
        const isAll = terms.every((term) => isIn(folded, term) || named.get(term)?.has(number));
        const one = isSaid && isAll && isWithin(query, view.time) && this.#toFound(number, view, terms);
        if (one) found.push(one);
      }
    }
    return found.toSorted((a, b) => b.time - a.time);
  }

  #toFound(number: ConversationNumber, view: MessageView, terms: readonly Term[]): FoundMessage | undefined {
    const conversation = this.#core.resident.get(conversations, number);
    const text = textOf(view);
    if (conversation === undefined || text === undefined) return undefined;
    const { key, mine, author, time, burn } = view;
    return {
      in: toHex(conversation.id),
      name: shownName(conversation),
      key,
      mine,
      author,
      time,
      burn,
      pieces: piecesOf(text, terms),
    };
  }
}

/** What can be found of a message: its words as they are shown now. */
const textOf = ({ content }: MessageView): string | undefined =>
  content.kind === "text" && content.text !== "" ? content.text : undefined;

const numberIn = (key: string): ConversationNumber => conversationIn(key.slice(items.prefix.length));
const placeIn = (key: string): number => keyTime(key.slice(items.prefix.length + 9));

const isWithin = ({ since, until }: Query, time: number): boolean =>
  (since === undefined || time >= since) && (until === undefined || time < until);

const hasAll = (folded: string, terms: readonly Term[]): boolean => terms.every((term) => isIn(folded, term));

/** Of all conversations, the newest last. */
const byPlace = (keys: readonly string[]): string[] =>
  keys
    .map((key) => ({ key, place: placeIn(key) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ key }) => key);
