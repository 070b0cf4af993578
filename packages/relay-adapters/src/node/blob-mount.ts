/**
 * Blobs by HTTP: PUT, GET, HEAD and DELETE at /blob/<id>. What is asked is read here, and what it comes to is decided in
 * @sotto/relay's blob.ts. Spec: spec/blob.md.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { fromHex } from "@sotto/protocol";
import {
  BLOB_GET_MS_MAX,
  BLOB_TRANSFERS_MAX,
  BLOB_TRANSFERS_PER_NETWORK_MAX,
  type BlobPut,
  type Blobs,
} from "@sotto/relay";
import { networkOf, type Mount } from "./listener.ts";

const MOUNT = "/blob/";
/** One spelling for each id: nothing a path could mean beside it. */
const ID = /^[0-9a-f]{64}$/;
const TOKEN = /^Bearer ([0-9a-f]{2,1024})$/;
const NUMBER = /^(?:0|[1-9]\d{0,14})$/;
const METHODS = "GET, HEAD, PUT, DELETE, OPTIONS";
/** Handsets of other origins fetch here, too; and bytes that others chose are never a page. */
const HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "upload-offset, content-range, retry-after",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; sandbox",
  "cross-origin-resource-policy": "cross-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
const PREFLIGHT_HEADERS = {
  ...HEADERS,
  "access-control-allow-methods": METHODS,
  "access-control-allow-headers": "authorization, upload-offset, range, content-type",
  "access-control-max-age": "86400",
};
/** When to come back to what is busy, in seconds. */
const RETRY_AFTER_S = "1";

export type BlobMountLimits = {
  readonly transfers: number;
  readonly transfersPerNetwork: number;
  readonly getMs: number;
};
const LIMITS: BlobMountLimits = {
  transfers: BLOB_TRANSFERS_MAX,
  transfersPerNetwork: BLOB_TRANSFERS_PER_NETWORK_MAX,
  getMs: BLOB_GET_MS_MAX,
};

/** `limits`: instead of those of @sotto/relay, for tests. */
export function createBlobMount(blobs: Blobs, limits: Partial<BlobMountLimits> = {}): Mount {
  const { getMs, ...slots } = { ...LIMITS, ...limits };
  const transfers = new Transfers(slots);
  return {
    path: MOUNT,
    async serve(request, response, urlPath) {
      if (request.method === "OPTIONS") return void response.writeHead(204, PREFLIGHT_HEADERS).end();
      const id = urlPath.slice(MOUNT.length);
      if (!ID.test(id)) return answer(response, 404);
      const blobId = fromHex(id);
      const token = tokenOf(request);
      switch (request.method) {
        case "PUT":
          return transfers.during(request, response, () => put(blobs, blobId, token, request, response));
        case "GET":
          return transfers.during(request, response, () => get(blobs, blobId, request, response, getMs));
        case "HEAD":
          return token
            ? tellReceived(blobs, blobId, token, response)
            : get(blobs, blobId, request, response, getMs);
        case "DELETE":
          return erase(blobs, blobId, token, response);
        case undefined:
        default:
          return answer(response, 405, { allow: METHODS });
      }
    },
  };
}

function answer(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders = {},
  text = "",
): void {
  if (response.headersSent || response.destroyed) return;
  const length = status === 204 ? {} : { "content-length": text.length };
  response.writeHead(status, { ...HEADERS, ...headers, ...length }).end(text);
  response.req.resume(); // what still comes of a body that was not taken is read and dropped, as long as a request may last
}

const tokenOf = ({ headers }: IncomingMessage): Uint8Array | undefined => {
  const [, hex = ""] = TOKEN.exec(headers.authorization ?? "") ?? [];
  return hex === "" || hex.length % 2 === 1 ? undefined : fromHex(hex);
};

const numberOf = (text: string | readonly string[] | undefined): number | undefined =>
  typeof text === "string" && NUMBER.test(text) ? Number(text) : undefined;

// --- PUT

async function put(
  blobs: Blobs,
  blobId: Uint8Array,
  token: Uint8Array | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const length = numberOf(request.headers["content-length"]);
  const offset = numberOf(request.headers["upload-offset"]);
  if (length === undefined) return answer(response, 411);
  if (offset === undefined) return answer(response, 400);
  if (token === undefined) return answer(response, 404);
  // Without destroying it where reading ends early: who is refused is still answered.
  const body = {
    [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>,
  };
  tellPut(response, await blobs.put(blobId, token, { offset, length }, body));
}

function tellPut(response: ServerResponse, put: BlobPut): void {
  switch (put.kind) {
    case "kept":
      return answer(response, 204, { "upload-offset": put.received });
    case "elsewhere":
      return answer(response, 409, { "upload-offset": put.received });
    case "unknown":
      return answer(response, 404);
    case "tooLong":
      return answer(response, 413);
    case "busy":
      return answer(response, 503, { "retry-after": RETRY_AFTER_S });
    case "quotaFull":
    case "storageFull":
      return answer(response, 507, { "content-type": "text/plain" }, put.kind);
    case "cut":
      return void response.destroy();
  }
}

async function tellReceived(
  blobs: Blobs,
  blobId: Uint8Array,
  token: Uint8Array,
  response: ServerResponse,
): Promise<void> {
  const received = await blobs.received(blobId, token);
  if (received === undefined) return answer(response, 404);
  answer(response, 200, { "upload-offset": received });
}

// --- GET

async function get(
  blobs: Blobs,
  blobId: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
  getMs: number,
): Promise<void> {
  const bytes = await blobs.bytesOf(blobId);
  if (bytes === undefined) return answer(response, 404);
  const range = rangeOf(request.headers.range, bytes);
  if (range === "unsatisfiable") return answer(response, 416, { "content-range": `bytes */${bytes}` });
  const { from, to } = range ?? { from: 0, to: bytes };
  response.writeHead(range ? 206 : 200, {
    ...HEADERS,
    "accept-ranges": "bytes",
    "content-disposition": "attachment",
    "content-length": to - from,
    "content-type": "application/octet-stream",
    ...(range && { "content-range": `bytes ${from}-${to - 1}/${bytes}` }),
  });
  if (request.method === "HEAD") return void response.end();
  const late = setTimeout(() => response.destroy(), getMs);
  try {
    const isWhole = await send(blobs.read(blobId, from, to), response, to - from);
    if (isWhole) response.end();
    else response.destroy(); // it burned meanwhile: the length that was promised does not come
    await finished(response);
  } finally {
    clearTimeout(late);
  }
}

/** One piece at a time, each when the one before has left for the socket. Whether all `bytes` went. */
async function send(
  pieces: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  bytes: number,
): Promise<boolean> {
  let sent = 0;
  for await (const piece of pieces) {
    if (response.destroyed) return false;
    sent += piece.length;
    if (!response.write(piece)) await drained(response);
  }
  return sent === bytes && !response.destroyed;
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.destroyed) return resolve();
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });

/** Until then its bytes are in memory and its transfer is one. */
const finished = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.closed) return resolve();
    response.once("close", () => resolve());
  });

/**
 * One range of bytes (RFC 9110, section 14.1.2), `to` exclusive; anything else that is asked for is no range, and gets
 * the whole.
 */
export function rangeOf(
  header: string | undefined,
  bytes: number,
): { readonly from: number; readonly to: number } | "unsatisfiable" | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "")
    return Number(last) === 0 ? "unsatisfiable" : { from: Math.max(0, bytes - Number(last)), to: bytes };
  if (last !== "" && Number(last) < Number(first)) return undefined;
  if (Number(first) >= bytes) return "unsatisfiable";
  return { from: Number(first), to: last === "" ? bytes : Math.min(bytes, Number(last) + 1) };
}

// --- DELETE

async function erase(
  blobs: Blobs,
  blobId: Uint8Array,
  token: Uint8Array | undefined,
  response: ServerResponse,
): Promise<void> {
  const erased = token ? await blobs.erase(blobId, token) : "unknown";
  if (erased === "storageFull") return answer(response, 507, { "content-type": "text/plain" }, erased);
  answer(response, erased === "done" ? 204 : 404);
}

// --- how many at a time

/** Each holds a piece in memory and a socket for as long as its peer pleases, within its time. */
class Transfers {
  readonly #limits: Pick<BlobMountLimits, "transfers" | "transfersPerNetwork">;
  readonly #countByNetwork = new Map<string, number>();
  #count = 0;

  constructor(limits: Pick<BlobMountLimits, "transfers" | "transfersPerNetwork">) {
    this.#limits = limits;
  }

  async during(
    request: IncomingMessage,
    response: ServerResponse,
    transfer: () => Promise<void>,
  ): Promise<void> {
    const network = networkOf(request.socket.remoteAddress);
    const ofNetwork = network === undefined ? 0 : (this.#countByNetwork.get(network) ?? 0);
    if (this.#count >= this.#limits.transfers || ofNetwork >= this.#limits.transfersPerNetwork)
      return answer(response, 503, { "retry-after": RETRY_AFTER_S });
    this.#add(network, 1);
    try {
      await transfer();
    } finally {
      this.#add(network, -1);
    }
  }

  #add(network: string | undefined, change: 1 | -1): void {
    this.#count += change;
    if (network === undefined) return;
    const count = (this.#countByNetwork.get(network) ?? 0) + change;
    if (count > 0) this.#countByNetwork.set(network, count);
    else this.#countByNetwork.delete(network);
  }
}
