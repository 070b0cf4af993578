/**
 * Blobs without HTTP: who may put, read and erase one, and when it goes. A blob is up to 112 MiB of sealed bytes below an
 * id of 32 random bytes; whoever knows the id may read it, and whoever has the grant's token may put and erase it.
 * Adapters: blob-mount.ts for HTTP, and the stores behind blob-store.ts. Spec: spec/blob.md.
 */
import {
  BLOB_BYTES_MAX,
  RUNG_MS,
  toHex,
  type Clock,
  type Reply,
  type Rung,
  type Sha256,
} from "@sotto/protocol";
import { inPieces } from "./blob-pieces.ts";
import { countedBytes, type BlobStore, type BlobStored, type KeptBlob } from "./blob-store.ts";
import { bytesToGrant, grantToBytes, type BlobGrant } from "./blob-token.ts";
import { Bucket } from "./bucket.ts";
import {
  BLOB_BYTES_BURST_MAX,
  BLOB_BYTES_PER_SECOND_MAX,
  BLOB_GRANT_MS,
  BLOB_PIECE_BYTES,
  BLOB_SYNC_BYTES,
  BLOBS_BYTES_MAX,
} from "./limits.ts";
import { refused } from "./operation.ts";
import type { KeyRing, RelayEvent } from "./ports.ts";

export type BlobPorts = {
  readonly store: BlobStore;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly observe: (event: RelayEvent) => void;
  /** What all blobs may count for, in bytes. For tests. */
  readonly bytesMax?: number;
};

/** What came of a PUT. `received` bytes survive a power cut, and the next PUT begins there. */
export type BlobPut =
  | { readonly kind: "kept" | "elsewhere"; readonly received: number }
  /** `unknown`: no such grant, or its blob is gone. `cut`: the body broke off; what came of it is kept. */
  | { readonly kind: "unknown" | "tooLong" | "busy" | "quotaFull" | "storageFull" | "cut" };

export type Blobs = {
  /** `cid` is for the budget, which is in memory only. */
  grant(cid: string, asked: { blobId: Uint8Array; bytes: number; rung: Rung }): Reply;
  /** Appends `body`, of `length` bytes, at exactly the byte `offset`. A body that rejects has broken off. */
  put(
    blobId: Uint8Array,
    token: Uint8Array,
    at: { readonly offset: number; readonly length: number },
    body: AsyncIterable<Uint8Array>,
  ): Promise<BlobPut>;
  /** Where the next PUT begins, for whoever may put. */
  received(blobId: Uint8Array, token: Uint8Array): Promise<number | undefined>;
  /** The length of a blob that is there whole. */
  bytesOf(blobId: Uint8Array): Promise<number | undefined>;
  /** The bytes `from` to before `to`, in pieces; fewer where the blob goes meanwhile. */
  read(blobId: Uint8Array, from: number, to: number): AsyncIterable<Uint8Array>;
  /** Whether there was anything to erase, or has been. */
  erase(blobId: Uint8Array, token: Uint8Array): Promise<"done" | "unknown" | "storageFull">;
  /** Erases what is due; whether more is. */
  sweep(): Promise<boolean>;
  countedBytes(): number;
  /** Takes no more, and is fulfilled when nothing is under way. The store stays open. */
  stop(): Promise<void>;
};

export const createBlobs = (ports: BlobPorts): Blobs => new BlobService(ports);

/** A token, as far as it is good: what it grants, and the name and mark of its blob. */
type Right = { readonly grant: BlobGrant; readonly name: string; readonly mark: string };

class BlobService implements Blobs {
  readonly #ports: BlobPorts;
  /** By cid. One that is full again is forgotten. */
  readonly #budgets = new Map<string, Bucket>();
  /** Names of blobs that a PUT is appending to: two would write the same place. */
  readonly #beingPut = new Set<string>();
  readonly #underWay = new Set<Promise<unknown>>();
  #isStopping = false;

  constructor(ports: BlobPorts) {
    this.#ports = ports;
  }

  // --- granting

  grant(cid: string, { blobId, bytes, rung }: { blobId: Uint8Array; bytes: number; rung: Rung }): Reply {
    const { keyRing, clock, observe } = this.#ports;
    if (bytes < 1 || bytes > BLOB_BYTES_MAX) return refused("malformed");
    if (!this.#hasRoomFor(bytes)) return refused("quotaFull");
    const now = clock();
    const waitMs = this.#budgetOf(cid).takeIfThere(countedBytes(bytes), now);
    if (waitMs > 0) return refused("rateLimited", waitMs);
    observe({ kind: "blob", what: "granted", bytes });
    const until = now + BLOB_GRANT_MS;
    return { kind: "blobGranted", token: grantToBytes(keyRing, blobId, { bytes, rung, until }), until };
  }

  #budgetOf(cid: string): Bucket {
    const kept = this.#budgets.get(cid);
    if (kept) return kept;
    const made = new Bucket(BLOB_BYTES_PER_SECOND_MAX, BLOB_BYTES_BURST_MAX);
    this.#budgets.set(cid, made);
    return made;
  }

  #hasRoomFor(bytes: number): boolean {
    const { store, bytesMax = BLOBS_BYTES_MAX } = this.#ports;
    return store.countedBytes() + countedBytes(bytes) <= bytesMax;
  }

  #rightOf(blobId: Uint8Array, token: Uint8Array): Right | undefined {
    const grant = bytesToGrant(this.#ports.keyRing, blobId, token);
    return grant && { grant, name: this.#nameOf(blobId), mark: toHex(this.#ports.sha256(token)) };
  }

  #nameOf(blobId: Uint8Array): string {
    return toHex(this.#ports.sha256(blobId));
  }

  // --- putting

  async put(
    blobId: Uint8Array,
    token: Uint8Array,
    at: { readonly offset: number; readonly length: number },
    body: AsyncIterable<Uint8Array>,
  ): Promise<BlobPut> {
    const right = this.#rightOf(blobId, token);
    if (!right || this.#ports.clock() >= right.grant.until) return { kind: "unknown" };
    if (this.#isStopping || this.#beingPut.has(right.name)) return { kind: "busy" };
    this.#beingPut.add(right.name);
    try {
      return await this.#during(this.#append(right, at, body));
    } finally {
      this.#beingPut.delete(right.name);
    }
  }

  async #append(
    right: Right,
    { offset, length }: { readonly offset: number; readonly length: number },
    body: AsyncIterable<Uint8Array>,
  ): Promise<BlobPut> {
    const { bytes, until } = right.grant;
    const found = await this.#ports.store.find(right.name);
    if (found && (found.grant !== right.mark || !this.#isThere(found))) return { kind: "unknown" };
    const received = found?.received ?? 0;
    if (offset !== received) return { kind: "elsewhere", received };
    if (offset + length > bytes) return { kind: "tooLong" };
    if (length === 0) return { kind: "kept", received };
    if (!found) {
      const begun = await this.#begin(right.name, {
        grant: right.mark,
        bytes,
        received,
        until,
        writableUntil: until,
        isGone: false,
      });
      if (begun) return begun;
    }
    return this.#take(right, offset, offset + length, body);
  }

  /** Why not, if not. */
  async #begin(name: string, blob: KeptBlob): Promise<BlobPut | undefined> {
    if (!this.#hasRoomFor(blob.bytes)) return { kind: "quotaFull" };
    return this.#whyNot(await this.#ports.store.begin(name, blob));
  }

  async #take(right: Right, from: number, to: number, body: AsyncIterable<Uint8Array>): Promise<BlobPut> {
    const { store } = this.#ports;
    let [written, kept] = [from, from];
    let failed: BlobPut | undefined;
    for await (const piece of inPieces(body, BLOB_PIECE_BYTES)) {
      failed =
        written + piece.length > to
          ? { kind: "tooLong" }
          : this.#whyNot(await store.write(right.name, written, piece));
      if (failed) break;
      written += piece.length;
      if (written - kept < BLOB_SYNC_BYTES) continue;
      failed = await this.#keep(right, written);
      if (failed) return failed;
      kept = written;
    }
    const unkept = written > kept ? await this.#keep(right, written) : undefined;
    if (failed ?? unkept) return failed ?? unkept ?? { kind: "cut" };
    return written === to ? { kind: "kept", received: written } : { kind: "cut" };
  }

  /** Its time runs from when it is there whole, as an entry's does from its receipt. */
  async #keep({ grant, name, mark }: Right, received: number): Promise<BlobPut | undefined> {
    const { store, clock, observe } = this.#ports;
    const isWhole = received === grant.bytes;
    const until = isWhole ? clock() + RUNG_MS[grant.rung] : grant.until;
    const failed = this.#whyNot(
      await store.keep(name, {
        grant: mark,
        bytes: grant.bytes,
        received,
        until,
        writableUntil: grant.until,
        isGone: false,
      }),
    );
    if (!failed && isWhole) observe({ kind: "blob", what: "kept", bytes: received });
    return failed;
  }

  #whyNot(stored: BlobStored): BlobPut | undefined {
    if (stored === "done") return undefined;
    if (stored === "gone") return { kind: "unknown" };
    this.#ports.observe({ kind: "storageFull" });
    return { kind: "storageFull" };
  }

  async received(blobId: Uint8Array, token: Uint8Array): Promise<number | undefined> {
    const right = this.#rightOf(blobId, token);
    if (!right) return undefined;
    const found = await this.#ports.store.find(right.name);
    if (!found) return this.#ports.clock() < right.grant.until ? 0 : undefined;
    return found.grant === right.mark && this.#isThere(found) ? found.received : undefined;
  }

  // --- reading

  /** Its time is over when it is, whether or not a sweep has come by since. */
  #isThere({ isGone, until }: KeptBlob): boolean {
    return !isGone && this.#ports.clock() < until;
  }

  async #whole(name: string): Promise<KeptBlob | undefined> {
    const found = await this.#ports.store.find(name);
    return found && found.received === found.bytes && this.#isThere(found) ? found : undefined;
  }

  async bytesOf(blobId: Uint8Array): Promise<number | undefined> {
    return (await this.#whole(this.#nameOf(blobId)))?.bytes;
  }

  /** Asked again for each piece: what burns is not read to its end by whoever began in time. */
  async *read(blobId: Uint8Array, from: number, to: number): AsyncIterable<Uint8Array> {
    const name = this.#nameOf(blobId);
    for (let at = from; at < to; at += BLOB_PIECE_BYTES) {
      const length = Math.min(BLOB_PIECE_BYTES, to - at);
      const piece = await this.#during(this.#piece(name, at, length));
      if (!piece) return;
      yield piece;
    }
    this.#ports.observe({ kind: "blob", what: "served", bytes: to - from });
  }

  async #piece(name: string, at: number, length: number): Promise<Uint8Array | undefined> {
    if (this.#isStopping || !(await this.#whole(name))) return undefined;
    return this.#ports.store.read(name, at, length);
  }

  // --- erasing

  /** Good after the grant's end, too: what was put may always be taken back. */
  async erase(blobId: Uint8Array, token: Uint8Array): Promise<"done" | "unknown" | "storageFull"> {
    const right = this.#rightOf(blobId, token);
    if (!right || this.#isStopping) return "unknown";
    return this.#during(this.#eraseBy(right));
  }

  async #eraseBy({ grant, name, mark }: Right): Promise<"done" | "unknown" | "storageFull"> {
    const { store, clock } = this.#ports;
    const found = await store.find(name);
    const isWritable = clock() < grant.until;
    if (found ? found.grant !== mark : !isWritable) return "unknown";
    if (found?.isGone) return "done";
    // A PUT that is still on its way must not bring it back, not even one that would have been the first.
    const { bytes, until } = grant;
    const grave = { grant: mark, bytes, received: 0, until, writableUntil: until, isGone: true };
    const erased = this.#whyNot(await store.erase(name, isWritable ? grave : undefined));
    if (erased) return "storageFull";
    if (found) this.#ports.observe({ kind: "blob", what: "erased", bytes: found.received });
    return "done";
  }

  async sweep(): Promise<boolean> {
    const now = this.#ports.clock();
    for (const [cid, budget] of this.#budgets) if (budget.isFull(now)) this.#budgets.delete(cid);
    return this.#isStopping ? false : this.#during(this.#sweepStore(now));
  }

  async #sweepStore(now: number): Promise<boolean> {
    const { store } = this.#ports;
    let erased = 0;
    for (const [name, blob] of await store.due(now)) {
      // One that cannot be erased now does not keep the others from it.
      if (this.#whyNot(await store.erase(name, graveOf(blob, now)))) continue;
      erased += 1;
      if (!blob.isGone) this.#ports.observe({ kind: "blob", what: "erased", bytes: blob.received });
    }
    return erased > 0;
  }

  countedBytes(): number {
    return this.#ports.store.countedBytes();
  }

  // --- stopping

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.allSettled(this.#underWay);
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }
}

/** What is left of a blob whose time is over: while its token is good, enough to say that it was there. */
const graveOf = (blob: KeptBlob, now: number): KeptBlob | undefined =>
  !blob.isGone && now < blob.writableUntil
    ? { ...blob, received: 0, until: blob.writableUntil, isGone: true }
    : undefined;
