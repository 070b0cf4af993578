/**
 * Where blobs lie. Every adapter passes blob-store-contract.ts. What may happen to a blob is decided in blob.ts; the
 * store keeps rows and bytes, and knows a blob by the hash of its id alone. Spec: spec/blob.md.
 */
import { BLOB_COUNTED_BYTES_MIN } from "./limits.ts";

export type KeptBlob = {
  /** SHA-256 of the token it was begun with, hexadecimal: no other token has anything to do with it. */
  readonly grant: string;
  /** How many it will have. */
  readonly bytes: number;
  /** How many of them, from the first, survive a power cut. */
  readonly received: number;
  /** From this time on it is to be erased: the end of its grant while it is not whole, then the end of its rung. */
  readonly until: number;
  /** The end of its grant, until which it must not begin anew once it is gone. */
  readonly writableUntil: number;
  /** Its bytes are erased, and only this is left. */
  readonly isGone: boolean;
};

/** `gone`: there is none, or no longer. `storageFull`: the disk is full or failing, and what was there before stays. */
export type BlobStored = "done" | "gone" | "storageFull";

/** `name`: SHA-256 of the blob's id, 64 hexadecimal digits. Nothing here rejects but for a bug. */
export interface BlobStore {
  find(name: string): Promise<KeptBlob | undefined>;
  /** Keeps a row, and room without bytes yet. `gone` where there is a row. */
  begin(name: string, blob: KeptBlob): Promise<BlobStored>;
  /** Puts `piece` at byte `at`. It survives a power cut only after `keep`. */
  write(name: string, at: number, piece: Uint8Array): Promise<BlobStored>;
  /** Once fulfilled, the row and all bytes below its `received` survive a power cut. */
  keep(name: string, blob: KeptBlob): Promise<BlobStored>;
  /** Exactly `length` bytes from `at`; undefined where they are not there. */
  read(name: string, at: number, length: number): Promise<Uint8Array | undefined>;
  /** Erases the bytes, of which soon after no file has any, and leaves `left` as the row, or none. */
  erase(name: string, left: KeptBlob | undefined): Promise<BlobStored>;
  /** Some of those whose `until` is not after `now`. */
  due(now: number): Promise<readonly (readonly [name: string, blob: KeptBlob])[]>;
  /** What all that are not gone count for, from the call of `begin` on. */
  countedBytes(): number;
  /** The store is not used after. */
  close(): Promise<void>;
}

/** What a blob counts for, in bytes: a row and a file are never quite free. */
export const countedBytes = (bytes: number): number => Math.max(bytes, BLOB_COUNTED_BYTES_MIN);
