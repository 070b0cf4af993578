/**
 * One event at a time, for a whole member: two awaits interleaved on one ratchet would fork it. What a person asks
 * goes before what the network brings.
 */
export class EventQueue<E> {
  readonly #handle: (event: E) => Promise<void>;
  readonly #first: E[] = [];
  readonly #rest: E[] = [];
  #isRunning = false;
  #failure: { readonly cause: unknown } | undefined;
  #waiting: PromiseWithResolvers<void>[] = [];

  constructor(handle: (event: E) => Promise<void>) {
    this.#handle = handle;
  }

  get length(): number {
    return this.#first.length + this.#rest.length;
  }

  /** Whether a bug has ended the member. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  add(event: E, isUrgent = false): void {
    (isUrgent ? this.#first : this.#rest).push(event);
    if (!this.#isRunning) void this.#run();
  }

  /** Resolves when nothing is queued and nothing is being handled; rejects once a bug has ended the member. */
  idle(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(asError(this.#failure.cause));
    if (!this.#isRunning) return Promise.resolve();
    const waiting = Promise.withResolvers<void>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      for (let event = this.#next(); event !== undefined; event = this.#next()) await this.#handle(event);
    } catch (cause) {
      this.#failure ??= { cause };
    }
    this.#isRunning = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) {
      if (this.#failure === undefined) one.resolve();
      else one.reject(asError(this.#failure.cause));
    }
  }

  #next(): E | undefined {
    return this.#failure === undefined ? (this.#first.shift() ?? this.#rest.shift()) : undefined;
  }
}

const asError = (cause: unknown): Error =>
  cause instanceof Error ? cause : new Error("a bug ended this member", { cause });
