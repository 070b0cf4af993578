/** The handset's files, as a folder holds them. Nothing outside the folder can be named. Spec: spec/listener.md. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { pagePolicyHeaders } from "./page-policy.ts";

const TYPE_BY_EXTENSION: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};
/** Names below this folder contain a hash of their content. */
const HASHED_FOLDER = "/assets/";

type Found = { readonly path: string; readonly bytes: number; readonly tag: string };

/** A file of the folder by its URL path, or undefined: no such file, or not inside. */
async function find(folder: string, urlPath: string): Promise<Found | undefined> {
  let name: string;
  try {
    name = decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
  if (name.includes("\0")) return undefined;
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, name));
    if (!path.startsWith(root + sep)) return undefined;
    const { size, mtimeMs, isFile } = await stat(path).then((found) => ({
      size: found.size,
      mtimeMs: found.mtimeMs,
      isFile: found.isFile(),
    }));
    return isFile ? { path, bytes: size, tag: `"${size.toString(36)}-${mtimeMs.toString(36)}"` } : undefined;
  } catch {
    return undefined; // not there, or not ours to read
  }
}

/** Serves `folder`; a path without an extension is a place inside the app, which its index finds. */
export function createStaticFiles(folder: string) {
  return async (request: IncomingMessage, response: ServerResponse, urlPath: string): Promise<void> => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
      return;
    }
    const isPlace = extname(urlPath) === "";
    const found = await find(folder, isPlace ? "/index.html" : urlPath);
    const headers = pagePolicyHeaders();
    if (!found) {
      response.writeHead(404, { ...headers, "content-type": "text/plain; charset=utf-8" });
      response.end(isPlace ? "This relay serves no handset.\n" : "Not found.\n");
      return;
    }
    const caching = urlPath.startsWith(HASHED_FOLDER) ? "public, max-age=31536000, immutable" : "no-cache";
    const validators = { ...headers, etag: found.tag, "cache-control": caching };
    if (request.headers["if-none-match"] === found.tag) {
      response.writeHead(304, validators).end();
      return;
    }
    response.writeHead(200, {
      ...validators,
      "content-type": TYPE_BY_EXTENSION[extname(found.path)] ?? "application/octet-stream",
      "content-length": found.bytes,
    });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    const stream = createReadStream(found.path);
    stream.on("error", () => response.destroy());
    response.on("close", () => stream.destroy());
    stream.pipe(response);
  };
}
