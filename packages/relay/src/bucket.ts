/** A leaky bucket: so much at once, so much for long. Takes the time from its caller. */
export class Bucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #level: number;
  #at: number | undefined;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#level = burst;
  }

  /** Takes `amount` if it is there; else nothing, and says for how many milliseconds to wait for it. */
  takeIfThere(amount: number, now: number): number {
    const waitMs = this.take(amount, now);
    if (waitMs > 0) this.#level += amount;
    return waitMs;
  }

  /** Whether nothing would be forgotten with this bucket. */
  isFull(now: number): boolean {
    this.take(0, now);
    return this.#level >= this.#burst;
  }

  /** Takes `amount` in any case, and says for how many milliseconds to take nothing more. */
  take(amount: number, now: number): number {
    const passedMs = Math.max(0, now - (this.#at ?? now));
    this.#at = now;
    this.#level = Math.min(this.#burst, this.#level + (passedMs * this.#perSecond) / 1_000) - amount;
    return this.#level >= 0 ? 0 : Math.ceil((-this.#level * 1_000) / this.#perSecond);
  }
}
