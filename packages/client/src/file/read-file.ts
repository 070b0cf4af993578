/**
 * Reading the file of a message: what is kept here from here, the rest from the relay, each chunk checked before it is
 * given. Spec: spec/files.md, "Fetching".
 */
import {
  blobChunkCount,
  CHUNK_BYTES,
  ChunkDigests,
  createFileSeal,
  fileChunkCount,
  sealedFileBytes,
  SEALED_CHUNK_BYTES,
  type FileSeal,
} from "@sotto/crypto";
import {
  assert,
  equalBytes,
  err,
  isOrigin,
  ok,
  Secret,
  type FileContent,
  type Result,
} from "@sotto/protocol";
import { channelsOf } from "../channel/choice.ts";
import { outboxIdOf } from "../channel/own.ts";
import type { Core } from "../core.ts";
import type { Problem } from "../problems.ts";
import { isBurnt } from "../rows.ts";
import { outboxEntries } from "../stored/conversation.ts";
import { fileChunks } from "../stored/file.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import { items, seenIds } from "../stored/message.ts";
import { profiles } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";
import { readWritten } from "../written.ts";
import { chunkId, CHUNKS_PER_TURN, isKeepable, keptChunk } from "./keeping.ts";

/** `at`: where the piece stands in the file, and how long the file is. */
export type TakePiece = (
  piece: Uint8Array,
  at: { readonly from: number; readonly bytes: number },
) => boolean | Promise<boolean>;

const CHUNKS_AT_ONCE_MAX = 16;
const TRIES_MAX = 7;
const RETRY_MS = 500;

type Reading = {
  readonly core: Core;
  readonly number: ConversationNumber;
  readonly idKey: string;
  readonly file: FileContent;
  readonly seal: FileSeal;
  readonly isKeepable: boolean;
};

export async function readFile(
  core: Core,
  number: ConversationNumber,
  key: string,
  take: TakePiece,
  from: number,
): Promise<Result<void, Problem>> {
  assert(from % CHUNK_BYTES === 0, "reading begins where a chunk does");
  const idKey = `${number}/${key}`;
  const found = await look(core, number, idKey);
  if (!found.ok) return found;
  const file = found.value;
  const secret = new Secret(file.key.slice());
  const seal = createFileSeal({ key: secret, bytes: file.bytes, digest: file.digest });
  try {
    return await readAll(
      { core, number, idKey, file, seal, isKeepable: isKeepable(core.records, file.bytes) },
      take,
      from,
    );
  } finally {
    seal.wipe();
    secret.wipe();
  }
}

/** All of the blob is fetched, its padding included: how long the file is, is nobody else's business. */
async function readAll(reading: Reading, take: TakePiece, from: number): Promise<Result<void, Problem>> {
  const { core, idKey, file } = reading;
  const digests = new ChunkDigests(file.bytes);
  const count = fileChunkCount(file.bytes);
  let atOnce = CHUNKS_PER_TURN;
  for (let index = from / CHUNK_BYTES; index < blobChunkCount(file.bytes);) {
    const kept = index < count ? await keptChunk(core.records, idKey, index) : undefined;
    const chunks = kept === undefined ? await fetchChunks(reading, index, atOnce) : ok([kept]);
    if (!chunks.ok) return chunks;
    if (kept === undefined) atOnce = Math.min(CHUNKS_AT_ONCE_MAX, atOnce * 2);
    for (const chunk of chunks.value) {
      if (index < count) digests.set(index, chunk);
      const at = { from: index * CHUNK_BYTES, bytes: file.bytes };
      index += 1;
      if (chunk.length > 0 && !(await take(chunk, at))) return ok(undefined);
    }
    if (kept !== undefined && index === count) break; // it was fetched whole before
  }
  // Every chunk's key has the digest in it: who has only the rest of them misses nothing that a relay could do.
  return from > 0 || equalBytes(digests.fileDigest(), file.digest)
    ? ok(undefined)
    : err({ kind: "file-damaged" });
}

async function fetchChunks(
  reading: Reading,
  index: number,
  atOnce: number,
): Promise<Result<readonly Uint8Array[], Problem>> {
  const { core, number, idKey, file, seal } = reading;
  const from = index * SEALED_CHUNK_BYTES;
  const to = Math.min(sealedFileBytes(file.bytes), from + atOnce * SEALED_CHUNK_BYTES);
  const fetched = await fetchRange(reading, from, to);
  // It may have burned or been deleted meanwhile: then nothing more of it is given, and nothing is kept.
  const isThere = await look(core, number, idKey);
  if (!isThere.ok) return isThere;
  if (!fetched.ok) return fetched;
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < to - from; at += SEALED_CHUNK_BYTES) {
    const chunk = seal.open(index + chunks.length, fetched.value.subarray(at, at + SEALED_CHUNK_BYTES));
    if (chunk === undefined) return err({ kind: "file-damaged" });
    chunks.push(chunk);
  }
  if (reading.isKeepable) await keep(reading, index, chunks);
  return ok(chunks);
}

async function fetchRange(
  { core, file }: Reading,
  from: number,
  to: number,
): Promise<Result<Uint8Array, Problem>> {
  const place = { url: file.endpoint.url, blobId: file.blobId };
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (tries > 0) await core.transfers.pause(RETRY_MS * 2 ** tries);
    const got = await core.transfers.ports.blobs.get(place, from, to);
    if (got.kind === "gone") return err({ kind: "file-gone" });
    if (got.kind === "bytes" && got.bytes.length === to - from) return ok(got.bytes);
  }
  return err({ kind: "relay-unreachable" });
}

/** In turns of a few chunks, and each only while its message is there. */
async function keep(
  { core, number, idKey }: Reading,
  first: number,
  chunks: readonly Uint8Array[],
): Promise<void> {
  for (let at = 0; at < chunks.length; at += CHUNKS_PER_TURN)
    await core.transfers.ports.inTurn(async (_, turn) => {
      if (!(await find(core, turn, number, idKey)).ok) return;
      for (const [index, bytes] of chunks.slice(at, at + CHUNKS_PER_TURN).entries())
        if (bytes.length > 0) turn.save(fileChunks, chunkId(idKey, first + at + index), { bytes });
    });
}

async function look(
  core: Core,
  number: ConversationNumber,
  idKey: string,
): Promise<Result<FileContent, Problem>> {
  let found: Result<FileContent, Problem> = err({ kind: "device-failing" });
  await core.transfers.ports.inTurn(async (_, turn) => {
    found = await find(core, turn, number, idKey);
  });
  return found;
}

/** The file as its message names it, and only if it lies where this conversation has to do with. */
async function find(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  idKey: string,
): Promise<Result<FileContent, Problem>> {
  const message = await messageOf(turn, number, idKey);
  const file = message && readWritten(message.contentKind, message.content)?.file;
  if (file === undefined) return err({ kind: "message-gone" });
  const relays = channelsOf(turn, number).map(({ channel }) => channel.endpoint.url);
  const { url } = file.endpoint;
  const isKnown = url === turn.need(profiles, "").relayUrl || relays.includes(url);
  return isKnown && isOrigin(url) ? ok(file) : err({ kind: "file-elsewhere" });
}

async function messageOf(turn: Turn, number: ConversationNumber, idKey: string) {
  const seen = await turn.load(seenIds, idKey);
  const item = seen && (await turn.load(items, seen.itemKey));
  if (item?.kind === "message") return isBurnt(item, turn.believedNow) ? undefined : item;
  const waiting = outboxIdOf(turn, number, Uint8Array.fromHex(idKey.slice(number.length + 1)));
  return waiting === undefined ? undefined : turn.need(outboxEntries, waiting);
}
