/**
 * The network of one browser, as an HTTP proxy that can be cut: every connection ends at once and none begins, as when
 * a telephone loses its signal. A browser's own "offline" leaves open sockets open.
 */
import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { Duplex } from "node:stream";

export type Wire = {
  readonly port: number;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
};

export async function createWire(): Promise<Wire> {
  const sockets = new Set<Duplex>();
  let isCut = false;
  const hold = (socket: Duplex): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
  };
  const server = createServer(forward);
  server.on("connection", (socket: Socket) => {
    hold(socket);
    if (isCut) socket.destroy();
  });
  server.on("connect", (request: IncomingMessage, client: Duplex, head: Buffer) => {
    const { hostname, port } = new URL(`http://${request.url ?? ""}`);
    if (!isHere(hostname)) return void client.destroy();
    const upstream = connect(Number(port), addressOf(hostname), () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    hold(upstream);
    upstream.on("close", () => client.destroy());
    client.on("close", () => upstream.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** This machine by a name that no browser takes for it, as a relay in a local network is seen from another machine. */
export const OTHER_NAME = "relay.test";

/** What a browser has to say to its maker goes nowhere. */
const isHere = (hostname: string): boolean => ["localhost", "127.0.0.1", OTHER_NAME].includes(hostname);
const addressOf = (hostname: string): string => (hostname === OTHER_NAME ? "127.0.0.1" : hostname);

function forward(request: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url = "" } = request;
  const { hostname, port, pathname } = new URL(url);
  if (!isHere(hostname)) return void response.destroy();
  const to = { host: addressOf(hostname), port, path: pathname, method, headers };
  const upstream = httpRequest(to, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on("error", () => response.destroy());
  request.pipe(upstream);
}
