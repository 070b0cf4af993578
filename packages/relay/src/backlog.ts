/** What all connections of a relay have unsent, bounded: of those that take too little, the fullest is closed (CH67). */
import { RELAY_UNSENT_BYTES_MAX, UNSENT_BYTES_MAX } from "./limits.ts";

/** Below this a connection is not counted: 50,000 that are quick may have a few kilobytes each. */
const SLOW_BYTES_MIN = 65_536;

export interface Sender {
  unsentBytes(): number;
  /** Closes it, and gives back what it holds. */
  endOverfull(): void;
}

export class Backlog {
  readonly #slow = new Set<Sender>();

  /** After `sender` was given more. */
  note(sender: Sender, unsentBytes: number): void {
    if (unsentBytes > UNSENT_BYTES_MAX) return sender.endOverfull();
    if (unsentBytes < SLOW_BYTES_MIN) return;
    this.#slow.add(sender);
    if (this.#slow.size * UNSENT_BYTES_MAX > RELAY_UNSENT_BYTES_MAX) this.#endFullest();
  }

  /** `sender` is closed. */
  forget(sender: Sender): void {
    this.#slow.delete(sender);
  }

  #endFullest(): void {
    let total = 0;
    let most = 0;
    let fullest: Sender | undefined;
    for (const one of this.#slow) {
      const unsentBytes = one.unsentBytes();
      if (unsentBytes < SLOW_BYTES_MIN) this.#slow.delete(one);
      else total += unsentBytes;
      if (unsentBytes > most) [most, fullest] = [unsentBytes, one];
    }
    if (total > RELAY_UNSENT_BYTES_MAX) fullest?.endOverfull();
  }
}
