/** How often something may happen: `burst` at once, and one more each `everyMs`. In memory: a restart fills it. */
import type { Clock } from "@sotto/protocol";

export type Rate = { readonly burst: number; readonly everyMs: number };

export class TokenBucket {
  readonly #clock: Clock;
  readonly #rate: Rate;
  #left: number;
  #at: number;

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
    this.#left = rate.burst;
    this.#at = clock();
  }

  /** Takes one and answers 0, or says in how many milliseconds there will be one. */
  take(): number {
    const { burst, everyMs } = this.#rate;
    const now = this.#clock();
    // A clock that was set back counts as no time passed.
    this.#left = Math.min(burst, this.#left + Math.max(0, now - this.#at) / everyMs);
    this.#at = now;
    if (this.#left < 1) return Math.ceil((1 - this.#left) * everyMs);
    this.#left -= 1;
    return 0;
  }
}
