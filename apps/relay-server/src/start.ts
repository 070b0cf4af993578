/** `start`: one relay in one process, until it is told to stop. Wiring only. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DEFAULT_POLICY, err, ok, type Result } from "@sotto/protocol";
import { createRelay, createTokenAdmission, type ChannelStore, type RelayEvent } from "@sotto/relay";
import { createMemoryWakeups } from "@sotto/relay-adapters/memory";
import {
  createKeyRing,
  createStaticFiles,
  isLoopback,
  listen,
  nativeRandom,
  nativeSha256,
  nativeTimers,
  nativeVerifier,
} from "@sotto/relay-adapters/node";
import { createSqliteChannelStore, type JournalProblem } from "@sotto/relay-adapters/sqlite";
import { hasCodes, mintCode, openDataFolder, unusedCodes, type DataFolder } from "./data-folder.ts";
import type { Events } from "./events.ts";
import { createDemoMount } from "./demo-profiles.ts";
import { createMetrics } from "./metrics.ts";
import { dataSentence, listenSentence, welcomeText } from "./sentences.ts";

const HANDSET = resolve(import.meta.dirname, "../../web/dist");
/** A batch slower than this is worth a line. */
const SLOW_BATCH_MS = 500;
const FIRST_CODES = 2;

export type StartOptions = {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  /** Whether example profiles are handed out. */
  readonly demo?: boolean;
};

export type Running = {
  readonly url: string;
  /** What to show to whoever started it. */
  readonly text: string;
  stop(): Promise<void>;
};

/** A running relay, or the sentence that says why not. */
export async function start(options: StartOptions, events: Events): Promise<Result<Running, string>> {
  const tls = readTls(options.tls);
  if (!tls.ok) return tls;
  const opened = openDataFolder(options.path);
  if (!opened.ok) return err(dataSentence(opened.error, options.path));
  const { seed, path, release } = opened.value;

  const keyRing = createKeyRing(seed);
  const metrics = createMetrics(() => (listener.ok ? listener.value.connections() : 0));
  const observe = (event: RelayEvent): void => {
    metrics.count(event);
    log(events, event);
  };
  const restored = restore(opened.value, keyRing.relayId, () => observe({ kind: "storageFull" }));
  if (!restored.ok) {
    if (restored.error.kind === "unreadable") events.bug(restored.error.cause);
    release();
    return err(dataSentence(restored.error, path));
  }
  const { codes, store } = restored.value;
  const relay = createRelay({
    store,
    keyRing,
    verifier: nativeVerifier,
    admission: createTokenAdmission(nativeSha256),
    wakeups: createMemoryWakeups().join(),
    clock: Date.now,
    random: nativeRandom,
    timers: nativeTimers,
    sha256: nativeSha256,
    policy: DEFAULT_POLICY,
    observe,
  });
  let isStopping = false;
  const listener = await listen({
    relay,
    host: options.host,
    port: options.port,
    tls: tls.value,
    mounts: [
      { path: "/", serve: createStaticFiles(HANDSET) },
      {
        path: "/healthz",
        serve: (_request, response) =>
          void response.writeHead(isStopping ? 503 : 200, { "content-type": "text/plain" }).end("ok\n"),
      },
      metrics.mount,
      ...(options.demo ? [createDemoMount(join(path, "demo"))] : []),
    ],
    onBug: (error) => observe({ kind: "bug", error }),
  });
  if (!listener.ok) {
    await relay.stop();
    await store.close();
    release();
    return err(listenSentence(listener.error, options.host, options.port));
  }
  const { port } = listener.value;
  events.started(port);
  const url = `${tls.value ? "https" : "http"}://${nameOf(options.host)}:${port}`;
  return ok({
    url,
    text: welcomeText({
      url,
      codes,
      path,
      isReachable: !isLoopback(options.host) && options.host !== "localhost",
      isSecure: tls.value !== undefined,
    }),
    async stop() {
      isStopping = true;
      events.stopping(listener.value.connections());
      await listener.value.close();
      await store.close();
      release();
      events.stopped();
    },
  });
}

type Restored = { readonly codes: readonly string[]; readonly store: ChannelStore };

/** What the last run left. A database that opens can be damaged where it was not looked at yet. */
function restore(
  { path, db }: DataFolder,
  relayId: Uint8Array,
  onStorageFull: () => void,
): Result<Restored, JournalProblem | { readonly kind: "unreadable"; readonly cause: unknown }> {
  try {
    if (!hasCodes(path)) for (let count = 0; count < FIRST_CODES; count++) mintCode(path, db, Date.now());
    const codes = unusedCodes(path, db, Date.now());
    const store = createSqliteChannelStore({ db, relayId, sha256: nativeSha256, onStorageFull });
    if (store.ok) return ok({ codes, store: store.value });
    db.close();
    return store;
  } catch (cause) {
    db.close();
    return err({ kind: "unreadable", cause });
  }
}

/** Browsers trust "localhost" with what they otherwise keep for TLS. */
const nameOf = (host: string): string =>
  isLoopback(host) || host === "0.0.0.0" || host === "::"
    ? "localhost"
    : host.includes(":")
      ? `[${host}]`
      : host;

function readTls(
  tls: StartOptions["tls"],
): Result<{ readonly cert: string; readonly key: string } | undefined, string> {
  if (!tls) return ok(undefined);
  const cert = readText(tls.certPath);
  const key = readText(tls.keyPath);
  if (cert === undefined) return err(`The TLS certificate ${tls.certPath} cannot be read. Check --tls-cert.`);
  if (key === undefined) return err(`The TLS key ${tls.keyPath} cannot be read. Check --tls-key.`);
  return ok({ cert, key });
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function log(events: Events, event: RelayEvent): void {
  switch (event.kind) {
    case "connected":
    case "disconnected":
    case "lagging":
      return;
    case "stored":
      if (event.durationMs > SLOW_BATCH_MS) events.storeSlow(event.durationMs, event.ops);
      return;
    case "refused":
      return events.refused(event.code);
    case "malformed":
      return events.malformed();
    case "overfull":
    case "silent":
      return events.cutOff(event.kind);
    case "storageFull":
      return events.storageFull();
    case "bug":
      return events.bug(event.error);
  }
}
