/** `start`: one relay in one process, until it is told to stop. Wiring only. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DEFAULT_POLICY, err, ok, type Result } from "@sotto/protocol";
import {
  createBlobs,
  createRelay,
  createTokenAdmission,
  type Blobs,
  type BlobStore,
  type ChannelStore,
  type Relay,
  type RelayEvent,
} from "@sotto/relay";
import { createMemoryWakeups } from "@sotto/relay-adapters/memory";
import {
  createBlobMount,
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
import { createSqliteChannelStore, openBlobStore, type JournalProblem } from "@sotto/relay-adapters/sqlite";
import {
  blobsPath,
  hasCodes,
  mintCode,
  openDataFolder,
  unusedCodes,
  type DataFolder,
} from "./data-folder.ts";
import type { Events } from "./events.ts";
import { createDemoMount } from "./demo-profiles.ts";
import { PLAN_AS_BEFORE, type GuardianPlan } from "./guardian-plan.ts";
import { startGuardians, type Guardians } from "./guardians.ts";
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

  const serving: Serving = { listener: undefined, blobs: undefined, isStopping: false };
  const keyRing = createKeyRing(seed);
  const metrics = createMetrics({
    connections: () => serving.listener?.connections() ?? 0,
    blobBytes: () => serving.blobs?.countedBytes() ?? 0,
  });
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
  const { codes, store, blobStore } = restored.value;
  const blobs = createBlobs({ store: blobStore, keyRing, clock: Date.now, sha256: nativeSha256, observe });
  serving.blobs = blobs;
  const relay = relayOf({ store, blobs }, keyRing, observe);
  const onBug = (error: unknown): void => observe({ kind: "bug", error });
  const served = await serve(relay, { ...options, path, tls: tls.value }, serving, {
    events,
    onBug,
    mounts: [metrics.mount, createBlobMount(blobs)],
  });
  const closeFiles = async (): Promise<void> => {
    await blobs.stop();
    await blobStore.close();
    await store.close();
    release();
  };
  if (!served.ok) {
    await relay.stop();
    await closeFiles();
    return served;
  }
  const { url, guardians, stop } = served.value;
  const isReachable = !isLoopback(options.host) && options.host !== "localhost";
  return ok({
    url,
    text: welcomeText({ url, codes, path, guardians, isReachable, isSecure: tls.value !== undefined }),
    async stop() {
      await stop();
      await closeFiles();
      events.stopped();
    },
  });
}

type Tls = { readonly cert: string; readonly key: string };
/** What others ask after while it runs. */
type Serving = { listener: Listener | undefined; blobs: Blobs | undefined; isStopping: boolean };
type Served = {
  readonly url: string;
  readonly guardians: Guardians;
  /** The relay's sessions and the guardians included. */
  readonly stop: () => Promise<void>;
};

/** The guardians and everything that is served beside the wire. */
async function serve(
  relay: Relay,
  options: Omit<StartOptions, "tls"> & { readonly tls: Tls | undefined },
  serving: Serving,
  watching: {
    readonly events: Events;
    readonly onBug: (error: unknown) => void;
    readonly mounts: readonly Mount[];
  },
): Promise<Result<Served, string>> {
  const { host, port, path, tls, demo, guardians: plan = PLAN_AS_BEFORE } = options;
  const { events, onBug } = watching;
  const relayUrl = (): string =>
    `${tls ? "https" : "http"}://${nameOf(host).toLowerCase()}:${serving.listener?.port ?? port}`;
  const started = await startGuardians({
    plan,
    path,
    relayPort: port,
    relayUrl,
    onDied: events.guardianDied,
    onBug,
  });
  if (!started.ok) return started;
  const guardians = started.value;
  const mounts: readonly Mount[] = [
    { path: "/", serve: createStaticFiles(HANDSET) },
    healthMount(() => !serving.isStopping),
    ...watching.mounts,
    ...guardians.mounts,
    ...(demo === true ? [createDemoMount(join(path, "demo"))] : []),
  ];
  const listener = await listen({ relay, host, port, tls, mounts, onBug });
  if (!listener.ok) {
    await guardians.stop();
    return err(listenSentence(listener.error, host, port));
  }
  serving.listener = listener.value;
  events.started(listener.value.port);
  return ok({
    url: relayUrl(),
    guardians,
    async stop() {
      serving.isStopping = true;
      events.stopping(listener.value.connections());
      await listener.value.close();
      await guardians.stop();
    },
  });
}

const relayOf = (
  kept: { readonly store: ChannelStore; readonly blobs: Blobs },
  keyRing: ReturnType<typeof createKeyRing>,
  observe: (event: RelayEvent) => void,
): Relay =>
  createRelay({
    ...kept,
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

type Restored = {
  readonly codes: readonly string[];
  readonly store: ChannelStore;
  readonly blobStore: BlobStore;
};
type RestoreProblem =
  | JournalProblem
  | { readonly kind: "unreadable" | "notWritable"; readonly cause: unknown };

/** What the last run left. A database that opens can be damaged where it was not looked at yet. */
function restore(
  { path, db }: DataFolder,
  relayId: Uint8Array,
  onStorageFull: () => void,
): Result<Restored, RestoreProblem> {
  try {
    if (!hasCodes(path)) for (let count = 0; count < FIRST_CODES; count++) mintCode(path, db, Date.now());
    const codes = unusedCodes(path, db, Date.now());
    const store = createSqliteChannelStore({ db, relayId, sha256: nativeSha256, onStorageFull });
    if (!store.ok) {
      db.close();
      return store;
    }
    const blobStore = openBlobStore({ db, path: blobsPath(path) });
    if (blobStore.ok) return ok({ codes, store: store.value, blobStore: blobStore.value });
    void store.value.close(); // and the database with it
    return blobStore;
  } catch (cause) {
    if (db.isOpen) db.close();
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

function readTls(tls: StartOptions["tls"]): Result<Tls | undefined, string> {
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
    case "blob":
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
