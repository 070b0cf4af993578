/**
 * The newest keys each channel has known (CH28), in rows of many: a COMMIT looks through them all and writes one. A row
 * for each key would have a COMMIT of hundreds write to as many places of the file.
 */
import { equalBytes } from "@sotto/protocol";
import { USED_KEYS_MAX } from "@sotto/relay";
import { prefixOf } from "./prefix.ts";
import type { Statements } from "./statements.ts";

const KEY_BYTES = 32;
/** A row that has as many is full. */
const ROW_KEYS = 512;

export class UsedKeys {
  readonly #sql: Statements;
  readonly #max: number;

  constructor(sql: Statements, max = USED_KEYS_MAX) {
    this.#sql = sql;
    this.#max = max;
  }

  /** Whether the channel remembers one of `keys`. */
  hasAny(channel: number, keys: readonly Uint8Array[]): boolean {
    const prefixes = new Set(keys.map((key) => prefixOf(key)));
    const oldest = (this.#sql.countUsedKeys.one(channel)?.through ?? 0) - this.#max;
    for (const { through, keys: known } of this.#sql.usedKeys.each(channel)) {
      const forgotten = Math.max(0, known.length / KEY_BYTES - (through - oldest));
      for (let at = forgotten * KEY_BYTES; at < known.length; at += KEY_BYTES) {
        if (!prefixes.has(prefixOf(known, at))) continue;
        const key = known.subarray(at, at + KEY_BYTES);
        if (keys.some((one) => equalBytes(one, key))) return true;
      }
    }
    return false;
  }

  /** Adds keys that the channel does not remember; the oldest make room. */
  add(channel: number, keys: readonly Uint8Array[]): void {
    const last = this.#sql.lastUsedKeys.one(channel);
    const through = (last?.through ?? 0) + keys.length;
    if (last && last.keys.length < ROW_KEYS * KEY_BYTES)
      this.#sql.growUsedKeys(through, Buffer.concat([last.keys, ...keys]), last.place);
    else this.#sql.addUsedKeys(channel, through, Buffer.concat(keys));
    this.#sql.dropUsedKeys(channel, through - this.#max);
  }
}
