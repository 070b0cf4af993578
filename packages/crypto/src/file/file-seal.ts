/**
 * A file as it lies at a relay: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) over ChaCha20-Poly1305 in chunks
 * of 64 KiB, as the age format has it, padded by Padmé. Any chunk opens alone, so that either way can be taken up
 * anywhere. Spec: spec/keys.md, "Files".
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { assert, FILE_BYTES_MAX, lp, u64, type Secret } from "@sotto/protocol";
import { deriveKey } from "../keys.ts";

/** Of a file, in one chunk. */
export const CHUNK_BYTES = 65_536;
/** Of the blob, for one chunk that is full. */
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + 16;
const TAG_BYTES = SEALED_CHUNK_BYTES - CHUNK_BYTES;
const DIGEST_BYTES = 32;

/** What tells one sealed file from any other: every chunk's key follows from all of it. */
export type SealedFile = {
  /** 32 bytes, random, and never used for another file. */
  readonly key: Secret;
  /** The file's length. */
  readonly bytes: number;
  /** See `fileDigest`. */
  readonly digest: Uint8Array;
};

/**
 * Padmé (Nikitin et al., PETS 2019): says of a length its order of magnitude and a few digits, and adds less than an
 * eighth. Whatever is smaller than a chunk is a chunk.
 */
export function paddedBytes(bytes: number): number {
  assert(bytes >= 1 && bytes <= FILE_BYTES_MAX, "a file has 1 byte to 100 MiB");
  if (bytes <= CHUNK_BYTES) return CHUNK_BYTES;
  const exponent = Math.floor(Math.log2(bytes));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** (exponent - kept);
  return Math.ceil(bytes / step) * step;
}

/** Chunks that have bytes of the file; others may follow them, of padding alone. */
export const fileChunkCount = (bytes: number): number => Math.ceil(bytes / CHUNK_BYTES);
/** All of them. */
export const blobChunkCount = (bytes: number): number => Math.ceil(paddedBytes(bytes) / CHUNK_BYTES);
/** How long the blob is. */
export const sealedFileBytes = (bytes: number): number =>
  paddedBytes(bytes) + TAG_BYTES * blobChunkCount(bytes);

const lengthAt = (whole: number, index: number): number =>
  Math.max(0, Math.min(CHUNK_BYTES, whole - index * CHUNK_BYTES));
/** Bytes of the file in this chunk. */
export const chunkBytes = (bytes: number, index: number): number => lengthAt(bytes, index);

/** One for each chunk of the file, in their order: whoever has them notices that the file is another one now. */
export class ChunkDigests {
  readonly #all: Uint8Array;
  readonly #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#all = new Uint8Array(fileChunkCount(bytes) * DIGEST_BYTES);
  }

  set(index: number, chunk: Uint8Array): void {
    this.#all.set(sha256(chunk), index * DIGEST_BYTES);
  }

  isOf(index: number, chunk: Uint8Array): boolean {
    const known = this.#all.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
    return sha256(chunk).every((byte, at) => byte === known[at]);
  }

  /** Over all of them, once each is set. */
  fileDigest(): Uint8Array {
    return sha256(lp("sotto/file-digest/v1", u64(this.#bytes), this.#all));
  }
}

export type FileSeal = {
  /** `chunk` is what the file has there: nothing, where there is only padding. */
  seal(index: number, chunk: Uint8Array): Uint8Array;
  /** What the file has there; undefined for whatever was not sealed as exactly this chunk of this file. */
  open(index: number, sealed: Uint8Array): Uint8Array | undefined;
  /** Seals from this byte of the blob on, `length` bytes or up to its end. `chunkOf` gives what the file has there. */
  range(
    from: number,
    length: number,
    chunkOf: (index: number) => Promise<Uint8Array | undefined>,
  ): Promise<Uint8Array | undefined>;
  wipe(): void;
};

/** The same file under the same key is always the same bytes: what was cut off goes on where it was. */
export function createFileSeal({ key, bytes, digest }: SealedFile): FileSeal {
  const derived = deriveKey(key, lp("sotto/file/v1", u64(bytes), digest), 32);
  const padded = paddedBytes(bytes);
  const last = blobChunkCount(bytes) - 1;
  const cipher = (index: number) =>
    derived.expose((raw) => chacha20poly1305(raw, chunkNonce(index, index === last)));

  function seal(index: number, chunk: Uint8Array): Uint8Array {
    assert(index <= last && chunk.length === chunkBytes(bytes, index), "a chunk has its length");
    const whole = new Uint8Array(lengthAt(padded, index));
    whole.set(chunk);
    const sealed = cipher(index).encrypt(whole);
    whole.fill(0);
    return sealed;
  }

  return {
    seal,
    open(index, sealed) {
      if (sealed.length !== lengthAt(padded, index) + TAG_BYTES || index > last) return undefined;
      const whole = decrypt(cipher(index), sealed);
      const length = chunkBytes(bytes, index);
      return whole?.subarray(length).every((byte) => byte === 0) ? whole.subarray(0, length) : undefined;
    },
    async range(from, length, chunkOf) {
      const to = Math.min(from + length, sealedFileBytes(bytes));
      const sealed = new Uint8Array(to - from);
      for (let at = from; at < to;) {
        const index = Math.floor(at / SEALED_CHUNK_BYTES);
        const chunk = index < fileChunkCount(bytes) ? await chunkOf(index) : new Uint8Array();
        if (chunk === undefined) return undefined;
        const within = at - index * SEALED_CHUNK_BYTES;
        const piece = seal(index, chunk).subarray(within, within + to - at);
        sealed.set(piece, at - from);
        at += piece.length;
      }
      return sealed;
    },
    wipe: () => derived.wipe(),
  };
}

function decrypt(cipher: ReturnType<typeof chacha20poly1305>, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return cipher.decrypt(sealed);
  } catch {
    return undefined; // noble says "invalid tag" by throwing; the inputs' sizes are right by construction
  }
}

/** Eleven bytes that count, and one that says whether the blob ends here. */
function chunkNonce(index: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, index);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}
