/** What one connection has open: numbers that name channels and inboxes, and what was proven for each. */
import { encodeReply, PAGE_BYTES_MAX, PAGE_ENTRIES_MAX } from "@sotto/protocol";
import { epochOf } from "./channel.ts";
import { Feed, type Output, type ReadableLog, type Reader } from "./feed.ts";
import type { Listener } from "./hub.ts";
import { HANDLES_MAX } from "./limits.ts";
import type { Service } from "./relay.ts";
import type { ChannelStore, Page } from "./store.ts";

const PAGE_LIMITS = { entries: PAGE_ENTRIES_MAX, bytes: PAGE_BYTES_MAX };

/** Of whom a handle is. */
type Holder = {
  readonly store: ChannelStore;
  readonly reader: Reader;
};

/** What an OPEN proved: `reader` is the proven reader key's place in the epoch's list. */
type Rights = { readonly mayWrite: boolean; readonly reader: number | undefined };

export class ChannelHandle implements Listener, ReadableLog {
  readonly kind = "channel";
  readonly number: number;
  readonly place: string;
  readonly epoch: number;
  readonly mayWrite: boolean;
  readonly reader: number | undefined;
  readonly feed: Feed;
  readonly #holder: Holder;
  #told = 0;

  constructor(holder: Holder, number: number, cid: string, epoch: number, { mayWrite, reader }: Rights) {
    this.number = number;
    this.place = cid;
    this.epoch = epoch;
    this.mayWrite = mayWrite;
    this.reader = reader;
    this.feed = new Feed(number, this, holder.reader);
    this.#holder = holder;
  }

  get owner(): object {
    return this.#holder.reader.output;
  }

  async pageAfter(seq: number): Promise<Page> {
    const { store } = this.#holder;
    const channel = await store.channel(this.place);
    const state = channel && epochOf(channel, this.epoch);
    if (!state) return { entries: [], through: seq, isLast: true };
    return store.page(this.place, Math.max(seq, state.after), state.through, PAGE_LIMITS);
  }

  delivered(through: number): void {
    if (through <= this.#told) return;
    this.#told = through;
    const { output } = this.#holder.reader;
    output.send(encodeReply(0, { kind: "delivered", handle: this.number, through }));
  }
}

export class InboxHandle implements Listener, ReadableLog {
  readonly kind = "inbox";
  readonly number: number;
  readonly place: string;
  readonly epoch = undefined;
  readonly reader: number;
  readonly feed: Feed;
  readonly #holder: Holder;

  constructor(holder: Holder, number: number, inboxId: string, reader: number) {
    this.number = number;
    this.place = inboxId;
    this.reader = reader;
    this.feed = new Feed(number, this, holder.reader);
    this.#holder = holder;
  }

  get owner(): object {
    return this.#holder.reader.output;
  }

  pageAfter(seq: number): Promise<Page> {
    return this.#holder.store.posts(this.place, seq, PAGE_LIMITS);
  }

  delivered(): void {}
}

export type Handle = ChannelHandle | InboxHandle;

export class Handles {
  readonly #hub: Service["hub"];
  readonly #holder: Holder;
  readonly #handles = new Map<number, Handle>();
  #lastNumber = 0;
  #isClosed = false;

  constructor(service: Service, connection: Output) {
    const onLagging = (): void => service.observe({ kind: "lagging" });
    this.#hub = service.hub;
    this.#holder = {
      store: service.store,
      reader: { output: connection, flush: service.flush, onLagging },
    };
  }

  get(number: number): Handle | undefined {
    return this.#handles.get(number);
  }

  channel(number: number): ChannelHandle | undefined {
    const handle = this.#handles.get(number);
    return handle?.kind === "channel" ? handle : undefined;
  }

  inbox(number: number): InboxHandle | undefined {
    const handle = this.#handles.get(number);
    return handle?.kind === "inbox" ? handle : undefined;
  }

  addChannel(cid: string, epoch: number, rights: Rights): number | undefined {
    return this.#add((number) => new ChannelHandle(this.#holder, number, cid, epoch, rights));
  }

  addInbox(inboxId: string, reader: number): number | undefined {
    return this.#add((number) => new InboxHandle(this.#holder, number, inboxId, reader));
  }

  /** Undefined when there are too many, and on a connection that closed while the proof was checked. */
  #add(handleFor: (number: number) => Handle): number | undefined {
    if (this.#isClosed || this.#handles.size >= HANDLES_MAX) return undefined;
    const handle = handleFor(++this.#lastNumber);
    this.#handles.set(handle.number, handle);
    this.#hub.add(handle);
    return handle.number;
  }

  /** Whether there was one. */
  remove(number: number): boolean {
    const handle = this.#handles.get(number);
    if (handle) this.#release(handle);
    return this.#handles.delete(number);
  }

  #release(handle: Handle): void {
    handle.feed.close();
    this.#hub.remove(handle);
  }

  close(): void {
    this.#isClosed = true;
    for (const handle of this.#handles.values()) this.#release(handle);
    this.#handles.clear();
  }
}
