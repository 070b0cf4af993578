/**
 * One handle's reading of one log: pages when asked, then each new entry as it is stored. Never holds more than a
 * bounded number of entries: whoever is too slow is told so and reads again. Spec: spec/channel.md, CH33 to CH38.
 */
import { encodeReply } from "@sotto/protocol";
import { pageFrame, pushHeadBytes } from "./entry-bytes.ts";
import { HELD_ENTRIES_MAX, PUSH_BYTES_MAX } from "./limits.ts";
import type { Page } from "./store.ts";

/** Where frames of a connection go. */
export interface Output {
  send(head: Uint8Array, body?: Uint8Array): void;
  unsentBytes(): number;
}

export type FedEntry = { readonly seq: number; readonly wire: Uint8Array };

export type Feed = {
  /** Answers a READ; after the last page, what `offer` is given is pushed. */
  read(number: number, after: number): Promise<void>;
  /** A new entry of this log. Its author hears *accepted* instead of a push. */
  offer(entry: FedEntry, isOwn: boolean): void;
  /** Another process stored entries up to `seq`. */
  wake(seq: number): void;
  close(): void;
};

type Phase = "idle" | "reading" | "live" | "closed";

export function createFeed(ports: {
  readonly handle: number;
  readonly output: Output;
  readonly readPage: (after: number) => Promise<Page>;
  /** Frames were sent outside a batch. */
  readonly flush: () => void;
  readonly onLagging: () => void;
}): Feed {
  const { handle, output, readPage } = ports;
  const pushHead = pushHeadBytes(handle);
  let phase: Phase = "idle";
  let position = 0;
  let held: { entry: FedEntry; isOwn: boolean }[] = [];
  let reads = 0;

  const is = (one: Phase): boolean => phase === one;

  function push(wire: Uint8Array): void {
    if (output.unsentBytes() <= PUSH_BYTES_MAX) return output.send(pushHead, wire);
    phase = "idle";
    output.send(encodeReply(0, { kind: "lagging", handle }));
    ports.onLagging();
  }

  function pass(entry: FedEntry, isOwn: boolean): void {
    if (phase !== "live" || entry.seq <= position) return;
    if (entry.seq !== position + 1) return void catchUp(); // another process stored what is between
    position = entry.seq;
    if (!isOwn) push(entry.wire);
  }

  function releaseHeld(): void {
    const released = held;
    held = [];
    for (const { entry, isOwn } of released) pass(entry, isOwn);
  }

  /** Reads what other processes stored, and pushes it. */
  async function catchUp(): Promise<void> {
    phase = "reading";
    held = [];
    const read = ++reads;
    for (let isLast = false; !isLast;) {
      const page = await readPage(position);
      if (read !== reads || !is("reading")) return;
      phase = "live";
      position = page.through;
      for (const wire of page.entries) if (is("live")) push(wire);
      isLast = !is("live") || (page.isLast && held.length < HELD_ENTRIES_MAX);
      if (isLast) continue;
      phase = "reading";
      held = [];
    }
    releaseHeld();
    ports.flush();
  }

  return {
    async read(number, after) {
      if (!is("closed")) phase = "reading";
      held = [];
      const read = ++reads;
      const page = await readPage(after);
      const isNewest = read === reads && is("reading");
      const isLast = page.isLast && isNewest && held.length < HELD_ENTRIES_MAX;
      output.send(pageFrame(number, page.entries, isLast));
      if (!isNewest) return;
      phase = isLast ? "live" : "idle";
      position = page.through;
      releaseHeld();
    },
    offer(entry, isOwn) {
      if (phase === "live") pass(entry, isOwn);
      else if (phase === "reading" && held.length < HELD_ENTRIES_MAX) held.push({ entry, isOwn });
    },
    wake(seq) {
      if (phase === "live" && seq > position) void catchUp();
    },
    close() {
      phase = "closed";
      held = [];
    },
  };
}
