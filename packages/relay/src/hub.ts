/**
 * Who, in this process, has a channel or an inbox open. Hands each new entry to them in the order of the log, and
 * tells writers how far everybody has read.
 */
import type { Clock } from "@sotto/protocol";
import { DELIVERED_MS } from "./limits.ts";
import type { FedEntry, Feed } from "./feed.ts";
import type { Timers } from "./ports.ts";

export type Listener = {
  /** A cid or an inboxId, hexadecimal. */
  readonly place: string;
  /** Missing for an inbox. */
  readonly epoch: number | undefined;
  /** Whose connection this is: an entry's author gets no push of it. */
  readonly owner: object;
  readonly feed: Feed;
  delivered(through: number): void;
};

export type Hub = ReturnType<typeof createHub>;

export function createHub(
  { timers, clock }: { readonly timers: Timers; readonly clock: Clock },
  flush: () => void,
) {
  const listenersByPlace = new Map<string, Set<Listener>>();
  /** The newest lowest cursor of each epoch that moved since the last round. */
  let moved = new Map<string, Map<number, number>>();

  let toldAt = 0;
  let isTimed = false;

  /** Time that went back says nothing about how long ago the last round was. */
  const isDue = (): boolean => Math.abs(clock() - toldAt) >= DELIVERED_MS;

  function tellDelivered(): void {
    const round = moved;
    moved = new Map();
    toldAt = clock();
    for (const [place, throughByEpoch] of round)
      for (const one of listenersByPlace.get(place) ?? []) {
        const through = one.epoch === undefined ? undefined : throughByEpoch.get(one.epoch);
        if (through !== undefined) one.delivered(through);
      }
  }

  function tellLater(): void {
    if (isTimed) return;
    isTimed = true;
    timers.after(DELIVERED_MS, () => {
      isTimed = false;
      if (moved.size === 0) return;
      if (!isDue()) return tellLater();
      tellDelivered();
      flush();
    });
  }

  return {
    size(): number {
      let size = 0;
      for (const listeners of listenersByPlace.values()) size += listeners.size;
      return size;
    },
    add(listener: Listener): void {
      const listeners = listenersByPlace.get(listener.place);
      if (listeners) listeners.add(listener);
      else listenersByPlace.set(listener.place, new Set([listener]));
    },
    remove(listener: Listener): void {
      const listeners = listenersByPlace.get(listener.place);
      listeners?.delete(listener);
      if (listeners?.size === 0) listenersByPlace.delete(listener.place);
    },
    deliver(place: string, epoch: number | undefined, entry: FedEntry, author: object): void {
      const listeners = listenersByPlace.get(place);
      if (!listeners) return;
      for (const one of listeners) if (one.epoch === epoch) one.feed.offer(entry, one.owner === author);
    },
    wake(place: string, seq: number): void {
      for (const one of listenersByPlace.get(place) ?? []) one.feed.wake(seq);
    },
    /** Before what a batch sent is flushed: what is told along with it costs no write of its own. */
    batchEnds(): void {
      if (moved.size > 0 && isDue()) tellDelivered();
    },
    deliveredMoved(place: string, epoch: number, through: number): void {
      tellLater();
      const throughByEpoch = moved.get(place);
      if (throughByEpoch) throughByEpoch.set(epoch, through);
      else moved.set(place, new Map([[epoch, through]]));
    },
  };
}
