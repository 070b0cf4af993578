/** A whole relay on loopback, and a client that speaks the wire over a real WebSocket. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { decodeReply, DEFAULT_POLICY, encodeRequest, toHex, type Reply, type Request } from "@sotto/protocol";
import { createRelay, createTokenAdmission, type RelayEvent } from "@sotto/relay";
import { createMemoryWakeups } from "@sotto/relay-adapters/memory";
import {
  createKeyRing,
  listen,
  nativeRandom,
  nativeSha256,
  nativeTimers,
  nativeVerifier,
  type ListenerOptions,
} from "@sotto/relay-adapters/node";
import { createSqliteChannelStore, openDatabase } from "@sotto/relay-adapters/sqlite";
import { WebSocket } from "ws";

export async function startRelay(
  t: TestContext,
  options: Partial<Pick<ListenerOptions, "host" | "mounts" | "tls" | "limits">> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "sotto-net-"));
  const opened = openDatabase(join(folder, "relay.sqlite"));
  assert.ok(opened.ok);
  const keyRing = createKeyRing(nativeRandom(32));
  const { relayId } = keyRing;
  const created = createSqliteChannelStore({ db: opened.value, relayId, sha256: nativeSha256 });
  assert.ok(created.ok);
  const store = created.value;
  const events: RelayEvent[] = [];
  const bugs: unknown[] = [];
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
    observe: (event) => void (event.kind === "bug" ? bugs.push(event.error) : events.push(event)),
  });
  const listener = await listen({
    relay,
    host: "127.0.0.1",
    port: 0,
    mounts: [],
    ...options,
    onBug: (error) => void bugs.push(error),
  });
  assert.ok(listener.ok);
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await listener.value.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  t.after(stop);
  const { port } = listener.value;

  async function mintCode(): Promise<Uint8Array> {
    const code = nativeRandom(16);
    const until = Date.now() + 86_400_000;
    await store.apply([{ kind: "mint", codeHash: toHex(nativeSha256(code)), until }], Date.now());
    return code;
  }
  return {
    port,
    url: `ws://127.0.0.1:${port}/v1`,
    listener: listener.value,
    store,
    keyRing,
    events,
    bugs,
    mintCode,
    stop,
  };
}

export type NetworkClient = Awaited<ReturnType<typeof connectClient>>;

export async function connectClient(url: string) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const waiting = new Map<number, (body: Reply) => void>();
  const pushes: Reply[] = [];
  let number = 0;
  socket.on("message", (bytes) => {
    assert.ok(bytes instanceof Uint8Array);
    const decoded = decodeReply(bytes);
    assert.ok(decoded.ok);
    if (decoded.value.number === 0) pushes.push(decoded.value.body);
    else waiting.get(decoded.value.number)?.(decoded.value.body);
  });
  await once(socket, "open");
  const ask = (request: Request): Promise<Reply> =>
    new Promise((resolve) => {
      waiting.set(++number, resolve);
      socket.send(encodeRequest(number, request));
    });
  async function expect<Kind extends Reply["kind"]>(
    kind: Kind,
    request: Request,
  ): Promise<Extract<Reply, { kind: Kind }>> {
    const reply = await ask(request);
    assert.equal(reply.kind, kind);
    return reply as Extract<Reply, { kind: Kind }>;
  }
  const welcome = await expect("welcome", { kind: "hello", nonce: nativeRandom(32) });
  return {
    socket,
    ask,
    expect,
    pushes,
    welcome,
    tell: (request: Request): void => socket.send(encodeRequest(++number, request)),
  };
}
