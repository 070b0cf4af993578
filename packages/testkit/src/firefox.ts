/**
 * Debian's Firefox for tests, driven by WebDriver BiDi (w3.org/TR/webdriver-bidi) over the socket that Firefox itself
 * opens: no driver between, no library. It knows what one test needs: go somewhere, run a function in the page, press
 * keys. What the page complains of is collected, so that a test can end with `assert.deepEqual(complaints, [])`.
 *
 * Functions given to `evaluate` run in a sandbox that sees the page's document and is not under the page policy.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const FIREFOX_PATH = "/usr/bin/firefox-esr";

const START_MS_MAX = 60_000;
const LISTENING = /WebDriver BiDi listening on (ws:\/\/\S+)/;
/** It asks nobody for anything: no updates, no add-ons, no experiments, no reports. */
const PREFERENCES: Readonly<Record<string, string | number | boolean>> = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.safebrowsing.downloads.remote.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,#none",
  "toolkit.telemetry.reportingpolicy.firstRun": false,
  "intl.accept_languages": "en-GB",
};

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Reply = {
  readonly id: number;
  readonly result: Json;
  readonly error?: string;
  readonly message?: string;
};
type LogEntry = { readonly params: { readonly level: string; readonly text: string | null } };

export type Firefox = {
  /** Grows as the page complains, oldest first. */
  readonly complaints: readonly string[];
  /** Resolves once the page is loaded. */
  goTo(url: string): Promise<void>;
  reload(): Promise<void>;
  /** What `run`, which must stand alone, returns in the page when called with `given`. */
  evaluate<T extends Json, G extends Json>(run: (given: G) => T, given: G): Promise<T>;
  /** Types into what has the focus. `\uE007` is Enter. */
  type(text: string): Promise<void>;
  close(): Promise<void>;
};

/** Starts a Firefox of its own, with a profile of its own. Throws when Firefox is absent or does not start. */
export async function openFirefox(): Promise<Firefox> {
  const profile = await mkdtemp(join(tmpdir(), "sotto-firefox-"));
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`,
  );
  await writeFile(join(profile, "user.js"), lines.join(""));
  const args = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"];
  const child = spawn(FIREFOX_PATH, args, { stdio: ["ignore", "ignore", "pipe"] });
  const connection = await connect(`${await addressOf(child)}/session`);
  const { ask, complaints } = connection;
  await ask("session.new", { capabilities: {} });
  await ask("session.subscribe", { events: ["log.entryAdded"] });
  // Not the tab it starts with: that may be one of its own pages, which go nowhere.
  const { context } = (await ask("browsingContext.create", { type: "tab" })) as { context: string };
  return {
    complaints,
    goTo: async (url) => void (await ask("browsingContext.navigate", { context, url, wait: "complete" })),
    reload: async () => void (await ask("browsingContext.reload", { context, wait: "complete" })),
    async evaluate<T extends Json, G extends Json>(run: (given: G) => T, given: G) {
      const answer = (await ask("script.callFunction", {
        functionDeclaration: `(given) => JSON.stringify((${run.toString()})(JSON.parse(given)) ?? null)`,
        awaitPromise: false,
        target: { context, sandbox: "test" },
        arguments: [{ type: "string", value: JSON.stringify(given) }],
      })) as { type: string; result?: { value: string }; exceptionDetails?: { text: string } };
      if (answer.result === undefined) throw new Error(answer.exceptionDetails?.text ?? answer.type);
      return JSON.parse(answer.result.value) as T;
    },
    async type(text) {
      const actions = Array.from(text).flatMap((value) => [
        { type: "keyDown", value },
        { type: "keyUp", value },
      ]);
      await ask("input.performActions", { context, actions: [{ type: "key", id: "keys", actions }] });
    },
    async close() {
      connection.close();
      if (child.exitCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Of the socket, as Firefox says it on stderr. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error(`Firefox did not start: ${said}`)), START_MS_MAX);
    child.once("error", reject).once("exit", () => reject(new Error(`Firefox ended: ${said}`)));
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      const [, address] = LISTENING.exec(said) ?? [];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}

type Connection = {
  readonly complaints: readonly string[];
  readonly ask: (method: string, params: Json) => Promise<Json>;
  readonly close: () => void;
};

async function connect(address: string): Promise<Connection> {
  const socket = new WebSocket(address);
  const complaints: string[] = [];
  const waiting = new Map<number, PromiseWithResolvers<Json>>();
  let count = 0;
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("Firefox opened no session")));
  });
  socket.addEventListener("message", ({ data }) => {
    const heard = JSON.parse(String(data)) as Reply | LogEntry;
    if ("params" in heard) {
      const { level, text } = heard.params;
      if (level === "error") complaints.push(`console: ${text ?? ""}`);
      return;
    }
    const asked = waiting.get(heard.id);
    waiting.delete(heard.id);
    if (heard.error === undefined) asked?.resolve(heard.result);
    else asked?.reject(new Error(`${heard.error}: ${heard.message ?? ""}`));
  });
  return {
    complaints,
    ask(method, params) {
      const id = ++count;
      const asked = Promise.withResolvers<Json>();
      waiting.set(id, asked);
      socket.send(JSON.stringify({ id, method, params }));
      return asked.promise;
    },
    close: () => socket.close(),
  };
}
