/** The handset with its worker, a relay and real storage. Spec: spec/handset.md, UI1 to UI9. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { createDevice } from "@sotto/client-adapters/node";
import { codeToText } from "@sotto/protocol";
import { openWindow, type Window } from "@sotto/testkit/browser";
import { createFolder, startRelay, until, type Folder, type RelayProcess } from "@sotto/testkit/e2e";
import { bodyAndType } from "./gallery.ts";

const DIST = resolve(import.meta.dirname, "../dist");
const PASSPHRASE = "four quiet winter words";
const LINK_FRAGMENT = "#cAQIDBAUG";

let folder: Folder;
let relay: RelayProcess;
let window: Window;
/** Parts of the handset in the order in which they were fetched. */
const fetched: string[] = [];

before(async () => {
  folder = createFolder();
  relay = await startRelay({ data: folder.path });
  window = await openWindow();
  window.context.on("request", (request) => {
    const name = basename(new URL(request.url()).pathname);
    if (/\.(?:js|css|wasm)$/.test(name)) fetched.push(name);
  });
});
after(async () => {
  await window.close();
  await relay.stop();
  folder.remove();
});
afterEach(() => assert.deepEqual(window.complaints, []));

async function joinWith(code: string): Promise<void> {
  const { page } = window;
  await page.getByRole("textbox", { name: "Activation code" }).fill(code);
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Your name" }).fill("Alice");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Use a passphrase instead" }).click();
  await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
  await page.getByLabel("The passphrase again").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Join" }).click();
}

async function unlock(passphrase: string): Promise<void> {
  await window.page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await window.page.keyboard.press("Enter");
}

const storedFiles = (): Promise<readonly string[]> =>
  window.page.evaluate(async () => {
    const names: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
    return names;
  });

const textOf = (name: string): Promise<string> => readFile(resolve(DIST, "assets", name), "utf8");

/** This part and every other that it imports, at once or later. A worker is started, not imported. */
async function importedFrom(name: string, known = new Set<string>()): Promise<readonly string[]> {
  known.add(name);
  for (const [, next = ""] of (await textOf(name)).matchAll(/["`]\.\/([\w.-]+\.js)["`]/g))
    if (!known.has(next)) await importedFrom(next, known);
  return [...known];
}

async function gzipBytes(names: Iterable<string>): Promise<number> {
  const page = gzipSync(await readFile(resolve(DIST, "index.html"))).length;
  const parts = await Promise.all(
    [...new Set(names)].map(async (name) =>
      gzipSync(await readFile(resolve(DIST, "assets", name)), { level: 9 }),
    ),
  );
  return parts.reduce((sum, part) => sum + part.length, page);
}

test("[UI2] little is needed before anybody joins", async () => {
  await window.page.goto(`${relay.url}/${LINK_FRAGMENT}`);
  await window.page.getByRole("textbox", { name: "Activation code" }).waitFor();
  assert.ok(!fetched.some((name) => /keeper|home/.test(name)), fetched.join(" "));
  assert.ok(
    fetched.some((name) => name.startsWith("main")),
    "the worker's own requests are counted",
  );
  const bytes = await gzipBytes(fetched);
  assert.ok(bytes <= 60_000, `${bytes} bytes`);
});

test("[UI6] a contact link is taken out of the address before anything is drawn", async () => {
  assert.equal(await window.page.evaluate(() => location.href), `${relay.url}/`);
  assert.deepEqual(await window.page.evaluate(() => history.state as unknown), { depth: 1 });
});

test("a code with a typing mistake is refused before anything is made", async () => {
  const { page } = window;
  await page.getByRole("textbox", { name: "Activation code" }).fill("AAAAA-BBBBB");
  await page.keyboard.press("Enter");
  await page.getByText("This code contains a typing mistake.").waitFor();
  assert.deepEqual(await storedFiles(), []);
});

test("[UI5] a code that the relay refuses leaves no container behind", async () => {
  await joinWith(codeToText(randomBytes(16)));
  await window.page.getByText("The relay does not accept this code").waitFor();
  assert.deepEqual(await storedFiles(), []);
});

test("[UI2] the whole handset is small enough", async () => {
  await window.page.reload();
  await joinWith(relay.codes[0] ?? "");
  // The link that opened the page was forgotten with the reload: the list is empty and says what to do.
  await window.page.getByRole("heading", { name: "Nobody here yet" }).waitFor();
  assert.ok(fetched.some((name) => name.startsWith("keeper")));
  const bytes = await gzipBytes(fetched);
  assert.ok(bytes <= 280_000, `${bytes} bytes`);
  assert.ok(!fetched.some((name) => extname(name) === ".wasm"));
});

test("[UI1] what the page is made of knows no key and no container", async () => {
  const secret = /argon2|sotto\/container|createSyncAccessHandle\(|MLS 1\.0/;
  const parts = [...new Set(fetched)].filter((name) => name.endsWith(".js"));
  const ofPage = await importedFrom(parts.find((name) => name.startsWith("index")) ?? "");
  assert.ok(
    ofPage.some((name) => name.startsWith("home")),
    "what is fetched later is looked through, too",
  );
  for (const name of ofPage) assert.doesNotMatch(await textOf(name), secret, name);
  const keeper = parts.find((name) => name.startsWith("keeper")) ?? "";
  assert.match(await textOf(keeper), secret, "the words that are looked for occur where they should");
});

test("[UI6] neither address nor history names anybody", async () => {
  const { page } = window;
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.getByRole("button", { name: "Open help" }).click();
  await page.getByRole("heading", { name: "Help", level: 1 }).waitFor();
  assert.equal(await page.evaluate(() => location.href), `${relay.url}/`);
  assert.deepEqual(await page.evaluate(() => history.state as unknown), { depth: 2 });
  await page.goBack();
  await page.getByRole("heading", { name: "Me", level: 1 }).waitFor();
});

test("[UI6] a contact link that is opened in this tab is taken out of the address, and leads to adding", async () => {
  const { page } = window;
  await page.evaluate(() => {
    location.hash = "#cAQID";
  });
  const field = page.getByRole("textbox", { name: "Contact link" });
  await field.waitFor();
  assert.equal(await field.inputValue(), `${relay.url}/#cAQID`);
  assert.equal(await page.evaluate(() => location.href), `${relay.url}/`);
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await page.getByRole("button", { name: "Me", exact: true }).click();
});

test("[UI7] locking leaves nothing in the page, and reloading is locking", async () => {
  const { page } = window;
  await page.getByRole("button", { name: "Lock now" }).click();
  await page.getByRole("heading", { name: "Locked" }).waitFor();
  assert.ok(!(await page.locator("body").textContent())?.includes("Alice"));
  assert.deepEqual(await page.evaluate(() => history.state as unknown), { depth: 1 });
  await unlock(PASSPHRASE);
  await page.getByRole("heading", { name: "Nobody here yet" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Locked" }).waitFor();
});

test("[UI9] a wrong passphrase is said to be wrong and changes nothing", async () => {
  await unlock("not the passphrase");
  await window.page.getByText("This passphrase is not right. Nothing is lost").waitFor();
  await unlock(PASSPHRASE);
  await window.page.getByRole("heading", { name: "Nobody here yet" }).waitFor();
});

test("[UI3] a second tab says so, and goes on by itself once the first is gone", async () => {
  const first = window.page;
  const second = await window.context.newPage();
  await second.goto(relay.url);
  await second.getByRole("heading", { name: "Sotto is open in another tab" }).waitFor();
  assert.ok(await first.getByRole("heading", { name: "Nobody here yet" }).isVisible());
  await first.goto("about:blank");
  await second.getByRole("heading", { name: "Locked" }).waitFor();
  await second.close();
  await first.goto(relay.url);
  await first.getByRole("heading", { name: "Locked" }).waitFor();
});

/** A window of its own, whose complaints are what the test brings about. */
async function inOwnWindow(run: (own: Window) => Promise<void>): Promise<void> {
  const own = await openWindow();
  try {
    await run(own);
  } finally {
    await own.close();
  }
}

test("[UI8] a bug of ours stops the worker, and the page says so", () =>
  inOwnWindow(async ({ page }) => {
    await page.goto(relay.url);
    await page.getByRole("textbox", { name: "Activation code" }).waitFor();
    const worker = await until("the worker", () => page.workers()[0]);
    await worker.evaluate(() => void Promise.reject(new Error("planted")));
    await page.getByRole("heading", { name: "Sotto has stopped" }).waitFor();
    await page.getByText("Technical detail", { exact: true }).click();
    await page.getByText("Error: planted").waitFor();
    await page.reload();
    await page.getByRole("textbox", { name: "Activation code" }).waitFor();
  }));

test("[UI23] an example profile is taken when the person says so, once, and only into a browser without one", () =>
  inOwnWindow(async ({ page, context }) => {
    const file = join(folder.path, "example");
    const made = await createDevice({
      file,
      passphrase: PASSPHRASE,
      relayUrl: relay.url,
      code: relay.codes[1] ?? "",
      name: "Alice",
      regionBytes: 2 ** 22,
    });
    assert.ok(made.ok);
    await made.value.close();
    const asked: string[] = [];
    await context.route("**/demo/alice.sotto", async (route) => {
      asked.push(route.request().method());
      if (asked.length > 2) await route.fulfill({ status: 404 });
      else if (route.request().method() === "DELETE") await route.fulfill({ status: 204 });
      else await route.fulfill({ body: await readFile(file) });
    });
    await page.goto(`${relay.url}/#demo=alice`);
    await page.getByRole("heading", { name: "Try Sotto with a made-up profile?" }).waitFor();
    assert.equal(page.url(), `${relay.url}/`);
    assert.deepEqual(asked, []);
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByRole("heading", { name: "Locked" }).waitFor();
    assert.deepEqual(asked, ["GET", "DELETE"]);
    await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Nobody here yet" }).waitFor();

    await page.goto("about:blank");
    await page.goto(`${relay.url}/#demo=alice`);
    await page.getByText("There is a profile in this browser already").waitFor();
    assert.deepEqual(asked, ["GET", "DELETE"]);
    await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Nobody here yet" }).waitFor();
  }));

test("[UI23] whoever does not want an example profile joins instead, and nothing was fetched", () =>
  inOwnWindow(async ({ page, context }) => {
    const asked: string[] = [];
    context.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${relay.url}/#demo=alice`);
    await page.getByRole("button", { name: "Join with a code" }).click();
    await page.getByRole("textbox", { name: "Activation code" }).waitFor();
    assert.ok(!asked.some((path) => path.startsWith("/demo/")));
  }));

test("[UI23] an example profile that is gone is said to be gone", () =>
  inOwnWindow(async ({ page }) => {
    await page.goto(`${relay.url}/#demo=bob`);
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByText("This example profile is already in another browser.").waitFor();
    await page.getByRole("textbox", { name: "Activation code" }).waitFor();
  }));

test("[UI4] on an origin that is not secure no worker starts, and the page says what to do", () =>
  inOwnWindow(async ({ page }) => {
    await page.route("http://relay.test/**", async (route) => {
      const { body, type } = await bodyAndType(DIST, new URL(route.request().url()).pathname);
      await route.fulfill({ body, contentType: type });
    });
    await page.goto("http://relay.test/");
    await page.getByRole("heading", { name: "This address is not protected" }).waitFor();
    await page.getByText("http://relay.test").waitFor();
    assert.equal(page.workers().length, 0);
  }));
