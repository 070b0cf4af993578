/**
 * The example profiles of `--demo`, for browsers on this machine. Each goes to one browser: two copies of a device
 * would use the same message keys. So whoever has stored one says so, by DELETE. Spec: spec/terminal.md, DM2.
 */
import { createReadStream } from "node:fs";
import { rename, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { isLoopback, type Mount } from "@sotto/relay-adapters/node";

const MOUNT = "/demo/";
const NAMES: ReadonlySet<string> = new Set(["alice.sotto", "bob.sotto"]);

export const createDemoMount = (folder: string): Mount => ({
  path: MOUNT,
  async serve(request, response, urlPath) {
    const name = urlPath.slice(MOUNT.length);
    if (!isFromHere(request) || !NAMES.has(name)) return void response.writeHead(404).end();
    const path = join(folder, name);
    if (request.method === "GET") return send(path, response);
    if (request.method === "DELETE") return void response.writeHead(await wasTaken(path)).end();
    response.writeHead(405, { allow: "GET, DELETE" }).end();
  },
});

/** Not through a proxy, which says whom it asks for. */
const isFromHere = ({ socket, headers }: IncomingMessage): boolean =>
  isLoopback(socket.remoteAddress ?? "") &&
  headers.forwarded === undefined &&
  headers["x-forwarded-for"] === undefined;

async function send(path: string, response: ServerResponse): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return void response.writeHead(404).end();
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": found.size,
    "cache-control": "no-store",
  });
  const stream = createReadStream(path);
  stream.on("error", () => response.destroy());
  response.on("close", () => stream.destroy());
  stream.pipe(response);
}

const wasTaken = (path: string): Promise<number> =>
  rename(path, `${path}.taken`).then(
    () => 204,
    () => 404,
  );
