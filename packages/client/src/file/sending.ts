/**
 * The two long steps of an upload: reading the file through once, and putting its blob. They run beside the member's turns
 * and touch nothing durable but through one. Spec: spec/files.md, "Sending".
 */
import {
  CHUNK_BYTES,
  chunkBytes,
  ChunkDigests,
  createFileSeal,
  fileChunkCount,
  sealedFileBytes,
} from "@sotto/crypto";
import { assert, equalBytes, Secret } from "@sotto/protocol";
import type { Core } from "../core.ts";
import type { BlobPut } from "../ports.ts";
import type { Problem } from "../problems.ts";
import { fileChunks, uploads, type Upload } from "../stored/file.ts";
import { conversationIn } from "../stored/keys.ts";
import { chunkId, CHUNKS_PER_TURN, isKeepable, keptChunk } from "./keeping.ts";
import type { Next } from "./transfers.ts";
import { finishUpload } from "./finish.ts";

const PART_BYTES_MIN = 16_384;
const PART_BYTES_MAX = 2 * 1_048_576;
/** A relay cuts a request off after 15 seconds: a part should take far less. */
const QUICK_MS = 1_500;
const SLOW_MS = 5_000;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 60_000;
const FULL_RETRY_MS = 15_000;
const BUSY_MS = 1_000;

const NOTHING: Next = () => undefined;

/** Cancelled, burned, or begun anew under another key. */
const isCurrent = (core: Core, id: string, { blobId }: Upload): boolean => {
  const now = core.resident.get(uploads, id);
  return now !== undefined && equalBytes(now.blobId, blobId);
};

/** Nothing but the person helps. */
const stop =
  (id: string, problem: Problem): Next =>
  (core, turn) => {
    const upload = core.transfers.of(id);
    upload.problem = problem;
    upload.isStopped = true;
    turn.changedItems.add(conversationIn(id));
  };

const retryAt =
  (id: string, ms: number, problem: Problem | undefined): Next =>
  (core, turn) => {
    core.transfers.of(id).problem = problem;
    core.oneShots.back(`upload/${id}`, turn.now + ms);
    turn.changedItems.add(conversationIn(id));
    turn.touch(`upload/${id}`);
  };

/** After a restart. */
export async function openAgain(core: Core, id: string, { origin }: Upload): Promise<Next> {
  const { openSource } = core.transfers.ports;
  const source = origin === undefined ? undefined : await openSource?.(origin);
  if (source === undefined) return stop(id, { kind: "file-needed" });
  return (_, turn) => {
    core.transfers.of(id).source = source;
    turn.touch(`upload/${id}`);
  };
}

/** So that its digest is known before anything is sealed, and that a file that is kept is whole before it leaves. */
export async function readThrough(core: Core, id: string, upload: Upload): Promise<Next> {
  const { source } = core.transfers.of(id);
  assert(source !== undefined, "a file is read through where it is known");
  if (source.bytes !== upload.bytes) return stop(id, { kind: "file-changed" });
  const digests = new ChunkDigests(upload.bytes);
  const isKept = upload.digest === undefined && isKeepable(core.records, upload.bytes);
  const toKeep = new Map<number, Uint8Array>();
  const count = fileChunkCount(upload.bytes);
  for (let index = 0; index < count; index++) {
    const chunk = await source.read(index * CHUNK_BYTES, chunkBytes(upload.bytes, index));
    if (!isCurrent(core, id, upload)) return NOTHING;
    if (chunk === undefined) return stop(id, { kind: "file-needed" });
    digests.set(index, chunk);
    if (isKept) toKeep.set(index, chunk);
    if (toKeep.size < CHUNKS_PER_TURN && index < count - 1) continue;
    if (!(await keep(core, id, upload, toKeep))) return NOTHING;
    toKeep.clear();
  }
  const digest = digests.fileDigest();
  if (upload.digest !== undefined && !equalBytes(digest, upload.digest))
    return stop(id, { kind: "file-changed" });
  return (_, turn) => {
    const now = turn.get(uploads, id);
    if (now === undefined) return;
    core.transfers.of(id).digests = digests;
    turn.put(uploads, id, { ...now, digest, isKept: isKept || now.isKept });
    turn.touch(`upload/${id}`);
  };
}

const keep = (core: Core, id: string, upload: Upload, chunks: ReadonlyMap<number, Uint8Array>) =>
  core.transfers.ports.inTurn((_, turn) => {
    if (!isCurrent(core, id, upload)) return;
    for (const [index, bytes] of chunks) turn.save(fileChunks, chunkId(id, index), { bytes });
  });

export async function putBlob(core: Core, id: string, upload: Upload): Promise<Next> {
  const { grant, digest, blobId, key, bytes } = upload;
  assert(grant !== undefined && digest !== undefined, "a blob is put once there is a grant");
  const { blobs, clock } = core.transfers.ports;
  const place = { url: grant.endpoint.url, blobId };
  const seal = createFileSeal({ key, bytes, digest });
  const total = sealedFileBytes(bytes);
  const underWay = core.transfers.of(id);
  try {
    let answer = await blobs.received(place, grant.token);
    for (;;) {
      if (!isCurrent(core, id, upload)) return NOTHING;
      if (answer.kind !== "there" || answer.received > total) return failed(core, id, upload, answer);
      if (!(await report(core, id, answer.received))) return NOTHING;
      if (answer.received === total) return finishUpload(id, upload);
      const part = await seal.range(answer.received, underWay.partBytes, (index) =>
        chunkOf(core, id, upload, index),
      );
      if (part === undefined) return stop(id, { kind: upload.isKept ? "file-needed" : "file-changed" });
      const began = clock();
      answer = await blobs.put(place, grant.token, answer.received, part);
      underWay.partBytes = nextPartBytes(underWay.partBytes, answer.kind, clock() - began);
    }
  } finally {
    seal.wipe();
  }
}

function nextPartBytes(bytes: number, answer: BlobPut["kind"], tookMs: number): number {
  if (answer === "away" || tookMs > SLOW_MS) return Math.max(PART_BYTES_MIN, bytes / 2);
  return tookMs < QUICK_MS ? Math.min(PART_BYTES_MAX, bytes * 2) : bytes;
}

/** Only what was read through before: another file under the same key would undo its seal (CK19). */
async function chunkOf(
  core: Core,
  id: string,
  upload: Upload,
  index: number,
): Promise<Uint8Array | undefined> {
  if (upload.isKept) return keptChunk(core.records, id, index);
  const { source, digests } = core.transfers.of(id);
  const chunk = await source?.read(index * CHUNK_BYTES, chunkBytes(upload.bytes, index));
  return chunk !== undefined && digests?.isOf(index, chunk) === true ? chunk : undefined;
}

const report = (core: Core, id: string, received: number): Promise<boolean> =>
  core.transfers.ports.inTurn((_, turn) => {
    const underWay = core.transfers.of(id);
    if (received > underWay.received) underWay.failures = 0;
    underWay.received = received;
    underWay.problem = undefined;
    turn.changedItems.add(conversationIn(id));
  });

function failed(core: Core, id: string, upload: Upload, { kind }: BlobPut): Next {
  if (kind === "full") return retryAt(id, FULL_RETRY_MS, { kind: "relay-full" });
  if (kind === "busy") return retryAt(id, BUSY_MS, undefined);
  const wait = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** core.transfers.of(id).failures++);
  const later = retryAt(id, wait, kind === "unknown" ? undefined : { kind: "relay-unreachable" });
  if (kind !== "unknown") return later;
  // The grant is over, or the blob is gone. Neither its id nor its key is used a second time.
  return (_, turn) => {
    if (!isCurrent(core, id, upload)) return;
    const [blobId, key] = [core.randomBytes(32), new Secret(core.randomBytes(32))];
    turn.put(uploads, id, { ...turn.need(uploads, id), blobId, key, grant: undefined });
    core.transfers.of(id).received = 0;
    return later(core, turn);
  };
}
