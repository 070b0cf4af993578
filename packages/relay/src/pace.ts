/** How fast a connection is read: whoever sends too fast for long is read more slowly, and loses nothing (CH62). */
import type { Clock } from "@sotto/protocol";
import { Bucket } from "./bucket.ts";
import {
  BYTES_BURST_MAX,
  BYTES_PER_SECOND_MAX,
  REQUESTS_BURST_MAX,
  REQUESTS_PER_SECOND_MAX,
} from "./limits.ts";
import type { Timers } from "./ports.ts";

/** Stops and resumes receiving. */
export interface Pausable {
  pause(): void;
  resume(): void;
}

export class Pace {
  readonly #bytes = new Bucket(BYTES_PER_SECOND_MAX, BYTES_BURST_MAX);
  readonly #requests = new Bucket(REQUESTS_PER_SECOND_MAX, REQUESTS_BURST_MAX);
  readonly #ports: { readonly clock: Clock; readonly timers: Timers };
  readonly #link: Pausable;
  #isResting = false;
  #isClosed = false;

  constructor(ports: { readonly clock: Clock; readonly timers: Timers }, link: Pausable) {
    this.#ports = ports;
    this.#link = link;
  }

  /** Frames that were read already still arrive after a pause, and lengthen it. */
  received(bytes: number): void {
    const waitMs = this.#take(bytes, 1);
    if (waitMs > 0 && !this.#isResting) this.#rest(waitMs);
  }

  close(): void {
    this.#isClosed = true;
  }

  #take(bytes: number, requests: number): number {
    const now = this.#ports.clock();
    return Math.max(this.#bytes.take(bytes, now), this.#requests.take(requests, now));
  }

  #rest(ms: number): void {
    this.#isResting = true;
    this.#link.pause();
    this.#ports.timers.after(ms, () => {
      if (this.#isClosed) return;
      const waitMs = this.#take(0, 0);
      if (waitMs > 0) return this.#rest(waitMs);
      this.#isResting = false;
      this.#link.resume();
    });
  }
}
