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

/** What a listener gives to those who connect. */
export type ListenerLimits = {
  /** WebSockets. */
  readonly connections: number;
  /** Sockets, those without a WebSocket and without TLS yet included. */
  readonly sockets: number;
  /** Sockets of one IPv4 address or one IPv6 network. Held in memory only. */
  readonly socketsPerAddress: number;
  /** How long a TLS handshake, and then the headers, may take. */
  readonly headersWaitMs: number;
  /** How long a request may take, its headers included. */
  readonly requestWaitMs: number;
  /** What half frames of all connections may hold in memory. */
  readonly quietBytes: number;
};
const LIMITS: ListenerLimits = {
  connections: 50_000,
  sockets: 54_096,
  socketsPerAddress: 256,
  headersWaitMs: 10_000,
  requestWaitMs: 15_000,
  quietBytes: 256 * 1_048_576,
};
/** How often Node looks for headers and requests that take too long. */
const WAITS_CHECKED_MS = 500;
const KEEP_ALIVE_MS = 5_000;
const HEADER_BYTES_MAX = 8_192;
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
  /** Instead of those above, for tests. */
  readonly limits?: Partial<ListenerLimits>;
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
  const limits: ListenerLimits = { ...LIMITS, ...options.limits };
  const quiet = { bytes: 0, bytesMax: limits.quietBytes };
  const open = new Map<WebSocket, { isAlive: boolean }>();
  /** Those without a WebSocket, and without TLS yet, included. */
  const sockets = new Set<Socket>();
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

  function take(socket: Socket): void {
    const network = networkOf(socket.remoteAddress);
    if (network !== undefined) {
      const count = (countByNetwork.get(network) ?? 0) + 1;
      if (count > limits.socketsPerAddress) return void socket.destroy();
      countByNetwork.set(network, count);
    }
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      if (network !== undefined) forgetOne(countByNetwork, network);
    });
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    if (pathOf(request) !== "/v1") return refuseUpgrade(socket, "404 Not Found");
    if (isClosing || open.size >= limits.connections) return refuseUpgrade(socket, "503 Service Unavailable");
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      open.set(webSocket, { isAlive: true });
      webSocket.on("pong", () => open.set(webSocket, { isAlive: true }));
      webSocket.on("close", () => open.delete(webSocket));
      serveSocket(relay, webSocket, socket, quiet, onBug);
    });
  }

  const bounds = {
    handshakeTimeout: limits.headersWaitMs,
    headersTimeout: limits.headersWaitMs,
    requestTimeout: limits.requestWaitMs,
    connectionsCheckingInterval: WAITS_CHECKED_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
  };
  let server: Server;
  try {
    server = options.tls
      ? createHttpsServer({ ...bounds, ...options.tls, minVersion: "TLSv1.3" }, serve)
      : createHttpServer(bounds, serve);
  } catch (cause) {
    return err({ kind: "badTls", cause }); // OpenSSL refuses the certificate or the key
  }
  server.maxConnections = limits.sockets;
  server.on("connection", take);
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
        for (const socket of sockets) socket.destroy();
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

/** Whoever is refused may keep its side open: nobody would notice when it goes, so this side does not wait. */
function refuseUpgrade(socket: Duplex, status: string): void {
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

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
