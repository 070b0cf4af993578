/** Blobs by HTTP (spec/blob.md). The same for pages and for Node, which both have `fetch`. */
import type { BlobGot, BlobPlace, BlobPut, BlobTransport } from "@sotto/client";
import { toHex } from "@sotto/protocol";
import { readAtMost } from "./read-at-most.ts";

/** A little longer than a relay lets a request take. */
const PUT_MS = 20_000;
const GET_MS = 60_000;
const ASK_MS = 15_000;
const NUMBER = /^\d{1,15}$/;

export function createBlobTransport(): BlobTransport {
  return {
    async put(place, token, offset, part) {
      const headers = { ...bearer(token), "upload-offset": String(offset) };
      const body = new Uint8Array(part);
      return tellPut(await ask(place, { method: "PUT", headers, body }, PUT_MS));
    },
    received: async (place, token) =>
      tellPut(await ask(place, { method: "HEAD", headers: bearer(token) }, ASK_MS)),
    async get(place, from, to) {
      const headers = { range: `bytes=${from}-${to - 1}` };
      return tellGot(await ask(place, { method: "GET", headers }, GET_MS), to - from);
    },
    async erase(place, token) {
      const answer = await ask(place, { method: "DELETE", headers: bearer(token) }, ASK_MS);
      if (answer?.status === 204) return "done";
      return answer?.status === 404 ? "unknown" : "away";
    },
  };
}

const bearer = (token: Uint8Array) => ({ authorization: `Bearer ${toHex(token)}` });

/** Undefined where nobody is reached, or too late. */
async function ask(
  { url, blobId }: BlobPlace,
  request: RequestInit,
  ms: number,
): Promise<Response | undefined> {
  try {
    return await fetch(`${url}/blob/${toHex(blobId)}`, {
      ...request,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(ms),
    });
  } catch {
    return undefined; // also what this page is not allowed to reach
  }
}

function tellPut(answer: Response | undefined): BlobPut {
  const received = answer?.headers.get("upload-offset") ?? "";
  switch (answer?.status) {
    case 200:
    case 204:
    case 409:
      return NUMBER.test(received) ? { kind: "there", received: Number(received) } : { kind: "away" };
    case 404:
      return { kind: "unknown" };
    case 503:
      return { kind: "busy" };
    case 507:
      return { kind: "full" };
    case undefined:
    default:
      return { kind: "away" };
  }
}

async function tellGot(answer: Response | undefined, length: number): Promise<BlobGot> {
  if (answer?.status === 404 || answer?.status === 416) return { kind: "gone" };
  if (answer?.status === 503) return { kind: "busy" };
  if (answer?.status !== 206 || answer.body === null) return { kind: "away" };
  try {
    const bytes = await readAtMost(answer.body.getReader(), length);
    return bytes?.length === length ? { kind: "bytes", bytes } : { kind: "away" };
  } catch {
    return { kind: "away" }; // it broke off
  }
}
