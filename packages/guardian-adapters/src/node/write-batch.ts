/** Writes that come in one turn of the event loop, made together: a disk takes as long for many as for one. */
import { toHex } from "@sotto/protocol";

type Waiting<Write, Outcome> = {
  readonly write: Write;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (bug: unknown) => void;
};

export class WriteBatch<Write, Outcome> {
  readonly #make: (writes: readonly Write[]) => Outcome;
  #waiting = new Map<string, Waiting<Write, Outcome>>();

  /** `make` gets writes of different names. */
  constructor(make: (writes: readonly Write[]) => Outcome) {
    this.#make = make;
  }

  /** Resolves with the outcome of all that were made together. */
  add(name: Uint8Array, write: Write): Promise<Outcome> {
    const key = toHex(name);
    if (this.#waiting.has(key)) this.flush();
    if (this.#waiting.size === 0) setImmediate(() => this.flush());
    return new Promise((resolve, reject) => void this.#waiting.set(key, { write, resolve, reject }));
  }

  flush(): void {
    const waiting = [...this.#waiting.values()];
    if (waiting.length === 0) return;
    this.#waiting = new Map();
    try {
      const outcome = this.#make(waiting.map(({ write }) => write));
      for (const { resolve } of waiting) resolve(outcome);
    } catch (bug) {
      for (const { reject } of waiting) reject(bug);
    }
  }
}
