/** `start`: one relay in one process, until it is told to stop. Wiring only. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DEFAULT_POLICY, err, ok, type Result } from "@sotto/protocol";
import {
  createRelay,
  createTokenAdmission,
  type ChannelStore,
  type Relay,
  type RelayEvent,
} from "@sotto/relay";
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
  type Listener,
  type Mount,
} from "@sotto/relay-adapters/node";
import { createSqliteChannelStore, type JournalProblem } from "@sotto/relay-adapters/sqlite";
import { hasCodes, mintCode, openDataFolder, unusedCodes, type DataFolder } from "./data-folder.ts";
import type { Events } from "./events.ts";
import { createDemoMount } from "./demo-profiles.ts";
import { PLAN_AS_BEFORE, type GuardianPlan } from "./guardian-plan.ts";
import { startGuardians } from "./guardians.ts";
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
  /** Those of the last start unless given. */
  readonly guardians?: GuardianPlan;
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

  let running: Listener | undefined;
  const keyRing = createKeyRing(seed);
  const metrics = createMetrics(() => running?.connections() ?? 0);
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
  const closeFiles = async (): Promise<void> => {
    await store.close();
    release();
  };
  const onBug = (error: unknown): void => observe({ kind: "bug", error });
  const urlAt = (port: number): string =>
    `${tls.value ? "https" : "http"}://${nameOf(options.host).toLowerCase()}:${port}`;
  const guardians = await startGuardians({
    plan: options.guardians ?? PLAN_AS_BEFORE,
    path,
    relayPort: options.port,
    relayUrl: () => urlAt(running?.port ?? options.port),
    onDied: events.guardianDied,
    onBug,
  });
  if (!guardians.ok) {
    await closeFiles();
    return guardians;
  }
  const relay = relayOf(store, keyRing, observe);
  let isStopping = false;
  const listener = await listen({
    relay,
    host: options.host,
    port: options.port,
    tls: tls.value,
    mounts: [
      { path: "/", serve: createStaticFiles(HANDSET) },
      healthMount(() => !isStopping),
      metrics.mount,
      ...guardians.value.mounts,
      ...(options.demo ? [createDemoMount(join(path, "demo"))] : []),
    ],
    onBug,
  });
  if (!listener.ok) {
    await relay.stop();
    await guardians.value.stop();
    await closeFiles();
    return err(listenSentence(listener.error, options.host, options.port));
  }
  running = listener.value;
  const { port } = running;
  events.started(port);
  const url = urlAt(port);
  return ok({
    url,
    text: welcomeText({
      url,
      codes,
      path,
      guardians: guardians.value,
      isReachable: !isLoopback(options.host) && options.host !== "localhost",
      isSecure: tls.value !== undefined,
    }),
    async stop() {
      isStopping = true;
      events.stopping(listener.value.connections());
      await listener.value.close();
      await guardians.value.stop();
      await closeFiles();
      events.stopped();
    },
  });
}

const relayOf = (
  store: ChannelStore,
  keyRing: ReturnType<typeof createKeyRing>,
  observe: (event: RelayEvent) => void,
): Relay =>
  createRelay({
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

const healthMount = (isServing: () => boolean): Mount => ({
  path: "/healthz",
  serve: (_request, response) =>
    void response.writeHead(isServing() ? 200 : 503, { "content-type": "text/plain" }).end("ok\n"),
});

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
