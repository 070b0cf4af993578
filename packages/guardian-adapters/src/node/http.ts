/**
 * Envelopes over HTTP, there and back: the body of a POST is the request, that of its response the answer. Nothing else is
 * said: what does not open is answered with an empty 400, whatever was wrong with it. Spec: spec/guardian.md, "Envelope".
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Guardian } from "@sotto/guardian";
import {
  ANSWER_ENVELOPE_BYTES,
  concat,
  err,
  GUARDIAN_PATH,
  ok,
  requestEnvelopeBytes,
  type Result,
} from "@sotto/protocol";

const ENVELOPE_TYPE = "application/octet-stream";
const ENVELOPE_BYTES_MAX = requestEnvelopeBytes("registration");
/** Names what follows: no page is made of it, and nobody keeps it. */
const ENVELOPE_HEADERS = { "content-type": ENVELOPE_TYPE, "cache-control": "no-store" };
/** A page of any origin may ask: it proves what it may do inside the envelope, and no cookie takes part (GE5). */
const FROM_ANYWHERE = { "access-control-allow-origin": "*" };
const PREFLIGHT_HEADERS = {
  ...FROM_ANYWHERE,
  "access-control-allow-methods": "POST",
  "access-control-allow-headers": "content-type",
  "access-control-max-age": "86400",
};

const HEADER_BYTES_MAX = 8_192;
const SOCKETS_MAX = 2_048;
/** How long the headers of a request, and then all of it, may take. */
const HEADERS_WAIT_MS = 5_000;
const REQUEST_WAIT_MS = 10_000;
const WAITS_CHECKED_MS = 500;
const KEEP_ALIVE_MS = 5_000;
/** How long a stop waits for what is under way. */
const CLOSE_WAIT_MS = 2_000;
/** How long another guardian may take to answer. */
const POST_WAIT_MS = 5_000;

export type Served = "answered" | "refused";

type Serving = {
  readonly guardian: Pick<Guardian, "answer">;
  /** Hears how each request ended. */
  readonly onServed: (served: Served) => void;
  readonly onBug: (error: unknown) => void;
};

/** A mount point for an HTTP server whose limits are its own. */
export type GuardianMount = {
  readonly path: string;
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
};

export const createGuardianMount = ({ guardian, onServed, onBug }: Serving): GuardianMount => ({
  path: GUARDIAN_PATH,
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "OPTIONS") return void response.writeHead(204, PREFLIGHT_HEADERS).end();
    try {
      const envelope = await envelopeOf(request);
      const answer = envelope && (await guardian.answer(envelope));
      if (answer) response.writeHead(200, { ...ENVELOPE_HEADERS, ...FROM_ANYWHERE }).end(answer);
      else response.writeHead(400, { connection: "close", ...FROM_ANYWHERE }).end();
      onServed(answer ? "answered" : "refused");
    } catch (error) {
      onBug(error);
      response.destroy();
    }
  },
});

async function envelopeOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const { "content-type": type, "content-length": length = "0" } = request.headers;
  if (request.method !== "POST" || type !== ENVELOPE_TYPE || Number(length) > ENVELOPE_BYTES_MAX)
    return undefined;
  return readAtMost(request, ENVELOPE_BYTES_MAX);
}

/** Undefined for what is longer, and for what breaks off. */
async function readAtMost(
  stream: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      length += chunk.length;
      if (length > bytesMax) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return concat(...chunks);
}

export type GuardianListener = {
  readonly port: number;
  /** Accepts nothing more, and answers what is under way. */
  close(): Promise<void>;
};
export type ListenProblem = { readonly kind: "portBusy" | "portForbidden" | "noSuchHost" | "other" };

/** A server that has nothing but the guardian. `port`: 0 chooses a free one. */
export async function listenGuardian(
  mount: GuardianMount,
  options: { readonly host: string; readonly port: number; readonly onBug: (error: unknown) => void },
): Promise<Result<GuardianListener, ListenProblem>> {
  const server = createServer(
    {
      headersTimeout: HEADERS_WAIT_MS,
      requestTimeout: REQUEST_WAIT_MS,
      connectionsCheckingInterval: WAITS_CHECKED_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    (request, response) => {
      if (request.url === mount.path) return void mount.serve(request, response);
      return void response.writeHead(404, { connection: "close" }).end();
    },
  );
  const sockets = new Set<Socket>();
  server.maxConnections = SOCKETS_MAX;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  const problem = await new Promise<ListenProblem | undefined>((resolve) => {
    const fail = ({ code = "" }: NodeJS.ErrnoException): void =>
      resolve({ kind: PROBLEM_BY_CODE[code] ?? "other" });
    server.once("error", fail);
    server.listen(options.port, options.host, () => {
      server.off("error", fail);
      resolve(undefined);
    });
  });
  if (problem) return err(problem);
  server.on("error", options.onBug); // a connection that could not be accepted: the others stay
  return ok({
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeIdleConnections();
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, CLOSE_WAIT_MS);
      await closed;
      clearTimeout(late);
    },
  });
}

const PROBLEM_BY_CODE: Readonly<Record<string, ListenProblem["kind"]>> = {
  EADDRINUSE: "portBusy",
  EACCES: "portForbidden",
  EADDRNOTAVAIL: "noSuchHost",
  ENOTFOUND: "noSuchHost",
};

/** To the guardian at an origin. Undefined where no answer came of the size that answers have. */
export async function postEnvelope(
  origin: string,
  envelope: Uint8Array<ArrayBuffer>,
  stop: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    const response = await fetch(`${origin}${GUARDIAN_PATH}`, {
      method: "POST",
      headers: ENVELOPE_HEADERS,
      body: envelope,
      redirect: "error",
      signal: AbortSignal.any([stop, AbortSignal.timeout(POST_WAIT_MS)]),
    });
    if (response.status === 200 && response.body)
      return await readAtMost(response.body, ANSWER_ENVELOPE_BYTES);
    await response.body?.cancel();
    return undefined;
  } catch {
    return undefined; // not reached, cut off, or too slow
  }
}
