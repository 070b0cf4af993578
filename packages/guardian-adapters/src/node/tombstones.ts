/** The names that were wiped, as SHA-256, in a file that only grows: no backup that is put back brings one to life. */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { toHex } from "@sotto/protocol";
import { sha256 } from "@sotto/verify";

const HASH_BYTES = 32;

export class Tombstones {
  readonly #fd: number;
  readonly #hashes = new Set<string>();

  constructor(path: string) {
    this.#fd = openSync(path, "a+", 0o600);
    const bytes = readFileSync(path);
    // A last entry that was cut short was never answered: whoever wiped asks again.
    for (let at = 0; at + HASH_BYTES <= bytes.length; at += HASH_BYTES)
      this.#hashes.add(toHex(bytes.subarray(at, at + HASH_BYTES)));
    const torn = bytes.length % HASH_BYTES;
    if (torn > 0) writeSync(this.#fd, Buffer.alloc(HASH_BYTES - torn));
  }

  has(rid: Uint8Array): boolean {
    return this.#hashes.has(toHex(sha256(rid)));
  }

  /** On disk when this returns. */
  add(rid: Uint8Array): void {
    const hash = sha256(rid);
    if (this.#hashes.has(toHex(hash))) return;
    writeSync(this.#fd, hash);
    fdatasyncSync(this.#fd);
    this.#hashes.add(toHex(hash));
  }

  close(): void {
    closeSync(this.#fd);
  }
}
