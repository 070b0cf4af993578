/**
 * What somebody waits for at the handset, in real Chromium: the lock screen, the list after the passphrase, and a
 * conversation of 10,000 messages. The profile is made by a member in this process and handed to the browser as an
 * example profile is. Sizes are of what the browser fetched, compressed as a server would.
 */
import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { openWindow, type Window } from "@sotto/testkit/browser";
import { acquaint, createFolder, joinNodeMember, send, startRelay, until } from "@sotto/testkit/e2e";
import { fillBefore } from "./many-messages.ts";

const ASSETS = resolve(import.meta.dirname, "../apps/web/dist/assets");
const MESSAGES = 10_000;
const RUNS = 5;
export const PASSPHRASE = "correct horse battery";
const REGION_BYTES = 32 * 2 ** 20;

export type HandsetCosts = {
  /** From the navigation to the field for the passphrase, drawn. */
  readonly lockScreenMs: readonly number[];
  /** From the stretched passphrase to the list, drawn. */
  readonly listMs: readonly number[];
  /** From the press on its row to the newest message, drawn. */
  readonly conversationMs: readonly number[];
  readonly lockScreenGzipBytes: number;
  readonly handsetGzipBytes: number;
  readonly onDemandGzipBytes: number;
};

export async function measureHandset(): Promise<HandsetCosts> {
  const folder = createFolder();
  const relay = await startRelay({ data: join(folder.path, "relay") });
  const window = await openWindow({ width: 1280, height: 800 });
  const fetched = new Set<string>();
  window.context.on("request", (request) => fetched.add(basename(new URL(request.url()).pathname)));
  try {
    const file = join(folder.path, "alice");
    await makeProfile(file, relay.url, relay.codes);
    await window.context.addInitScript({ content: WATCH });
    // Without a profile nothing is fetched ahead: what is here now is what a locked handset needs.
    await window.page.goto(relay.url);
    await window.page.getByRole("textbox", { name: "Activation code" }).waitFor();
    const beforeUnlock = [...fetched];
    await takeProfile(window, file, relay.url);
    const times = await visits(window, relay.url);
    const others = (await readdir(ASSETS)).filter((name) => !fetched.has(name));
    return {
      ...times,
      lockScreenGzipBytes: await gzipBytes(beforeUnlock),
      handsetGzipBytes: await gzipBytes([...fetched]),
      onDemandGzipBytes: await gzipBytes(others),
    };
  } finally {
    await window.close();
    await relay.stop();
    folder.remove();
  }
}

/** A member who was written to once, and finds 9,999 more messages of that kind before it. */
async function makeProfile(file: string, relayUrl: string, codes: readonly string[]): Promise<void> {
  const options = { relayUrl, passphrase: PASSPHRASE, regionBytes: REGION_BYTES };
  const alice = await joinNodeMember({ ...options, file, name: "Alice", code: codes[0] ?? "" });
  const bob = await joinNodeMember({ ...options, file: `${file}-bob`, name: "Bob", code: codes[1] ?? "" });
  const { oneToOther, otherToOne } = await acquaint(bob, alice);
  await send(bob, oneToOther, `Message ${MESSAGES}`);
  await until("the message", () => alice.member.view().conversations[0]?.unread === 1);
  await alice.member.ask({ kind: "mark-read", in: otherToOne });
  await bob.close();
  await alice.member.close();
  await fillBefore(alice.records, MESSAGES, (count) => `Message ${count}`);
  await alice.close();
}

/** A container from a file becomes the profile of this browser. */
export async function takeProfile({ context, page }: Window, file: string, url: string): Promise<void> {
  await context.route("**/demo/alice.sotto", async (route) => {
    if (route.request().method() === "DELETE") await route.fulfill({ status: 204 });
    else await route.fulfill({ body: await readFile(file) });
  });
  await page.goto("about:blank");
  await page.goto(`${url}/#demo=alice`);
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByRole("heading", { name: "Locked" }).waitFor();
}

/** What is on the screen, as the page finds it. */
const SEEN = {
  lock: `document.querySelector('input[name="passphrase"]') !== null`,
  list: `document.querySelector(".row") !== null`,
  conversation: `[...document.querySelectorAll(".bubble")].at(-1)?.textContent === "Message ${MESSAGES}"`,
} as const;

/** In the page: notes when each has been drawn, and when something was last pressed. */
const WATCH = `
  const times = (globalThis.times = {});
  const found = new Set();
  const now = () => performance.timeOrigin + performance.now();
  const seen = { ${Object.entries(SEEN)
    .map(([name, seen]) => `${name}: () => ${seen}`)
    .join(", ")} };
  function look() {
    for (const name in seen) {
      if (found.has(name) || !seen[name]()) continue;
      found.add(name);
      requestAnimationFrame(() => (times[name] = now()));
    }
    requestAnimationFrame(look);
  }
  requestAnimationFrame(look);
  addEventListener("click", () => (times.press = now()), true);
`;

async function timeOf(window: Window, name: keyof typeof SEEN | "press"): Promise<number> {
  const read = (key: string): number | undefined =>
    (globalThis as unknown as { times: Record<string, number> }).times[key];
  return until(`${name} to be drawn`, () => window.page.evaluate(read, name));
}

async function visits(
  window: Window,
  url: string,
): Promise<Pick<HandsetCosts, "lockScreenMs" | "listMs" | "conversationMs">> {
  const { page } = window;
  const times = { lockScreenMs: [] as number[], listMs: [] as number[], conversationMs: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    await page.goto(url);
    const navigated = await page.evaluate(() => performance.timeOrigin);
    times.lockScreenMs.push((await timeOf(window, "lock")) - navigated);
    await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
    await page.keyboard.press("Enter");
    const listed = await timeOf(window, "list");
    times.listMs.push(listed - (await unlockedAt(window)));
    await page.getByRole("button", { name: /Bob/ }).click();
    const opened = await timeOf(window, "conversation");
    times.conversationMs.push(opened - (await timeOf(window, "press")));
  }
  return times;
}

async function unlockedAt({ page }: Window): Promise<number> {
  const worker = page.workers()[0];
  if (worker === undefined) throw new Error("the handset has a worker");
  return worker.evaluate(() => {
    const mark = performance.getEntriesByName("unlocked").at(-1);
    return performance.timeOrigin + (mark?.startTime ?? Number.NaN);
  });
}

async function gzipBytes(names: readonly string[]): Promise<number> {
  const isAsset = new Set(await readdir(ASSETS));
  const parts = names.filter((name) => isAsset.has(name)).map((name) => readFile(join(ASSETS, name)));
  const page = readFile(join(ASSETS, "../index.html"));
  const bytes = await Promise.all([page, ...parts]);
  return bytes.reduce((sum, one) => sum + gzipSync(one, { level: 9 }).length, 0);
}

if (import.meta.main) console.log(await measureHandset());
