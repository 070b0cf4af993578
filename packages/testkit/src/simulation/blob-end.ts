/** A relay's blobs as a client is given them by HTTP: what spec/blob.md has the statuses say. */
import type { BlobTransport } from "@sotto/client";
import { concat } from "@sotto/protocol";
import type { Blobs } from "@sotto/relay";

type Put = Awaited<ReturnType<BlobTransport["put"]>>;

export const blobEnd = (blobs: Blobs): BlobTransport => ({
  put: async ({ blobId }, token, offset, part) =>
    putBody(blobs, { blobId, token, offset }, part, part.length),
  async received({ blobId }, token) {
    const received = await blobs.received(blobId, token);
    return received === undefined ? { kind: "unknown" } : { kind: "there", received };
  },
  async get({ blobId }, from, to) {
    const bytes = await blobs.bytesOf(blobId);
    if (bytes === undefined || from >= bytes) return { kind: "gone" };
    const pieces: Uint8Array[] = [];
    for await (const piece of blobs.read(blobId, from, Math.min(to, bytes))) pieces.push(piece);
    return { kind: "bytes", bytes: concat(...pieces) };
  },
  async erase({ blobId }, token) {
    const erased = await blobs.erase(blobId, token);
    return erased === "storageFull" ? "away" : erased;
  },
});

/** `body` may break off before its `length`. */
export async function putBody(
  blobs: Blobs,
  {
    blobId,
    token,
    offset,
  }: { readonly blobId: Uint8Array; readonly token: Uint8Array; readonly offset: number },
  body: Uint8Array,
  length: number,
): Promise<Put> {
  const done = await blobs.put(blobId, token, { offset, length }, inOne(body));
  switch (done.kind) {
    case "kept":
    case "elsewhere":
      return { kind: "there", received: done.received };
    case "quotaFull":
    case "storageFull":
      return { kind: "full" };
    case "unknown":
    case "busy":
      return { kind: done.kind };
    case "cut":
    case "tooLong":
    default:
      return { kind: "away" };
  }
}

async function* inOne(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(bytes);
}
