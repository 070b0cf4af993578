/**
 * The relay on the network: one HTTP server with mount points, and the wire on a WebSocket at /v1. What a browser's
 * page may do is page-policy.ts; what a request means is @sotto/relay. Spec: spec/listener.md.
 *
 * The Origin header is not looked at: nothing here rests on cookies or on where a page came from. Every request proves
 * what it may do by keys that a foreign page does not have, and handsets from other relays are meant to connect.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { isIP, type AddressInfo, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { err, FRAME_BYTES_MAX, ok, type Result } from "@sotto/protocol";
import type { Relay } from "@sotto/relay";
import { WebSocketServer, type WebSocket } from "ws";
import { serveSocket } from "./socket-link.ts";

const HEADERS_WAIT_MS = 10_000;
const REQUEST_WAIT_MS = 15_000;
const KEEP_ALIVE_MS = 5_000;
const HEADER_BYTES_MAX = 8_192;
export const CONNECTIONS_MAX = 50_000;
/** Sockets, those without a WebSocket included. */
const SOCKETS_MAX = CONNECTIONS_MAX + 4_096;
/** Of one IPv4 address or one IPv6 network. Held in memory only. */
export const CONNECTIONS_PER_ADDRESS_MAX = 256;
/** What half frames of all connections may hold in memory. */
const QUIET_BYTES_MAX = 256 * 1_048_576;
/** A connection that answers no ping for this long is gone. */
const PING_MS = 45_000;
/** How long a stop waits for connections to close by themselves. */
const CLOSE_WAIT_MS = 2_000;
const CLOSE_GOING_AWAY = 1001;

/** Something served below a path: the handset at "/", and later a console and a guardian. */
export type Mount = {
  /** Ends with "/", or is one exact path. */
  readonly path: string;
  readonly serve: (
    request: IncomingMessage,
    response: ServerResponse,
    urlPath: string,
  ) => void | Promise<void>;
};

export type ListenerOptions = {
  readonly relay: Relay;
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  /** PEM. Without it the listener speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly mounts: readonly Mount[];
  /** Instead of 256 MiB, what half frames of all connections may hold in memory. */
  readonly quietBytesMax?: number;
  readonly onBug: (error: unknown) => void;
};

export type Listener = {
  readonly port: number;
  connections(): number;
  /** Accepts nothing more, answers what is under way, closes what is open. */
  close(): Promise<void>;
};
export type ListenProblem = {
  readonly kind: "portBusy" | "portForbidden" | "noSuchHost" | "badTls" | "other";
  readonly cause: unknown;
};

export async function listen(options: ListenerOptions): Promise<Result<Listener, ListenProblem>> {
  const { relay, mounts, onBug } = options;
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false, // what is sent is encrypted: nothing to gain, and lengths to lose
    clientTracking: false,
    autoPong: false, // serveSocket answers: what waits to be sent is bounded there
  });
  const quiet = { bytes: 0, bytesMax: options.quietBytesMax ?? QUIET_BYTES_MAX };
  const open = new Map<WebSocket, { isAlive: boolean }>();
  const countByNetwork = new Map<string, number>();
  let isClosing = false;

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const urlPath = pathOf(request);
    const mount = mountOf(mounts, urlPath);
    if (!mount) return void response.writeHead(404).end();
    Promise.resolve()
      .then(() => mount.serve(request, response, urlPath))
      .catch((error: unknown) => {
        onBug(error);
        response.destroy();
      });
  };

  function count(socket: Socket): void {
    const network = networkOf(socket.remoteAddress);
    if (network === undefined) return;
    const sockets = (countByNetwork.get(network) ?? 0) + 1;
    if (sockets > CONNECTIONS_PER_ADDRESS_MAX) return void socket.destroy();
    countByNetwork.set(network, sockets);
    socket.once("close", () => forgetOne(countByNetwork, network));
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    if (pathOf(request) !== "/v1") return refuseUpgrade(socket, "404 Not Found");
    if (isClosing || open.size >= CONNECTIONS_MAX) return refuseUpgrade(socket, "503 Service Unavailable");
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      open.set(webSocket, { isAlive: true });
      webSocket.on("pong", () => open.set(webSocket, { isAlive: true }));
      webSocket.on("close", () => open.delete(webSocket));
      serveSocket(relay, webSocket, socket, quiet, onBug);
    });
  }

  const limits = {
    headersTimeout: HEADERS_WAIT_MS,
    requestTimeout: REQUEST_WAIT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
  };
  let server: Server;
  try {
    server = options.tls
      ? createHttpsServer({ ...limits, ...options.tls, minVersion: "TLSv1.3" }, serve)
      : createHttpServer(limits, serve);
  } catch (cause) {
    return err({ kind: "badTls", cause }); // OpenSSL refuses the certificate or the key
  }
  server.maxConnections = SOCKETS_MAX;
  server.on("connection", count);
  server.on("upgrade", upgrade);
  server.on("clientError", (_error, socket) => socket.destroy());
  const problem = await listening(server, options);
  if (problem) return err(problem);
  server.on("error", onBug); // a connection that could not be accepted, as without file descriptors: the others stay

  const pings = setInterval(() => {
    for (const [webSocket, { isAlive }] of open) {
      if (!isAlive) webSocket.terminate();
      open.set(webSocket, { isAlive: false });
      webSocket.ping();
    }
  }, PING_MS);
  pings.unref();

  return ok({
    port: (server.address() as AddressInfo).port,
    connections: () => open.size,
    async close() {
      isClosing = true;
      clearInterval(pings);
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeIdleConnections();
      await relay.stop();
      for (const webSocket of open.keys()) webSocket.close(CLOSE_GOING_AWAY);
      const late = setTimeout(() => {
        for (const webSocket of open.keys()) webSocket.terminate();
        server.closeAllConnections();
      }, CLOSE_WAIT_MS);
      await closed;
      clearTimeout(late);
    },
  });
}

function listening(server: Server, { host, port }: ListenerOptions): Promise<ListenProblem | undefined> {
  return new Promise((resolve) => {
    const fail = (cause: NodeJS.ErrnoException): void =>
      resolve({ kind: PROBLEM_BY_CODE[cause.code ?? ""] ?? "other", cause });
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve(undefined);
    });
  });
}

const PROBLEM_BY_CODE: Readonly<Record<string, ListenProblem["kind"]>> = {
  EADDRINUSE: "portBusy",
  EACCES: "portForbidden",
  EADDRNOTAVAIL: "noSuchHost",
  ENOTFOUND: "noSuchHost",
};

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split(/[?#]/, 1)[0] ?? "/";

const mountOf = (mounts: readonly Mount[], urlPath: string): Mount | undefined =>
  mounts
    .filter(({ path }) => urlPath === path || (path.endsWith("/") && urlPath.startsWith(path)))
    .toSorted((a, b) => b.path.length - a.path.length)[0];

const refuseUpgrade = (socket: Duplex, status: string): void =>
  void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);

/**
 * What connections are counted by: an IPv4 address, or the 64 bits of an IPv6 address that one customer has. Loopback
 * is not counted: it is where a reverse proxy connects from.
 */
export function networkOf(address: string | undefined): string | undefined {
  if (address === undefined || isLoopback(address)) return undefined;
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (ipv4 !== undefined) return ipv4;
  const [before = [], after = []] = address.split("::").map((side) => side.split(":").filter(Boolean));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}

export const isLoopback = (address: string): boolean =>
  isIP(address) !== 0 && (address === "::1" || /^(?:::ffff:)?127\./.test(address));

function forgetOne(countByNetwork: Map<string, number>, network: string): void {
  const left = (countByNetwork.get(network) ?? 1) - 1;
  if (left > 0) countByNetwork.set(network, left);
  else countByNetwork.delete(network);
}
