/**
 * The keys of a guardian's records, in a file of their own that backups leave out: a record whose key is overwritten
 * here is gone from every copy of the database. Two places for each record, so that a write that is cut short leaves
 * the old key or the new one. Spec: spec/guardian.md, "Storage".
 */
import { randomBytes } from "node:crypto";
import { closeSync, constants, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

const KEY_BYTES = 32;

export class KeyFile {
  readonly #fd: number;

  /** Made when absent, readable by its owner only. */
  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  }

  read(place: number): Buffer {
    const key = Buffer.alloc(KEY_BYTES);
    readSync(this.#fd, key, 0, KEY_BYTES, place * KEY_BYTES);
    return key;
  }

  /** A new key, on disk once `sync` returned. */
  renew(place: number): Buffer {
    const key = randomBytes(KEY_BYTES);
    writeSync(this.#fd, key, 0, KEY_BYTES, place * KEY_BYTES);
    return key;
  }

  sync(): void {
    fdatasyncSync(this.#fd);
  }

  /** Whatever was there is overwritten, on disk, when this returns. */
  forget(places: readonly number[]): void {
    if (places.length === 0) return;
    for (const place of places) writeSync(this.#fd, randomBytes(KEY_BYTES), 0, KEY_BYTES, place * KEY_BYTES);
    this.sync();
  }

  get places(): number {
    return Math.floor(fstatSync(this.#fd).size / KEY_BYTES);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
