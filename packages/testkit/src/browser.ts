/**
 * Debian's Chromium for tests. Each window is a person's own browser: separate storage, nothing shared.
 * A window collects what the page complains of (console errors, uncaught errors, refusals by the page
 * policy, requests that leave this machine), so that a test can end with `assert.deepEqual(complaints, [])`.
 *
 * `page.waitForFunction` needs `eval` and fails under our policy: wait for locators instead. Scripts given
 * to `page.evaluate` run outside the policy, so what the policy refuses must be tried by the page itself.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium, type BrowserContext, type ConsoleMessage, type Page } from "playwright-core";

export const CHROMIUM_PATH = "/usr/bin/chromium";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const START_MS_MAX = 60_000;
const STEP_MS_MAX = 20_000;
const LOCAL_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);

export type WindowOptions = {
  /** CSS pixels; a telephone's 390 × 844 unless said otherwise. */
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly locale?: string;
  /** Keeps the profile here, so that it outlives this browser. Otherwise it is new, and removed at the end. */
  readonly profile?: string;
  /** Accept certificates nobody vouches for: for a relay with TLS on loopback. */
  readonly anyCertificate?: boolean;
  /** All traffic goes through the HTTP proxy at this port of this machine: a wire that a test can cut. */
  readonly proxyPort?: number;
};

export type Window = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Grows as the page complains, oldest first. */
  readonly complaints: readonly string[];
  /** Writes `NAME.png` into the screenshots folder; the visible part only. */
  screenshot(name: string): Promise<void>;
  close(): Promise<void>;
};

/** Starts a Chromium of its own with one window. Throws when Chromium is absent or does not start. */
export async function openWindow(options: WindowOptions = {}): Promise<Window> {
  const profile = options.profile ?? (await mkdtemp(join(tmpdir(), "sotto-chromium-")));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM_PATH,
    headless: true,
    args: FLAGS,
    timeout: START_MS_MAX,
    viewport: { width: options.width ?? 390, height: options.height ?? 844 },
    colorScheme: options.dark === true ? "dark" : "light",
    locale: options.locale ?? "en-GB",
    ignoreHTTPSErrors: options.anyCertificate ?? false,
    ...(options.proxyPort !== undefined && {
      proxy: { server: `http://127.0.0.1:${options.proxyPort}`, bypass: "<-loopback>" },
    }),
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(STEP_MS_MAX);
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    page,
    context,
    complaints: listen(context),
    screenshot: async (name) => {
      await page.screenshot({ path: join(await screenshotsFolder(), `${name}.png`) });
    },
    close: async () => {
      await context.close();
      if (options.profile === undefined) await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** `screenshots/` at the root of the repository, or where `SOTTO_SCREENSHOTS` says. */
async function screenshotsFolder(): Promise<string> {
  const folder = process.env["SOTTO_SCREENSHOTS"] ?? resolve(import.meta.dirname, "../../../screenshots");
  await mkdir(folder, { recursive: true });
  return folder;
}

function listen(context: BrowserContext): readonly string[] {
  const complaints: string[] = [];
  context.on("console", (message: ConsoleMessage) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  context.on("weberror", (thrown) => {
    complaints.push(`uncaught: ${thrown.error().message}`);
  });
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const leaves = /^(?:http|ws)s?:$/.test(protocol) && !LOCAL_HOSTS.has(hostname);
    if (leaves) complaints.push(`request to ${hostname}`);
  });
  return complaints;
}
