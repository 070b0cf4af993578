/** What a member's client needs of the world. Adapters live in @sotto/client-adapters, simulated ones in the testkit. */
import type { Clock, RandomBytes, Result } from "@sotto/protocol";

/** Names a line's privacy domain: lines of different circuits must not be linkable to each other by the relay. */
export type Circuit = string;

/** One attempt at a connection: it opens or not, receives, and ends exactly once, after which it is silent. */
export interface Line {
  /** One binary frame. After the end it does nothing. */
  send(frame: Uint8Array): void;
  end(): void;
}
export interface LineEvents {
  opened(): void;
  received(frame: Uint8Array): void;
  /** Also when it never opened. */
  ended(): void;
}
/** `url` is a relay's address, http or https, as in an Endpoint. Never throws: failure is `ended`. */
export type Dial = (relay: { readonly url: string }, circuit: Circuit, events: LineEvents) => Line;

/** Calls back once, not before `atMs`. A later call replaces an earlier one. Returns nothing to cancel: set it anew. */
export interface Alarm {
  set(atMs: number, ring: () => void): void;
  clear(): void;
}

export type RecordWrite = { readonly key: string; readonly value: Uint8Array | null };
export type CommitFailure = { readonly kind: "full" } | { readonly kind: "failing"; readonly cause: unknown };

/** `from` itself is in, `to` is not. With `reverse` the last come first, and `limit` keeps the last. */
export type KeyRange = {
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly reverse?: boolean;
};

/** The opened region of the device container: see @sotto/crypto, spec/container.md. */
export interface Records {
  get(key: string): Promise<Uint8Array | undefined>;
  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Keys that start with `prefix`, in order, from memory. */
  list(prefix: string, range?: KeyRange): readonly string[];
  /** All or nothing, and durable once it resolves. */
  commit(writes: readonly RecordWrite[]): Promise<Result<void, CommitFailure>>;
  /** Gives up one part of the container in which names of deleted records stand; `remaining` have such names still. */
  scrub(): Promise<Result<{ readonly remaining: number }, CommitFailure>>;
  usage(): { readonly liveBytes: number; readonly capacityBytes: number };
}

/** Where a blob lies: a relay's address, as in an Endpoint, and the blob's id. */
export type BlobPlace = { readonly url: string; readonly blobId: Uint8Array };
/** `there`: the relay has that many bytes. `away`: it cannot be reached, or does not answer as a relay does. */
export type BlobPut =
  | { readonly kind: "there"; readonly received: number }
  | { readonly kind: "unknown" | "busy" | "full" | "away" };
export type BlobGot =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "gone" | "busy" | "away" };

/** Blobs by HTTP, as spec/blob.md has it. Never rejects. */
export interface BlobTransport {
  put(place: BlobPlace, token: Uint8Array, offset: number, part: Uint8Array): Promise<BlobPut>;
  received(place: BlobPlace, token: Uint8Array): Promise<BlobPut>;
  /** Exactly the bytes `from` to before `to`. */
  get(place: BlobPlace, from: number, to: number): Promise<BlobGot>;
  /** `unknown`: there is none, or no longer. */
  erase(place: BlobPlace, token: Uint8Array): Promise<"done" | "unknown" | "away">;
}

/** A file that somebody chose, read where it lies. Never rejects. */
export interface FileSource {
  readonly bytes: number;
  /** What `openSource` finds it by after a restart. */
  readonly origin?: string;
  /** Exactly these bytes; undefined where they cannot be read any more. */
  read(from: number, length: number): Promise<Uint8Array | undefined>;
}

export interface Ports {
  readonly records: Records;
  readonly dial: Dial;
  readonly alarm: Alarm;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}
