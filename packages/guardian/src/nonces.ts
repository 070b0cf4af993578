/** Nonces of HELLO: each good once, for one record, for a minute (GD2). In memory: a restart forgets them. */
import { equalBytes, toHex, type Clock, type RandomBytes } from "@sotto/protocol";
import { NONCE_KEPT_MS, NONCES_MAX } from "./limits.ts";

type Given = { readonly rid: Uint8Array; readonly at: number };

export class Nonces {
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  /** Oldest first. */
  readonly #given = new Map<string, Given>();

  constructor(clock: Clock, random: RandomBytes) {
    this.#clock = clock;
    this.#random = random;
  }

  give(rid: Uint8Array): Uint8Array {
    const [oldest] = this.#given.keys();
    if (oldest !== undefined && this.#given.size >= NONCES_MAX) this.#given.delete(oldest);
    const nonce = this.#random(32);
    this.#given.set(toHex(nonce), { rid: new Uint8Array(rid), at: this.#clock() });
    return nonce;
  }

  take(rid: Uint8Array, nonce: Uint8Array): boolean {
    const given = this.#given.get(toHex(nonce));
    this.#given.delete(toHex(nonce));
    if (given === undefined || !equalBytes(given.rid, rid)) return false;
    return Math.abs(this.#clock() - given.at) < NONCE_KEPT_MS;
  }
}
