/**
 * The page under its final policy, in real Chromium (spec/front-door.md, FD20–FD25). What the policy
 * refuses is tried by a page of ours served beside the handset: scripts that a test hands to the browser
 * run outside the policy and would prove nothing.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { pagePolicyHeaders } from "@sotto/relay-adapters/page-policy";
import { openWindow, type Window } from "@sotto/testkit/browser";

const HANDSET = resolve(import.meta.dirname, "../dist");
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

/** A page that does `attempt` and then shows what came of it, with every directive that was violated. */
const trial = (attempt: string): string => `
  const violated = [];
  addEventListener("securitypolicyviolation", (event) => violated.push(event.effectiveDirective));
  const attempt = async () => { ${attempt} };
  const outcome = await attempt().then((value) => String(value), (error) => "refused: " + error.name);
  await new Promise((resolve) => setTimeout(resolve, 100));
  document.querySelector("output").textContent = JSON.stringify({ outcome, violated });
`;

const PAGE = `<!doctype html><title>trial</title><output></output>`;
let script = "";
let inline = "";
let server: Server;
let origin = "";
let window: Window;

function answer(path: string, response: ServerResponse): void {
  const send = (type: string, body: string | Uint8Array): void => {
    response.writeHead(200, { ...pagePolicyHeaders(), "Content-Type": type }).end(body);
  };
  if (path === "/trial") {
    send("text/html", `${PAGE}${inline}<script type="module" src="/trial.js"></script>`);
  } else if (path === "/trial.js") send("text/javascript", script);
  else {
    const file = join(HANDSET, path === "/" ? "index.html" : path);
    readFile(file).then(
      (bytes) => send(TYPES[extname(file)] ?? "application/octet-stream", bytes),
      () => response.writeHead(404).end(),
    );
  }
}

before(async () => {
  server = createServer((request, response) => answer(request.url ?? "/", response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  window = await openWindow();
});
after(async () => {
  await window.close();
  server.close();
});

type Trial = { readonly outcome: string; readonly violated: readonly string[] };

async function tried(attempt: string, markup = ""): Promise<Trial> {
  script = trial(attempt);
  inline = markup;
  await window.page.goto(`${origin}/trial`, { waitUntil: "commit" });
  const output = window.page.locator("output:not(:empty)");
  return JSON.parse((await output.textContent()) ?? "") as Trial;
}

test("[FD20] the handset opens under its policy without a complaint", async () => {
  const before = window.complaints.length;
  await window.page.goto(`${origin}/`);
  await window.page.locator("#app > *").first().waitFor();
  assert.deepEqual(window.complaints.slice(before), []);
});

test("[FD20] what the handset needs is allowed: its own script, WebAssembly, pictures from memory", async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`;
  const picture = await tried(`
    const image = new Image();
    image.src = URL.createObjectURL(new Blob(['${svg}'], { type: "image/svg+xml" }));
    await image.decode();
    return image.width;
  `);
  assert.deepEqual(picture, { outcome: "1", violated: [] });
  const bytes = "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])";
  assert.deepEqual(await tried(`return (await WebAssembly.compile(${bytes})).constructor.name`), {
    outcome: "Module",
    violated: [],
  });
});

test("[FD21] inline script does not run, nor does an event attribute", async () => {
  const markup = `<script>document.title = "ran"</script><img src="data:," onerror="document.title = 'ran'">`;
  const { outcome, violated } = await tried("return document.title", markup);
  assert.equal(outcome, "trial");
  // The inline script was refused before the trial could listen; the attribute is refused while it does.
  assert.ok(violated.every((directive) => directive.startsWith("script-src")));
});

test("[FD21] eval and Function are refused", async () => {
  assert.equal((await tried(`return eval("1 + 1")`)).outcome, "refused: EvalError");
  assert.equal((await tried(`return new Function("return 2")()`)).outcome, "refused: EvalError");
});

test("[FD22] a worker is refused unless its URL passes the one policy and is our own", async () => {
  assert.equal((await tried(`return new Worker("/trial.js")`)).outcome, "refused: TypeError");
  const policy = `const own = trustedTypes.createPolicy("sotto", { createScriptURL: (url) => url });`;
  const blob = `URL.createObjectURL(new Blob(["postMessage(1)"], { type: "text/javascript" }))`;
  const outcome = `new Promise((resolve) => { worker.onerror = () => resolve("failed"); worker.onmessage = () => resolve("ran"); })`;
  const foreign = await tried(
    `${policy} const worker = new Worker(own.createScriptURL(${blob})); return ${outcome}`,
  );
  assert.notEqual(foreign.outcome, "ran");
  assert.deepEqual(foreign.violated, ["worker-src"]);
  const other = `trustedTypes.createPolicy("other", {}); return "made"`;
  assert.equal((await tried(other)).outcome, "refused: TypeError");
});

test("[FD22] text does not become markup or script", async () => {
  const { outcome, violated } = await tried(`document.body.innerHTML = "<b>x</b>"; return "written"`);
  assert.equal(outcome, "refused: TypeError");
  assert.deepEqual(violated, ["require-trusted-types-for"]);
});

test("[FD23] nothing is fetched in the clear from another host, and no form is sent", async () => {
  const clear = await tried(`return (await fetch("http://127.0.0.2:9/")).status`);
  assert.deepEqual(clear, { outcome: "refused: TypeError", violated: ["connect-src"] });
  const picture = await tried(
    `const image = new Image(); image.src = "https://127.0.0.2:9/x.png"; await image.decode(); return "shown"`,
  );
  assert.equal(picture.outcome, "refused: EncodingError");
  assert.deepEqual(picture.violated, ["img-src"]);
  const form = await tried(
    `const form = document.createElement("form"); form.action = "/sent"; document.body.append(form); form.submit(); return "asked"`,
  );
  assert.deepEqual(form.violated, ["form-action"]);
});

test("[FD24] no other page may frame the handset, and it asks for no place, camera or microphone", () => {
  const headers = pagePolicyHeaders();
  assert.match(headers["Content-Security-Policy"] ?? "", /frame-ancestors 'none'/);
  for (const feature of ["geolocation", "camera", "microphone"]) {
    assert.match(headers["Permissions-Policy"] ?? "", new RegExp(`\\b${feature}=\\(\\)`));
  }
  assert.equal(headers["Referrer-Policy"], "no-referrer");
});
