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

/** What the feeds of a connection share. */
export type Reader = {
  readonly output: Output;
  /** Frames were sent outside a batch. */
  readonly flush: () => void;
  readonly onLagging: () => void;
};

/** The log that is read, by one who may. */
export interface ReadableLog {
  pageAfter(seq: number): Promise<Page>;
}

type Phase = "idle" | "reading" | "live" | "closed";
type Held = { readonly entry: FedEntry; readonly isOwn: boolean };

const NOTHING: readonly Held[] = [];

// A class, because a relay holds ten of these for each connection, and closures would be most of its memory.
export class Feed {
  readonly #handle: number;
  readonly #log: ReadableLog;
  readonly #reader: Reader;
  #phase: Phase = "idle";
  #position = 0;
  #held = NOTHING;
  #reads = 0;

  constructor(handle: number, log: ReadableLog, reader: Reader) {
    this.#handle = handle;
    this.#log = log;
    this.#reader = reader;
  }

  /** Answers a READ; after the last page, what `offer` is given is pushed. */
  async read(number: number, after: number): Promise<void> {
    if (!this.#is("closed")) this.#phase = "reading";
    this.#held = NOTHING;
    const read = ++this.#reads;
    const page = await this.#log.pageAfter(after);
    const isNewest = read === this.#reads && this.#is("reading");
    const isLast = page.isLast && isNewest && this.#held.length < HELD_ENTRIES_MAX;
    this.#reader.output.send(pageFrame(number, page.entries, isLast));
    if (!isNewest) return;
    this.#phase = isLast ? "live" : "idle";
    this.#position = page.through;
    this.#releaseHeld();
  }

  /** A new entry of this log. Its author hears *accepted* instead of a push. */
  offer(entry: FedEntry, isOwn: boolean): void {
    if (this.#phase === "live") this.#pass(entry, isOwn);
    else if (this.#phase === "reading" && this.#held.length < HELD_ENTRIES_MAX)
      this.#held = [...this.#held, { entry, isOwn }];
  }

  /** Another process stored entries up to `seq`. */
  wake(seq: number): void {
    if (this.#phase === "live" && seq > this.#position) void this.#catchUp();
  }

  close(): void {
    this.#phase = "closed";
    this.#held = NOTHING;
  }

  /** A call, because what an `await` changed is not seen by TypeScript's narrowing. */
  #is(phase: Phase): boolean {
    return this.#phase === phase;
  }

  #push(wire: Uint8Array): void {
    const { output, onLagging } = this.#reader;
    if (output.unsentBytes() <= PUSH_BYTES_MAX) return output.send(pushHeadBytes(this.#handle), wire);
    this.#phase = "idle";
    output.send(encodeReply(0, { kind: "lagging", handle: this.#handle }));
    onLagging();
  }

  #pass(entry: FedEntry, isOwn: boolean): void {
    if (this.#phase !== "live" || entry.seq <= this.#position) return;
    if (entry.seq !== this.#position + 1) return void this.#catchUp(); // another process stored what is between
    this.#position = entry.seq;
    if (!isOwn) this.#push(entry.wire);
  }

  #releaseHeld(): void {
    const released = this.#held;
    this.#held = NOTHING;
    for (const { entry, isOwn } of released) this.#pass(entry, isOwn);
  }

  /** Reads what other processes stored, and pushes it. */
  async #catchUp(): Promise<void> {
    this.#phase = "reading";
    this.#held = NOTHING;
    const read = ++this.#reads;
    for (let isLast = false; !isLast;) {
      const page = await this.#log.pageAfter(this.#position);
      if (read !== this.#reads || !this.#is("reading")) return;
      this.#phase = "live";
      this.#position = page.through;
      for (const wire of page.entries) if (this.#is("live")) this.#push(wire);
      isLast = !this.#is("live") || (page.isLast && this.#held.length < HELD_ENTRIES_MAX);
      if (isLast) continue;
      this.#phase = "reading";
      this.#held = NOTHING;
    }
    this.#releaseHeld();
    this.#reader.flush();
  }
}
