/** What one connection has open: numbers that name channels and inboxes, and what was proven for each. */
import { encodeReply, PAGE_BYTES_MAX, PAGE_ENTRIES_MAX } from "@sotto/protocol";
import { epochOf } from "./channel.ts";
import { createFeed, type Output } from "./feed.ts";
import type { Listener } from "./hub.ts";
import { HANDLES_MAX } from "./limits.ts";
import type { Service } from "./relay.ts";
import type { Page } from "./store.ts";

export type ChannelHandle = Listener & {
  readonly kind: "channel";
  readonly epoch: number;
  readonly mayWrite: boolean;
  /** The proven reader key's place in the epoch's list. */
  readonly reader: number | undefined;
};
export type InboxHandle = Listener & { readonly kind: "inbox"; readonly reader: number };
export type Handle = ChannelHandle | InboxHandle;

const PAGE_LIMITS = { entries: PAGE_ENTRIES_MAX, bytes: PAGE_BYTES_MAX };

export type Handles = ReturnType<typeof createHandles>;

/** `owner` stands for the connection: an entry's author gets no push of it. */
export function createHandles(service: Service, output: Output, owner: object) {
  const { store, hub } = service;
  const handles = new Map<number, Handle>();
  let lastNumber = 0;
  let isClosed = false;

  /** Undefined when there are too many, and on a connection that closed while the proof was checked. */
  function add(handleFor: (number: number) => Handle): number | undefined {
    if (isClosed || handles.size >= HANDLES_MAX) return undefined;
    const number = ++lastNumber;
    const handle = handleFor(number);
    handles.set(number, handle);
    hub.add(handle);
    return number;
  }

  const feedFor = (handle: number, readPage: (after: number) => Promise<Page>) =>
    createFeed({
      handle,
      output,
      readPage,
      flush: service.flush,
      onLagging: () => service.observe({ kind: "lagging" }),
    });

  async function pageOfEpoch(cid: string, epoch: number, after: number): Promise<Page> {
    const channel = await store.channel(cid);
    const state = channel && epochOf(channel, epoch);
    if (!state) return { entries: [], through: after, isLast: true };
    return store.page(cid, Math.max(after, state.after), state.through, PAGE_LIMITS);
  }

  function release(handle: Handle): void {
    handle.feed.close();
    hub.remove(handle);
  }

  return {
    get: (number: number): Handle | undefined => handles.get(number),
    channel(number: number): ChannelHandle | undefined {
      const handle = handles.get(number);
      return handle?.kind === "channel" ? handle : undefined;
    },
    inbox(number: number): InboxHandle | undefined {
      const handle = handles.get(number);
      return handle?.kind === "inbox" ? handle : undefined;
    },
    addChannel: (
      cid: string,
      epoch: number,
      proven: { readonly mayWrite: boolean; readonly reader: number | undefined },
    ): number | undefined =>
      add((number) => {
        let told = 0;
        return {
          kind: "channel",
          place: cid,
          epoch,
          owner,
          feed: feedFor(number, (after) => pageOfEpoch(cid, epoch, after)),
          ...proven,
          delivered(through) {
            if (through <= told) return;
            told = through;
            output.send(encodeReply(0, { kind: "delivered", handle: number, through }));
          },
        };
      }),
    addInbox: (inboxId: string, reader: number): number | undefined =>
      add((number) => ({
        kind: "inbox",
        place: inboxId,
        epoch: undefined,
        owner,
        feed: feedFor(number, (after) => store.posts(inboxId, after, PAGE_LIMITS)),
        reader,
        delivered: () => undefined,
      })),
    /** Whether there was one. */
    remove(number: number): boolean {
      const handle = handles.get(number);
      if (handle) release(handle);
      return handles.delete(number);
    },
    close(): void {
      isClosed = true;
      for (const handle of handles.values()) release(handle);
      handles.clear();
    },
  };
}
