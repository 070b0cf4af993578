import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openWindow, type Window } from "@sotto/testkit/browser";
import { build } from "vite";

type Page = Window["page"];

/** Gives the page `ask(task, argument)`, and in `told` the last count that its worker said is durable. */
const PAGE = `<!doctype html><title>OPFS</title><script type="module">
  const worker = new Worker("worker.js", { type: "module" });
  const waiting = new Map();
  globalThis.told = 0;
  worker.onmessage = ({ data }) => {
    if (data.told) return void (globalThis.told = data.told);
    waiting.get(data.id)?.(data.failure ?? data.value ?? "done");
  };
  worker.onerror = ({ message }) => waiting.forEach((answer) => answer("the worker failed: " + message));
  globalThis.ask = (task, argument) => new Promise((resolve) => {
    const id = waiting.size;
    waiting.set(id, resolve);
    worker.postMessage({ id, task, argument });
  });
</script>`;

/** File names and their text; the worker is `worker.js`. */
async function bundleWorker(): Promise<ReadonlyMap<string, string>> {
  const built = await build({
    configFile: false,
    logLevel: "silent", // it warns of `crypto`, which a dependency asks Node for where there is no WebCrypto
    build: {
      write: false,
      target: "es2024",
      lib: {
        entry: join(import.meta.dirname, "opfs-worker.js"),
        formats: ["es"],
        fileName: () => "worker.js",
      },
    },
  });
  const [bundle] = Array.isArray(built) ? built : [built];
  assert.ok(bundle && "output" in bundle);
  return new Map(bundle.output.flatMap((file) => ("code" in file ? [[file.fileName, file.code]] : [])));
}

let server: Server;
let window: Window;
let origin: string;

before(async () => {
  const scripts = await bundleWorker();
  server = createServer((request, response) => {
    const script = scripts.get(request.url?.slice(1) ?? "");
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
    response.end(script ?? PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  window = await openWindow();
});
after(async () => {
  await window.close();
  server.close();
});

async function newTab(): Promise<Page> {
  const page = await window.context.newPage();
  await page.goto(origin);
  return page;
}
const ask = (page: Page, task: string, argument?: number): Promise<unknown> =>
  page.evaluate(`ask(${JSON.stringify(task)}, ${argument})`);

/** The hold on a file ends with the process that had it, which takes a moment to end. */
async function openOnceFree(page: Page): Promise<unknown> {
  for (let tries = 0; ; tries++) {
    const answer = await ask(page, "open");
    if (answer !== "in-use" || tries > 50) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const MS_MAX = 60_000;

test(
  "[CT20 CT21 CT23] a container in a browser: made, used, refused to a second tab, killed, opened again",
  { timeout: MS_MAX },
  async () => {
    const first = await newTab();
    assert.equal(await ask(first, "create"), "done");
    const second = await newTab();
    assert.equal(await ask(second, "open"), "in-use");

    void ask(first, "commitForEver").catch(() => "the tab crashed, as it should");
    let told = 0;
    while (told < 40) told = Number(await first.evaluate("told"));
    const devtools = await window.context.newCDPSession(first);
    void devtools.send("Page.crash").catch(() => "nobody is left to answer");
    await first.waitForEvent("crash");

    assert.equal(await openOnceFree(second), "done");
    const count = Number(await ask(second, "count"));
    assert.ok(count >= told, `${told} were told, ${count} are there`);
    assert.equal(await ask(second, "isWhole", count), true);
    assert.equal(await ask(second, "close"), "done");
    const third = await newTab();
    assert.equal(await ask(third, "open"), "done");
    assert.equal(await ask(third, "count"), count);
  },
);
