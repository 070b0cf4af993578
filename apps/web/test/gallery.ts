/** The gallery, built and served under the page policy for one test file. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { after, afterEach, before, beforeEach } from "node:test";
import { pagePolicyHeaders } from "@sotto/relay-adapters/page-policy";
import { openWindow, type Window, type WindowOptions } from "@sotto/testkit/browser";

const WEB = resolve(import.meta.dirname, "..");
const VITE = resolve(WEB, "../../node_modules/vite/bin/vite.js");
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
};

export type Wish = {
  readonly language?: "en" | "de";
  readonly theme?: "light" | "dark";
  readonly dir?: "rtl";
};
export type Gallery = {
  address(scene: string, wish?: Wish): string;
  close(): Promise<void>;
};

/** A window of its own for each test of a file, on the gallery's screens. What the page complained of fails the test. */
export function inGallery(size: WindowOptions) {
  let gallery: Gallery | undefined;
  let window: Window | undefined;
  before(async () => {
    gallery = await openGallery();
  });
  after(() => gallery?.close());
  beforeEach(async () => {
    window = await openWindow(size);
  });
  afterEach(async () => {
    const complaints = window?.complaints;
    await window?.close();
    assert.deepEqual(complaints, []);
  });
  return {
    get page(): Window["page"] {
      return window?.page ?? assert.fail("a window is open within a test");
    },
    address: (scene: string, wish?: Wish): string =>
      gallery?.address(scene, wish) ?? assert.fail("the gallery is open within a test"),
  };
}

export async function openGallery(): Promise<Gallery> {
  const folder = await mkdtemp(join(tmpdir(), "sotto-gallery-"));
  const args = ["build", "--mode", "gallery", "--logLevel", "error", "--outDir", folder, "--emptyOutDir"];
  const build = spawn(process.execPath, [VITE, ...args], { cwd: WEB, stdio: ["ignore", 2, 2] });
  const [code] = (await once(build, "exit")) as [number | null];
  if (code !== 0) throw new Error("the gallery could not be built; the reason is above");
  const server = await serve(folder);
  const { port } = server.address() as AddressInfo;
  return {
    address: (scene, wish = {}) =>
      `http://127.0.0.1:${port}/gallery.html?${new URLSearchParams({ scene, ...wish }).toString()}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One file of a built handset. `/` is its page. Rejects when there is none. */
export async function bodyAndType(
  folder: string,
  path: string,
): Promise<{ readonly body: Buffer; readonly type: string }> {
  const file = join(folder, path === "/" ? "index.html" : path);
  return { body: await readFile(file), type: TYPES[extname(file)] ?? "application/octet-stream" };
}

/** Static files of `folder`, as a relay would send them. */
async function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    bodyAndType(folder, pathname).then(
      ({ body, type }) => response.writeHead(200, { ...pagePolicyHeaders(), "Content-Type": type }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
