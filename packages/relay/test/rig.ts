/** A relay in memory with a clock that stands still until told, and clients that speak the wire to it. */
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import {
  concat,
  createBytes,
  commitBytes,
  decodeReply,
  DEFAULT_POLICY,
  encodeRequest,
  inboxCreateBytes,
  inboxOpenBytes,
  openReadBytes,
  openWriteBytes,
  toHex,
  type EpochPublicKeys,
  type Reply,
  type Request,
} from "@sotto/protocol";
import {
  createBlobs,
  createRelay,
  createTokenAdmission,
  type ChannelStore,
  type KeyRing,
  type Link,
  type RelayEvent,
  type SignatureCheck,
  type Timers,
  type Wakeups,
} from "@sotto/relay";
import {
  createMemoryBlobStore,
  createMemoryChannelStore,
  createMemoryWakeups,
} from "@sotto/relay-adapters/memory";
import { createKeyRing, nativeRandom, nativeSha256 } from "@sotto/relay-adapters/node";

export const sha256 = nativeSha256;
export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Ed25519, at once. */
export function isSigned({ key, message, signature }: SignatureCheck): boolean {
  const spki = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key]), format: "der", type: "spki" });
  return verify(undefined, message, spki, signature);
}

export type Pair = { readonly key: Uint8Array; sign(bytes: Uint8Array): Uint8Array };
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

export function createPair(seed: Uint8Array = random(32)): Pair {
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return {
    key: new Uint8Array(spki.subarray(12)),
    sign: (bytes) => new Uint8Array(sign(undefined, bytes, secret)),
  };
}

/** The keys of one epoch, as its members hold them. */
export type EpochPairs = { write: Pair; commit: Pair; admin: Pair | undefined; readers: Pair[] };
export const createEpoch = (readers: number, admin?: Pair): EpochPairs => ({
  write: createPair(),
  commit: createPair(),
  admin,
  readers: Array.from({ length: readers }, () => createPair()),
});
export const publicKeys = (pairs: EpochPairs): EpochPublicKeys => ({
  write: pairs.write.key,
  commit: pairs.commit.key,
  admin: pairs.admin?.key,
  readers: pairs.readers.map(({ key }) => key),
});

export type Rig = Awaited<ReturnType<typeof createRig>>;
export type TestClient = Awaited<ReturnType<Rig["connect"]>>;

export async function createRig(
  given: {
    store?: ChannelStore;
    keyRing?: KeyRing;
    wakeups?: Wakeups;
    /** Shared where several relays are one service. */
    time?: { now: number };
    isFull?: () => boolean;
    /** What all blobs may count for. */
    blobsBytesMax?: number;
    /** Told how many signatures are checked together. */
    onVerify?: (checks: number) => void;
  } = {},
) {
  const keyRing = given.keyRing ?? createKeyRing(random(32));
  const time = given.time ?? { now: 1_800_000_000_000 };
  const timed: { at: number; run: () => void }[] = [];
  const timers: Timers = { after: (ms, run) => void timed.push({ at: time.now + ms, run }) };
  const events: RelayEvent[] = [];
  const store =
    given.store ??
    createMemoryChannelStore({
      relayId: keyRing.relayId,
      sha256,
      ...(given.isFull && { isFull: given.isFull }),
    });
  const observe = (event: RelayEvent): void => void events.push(event);
  const blobStore = createMemoryBlobStore(given.isFull);
  const blobs = createBlobs({
    store: blobStore,
    keyRing,
    clock: () => time.now,
    sha256,
    observe,
    ...(given.blobsBytesMax !== undefined && { bytesMax: given.blobsBytesMax }),
  });
  const relay = createRelay({
    store,
    blobs,
    keyRing,
    verifier: {
      verify(checks) {
        given.onVerify?.(checks.length);
        return Promise.resolve(checks.map(isSigned)); // at once: the rig's clock stands still
      },
    },
    admission: createTokenAdmission(sha256),
    wakeups: given.wakeups ?? createMemoryWakeups().join(),
    clock: () => time.now,
    random: nativeRandom,
    timers,
    sha256,
    policy: DEFAULT_POLICY,
    observe,
  });

  /** Lets time pass and everything it causes happen. */
  async function pass(ms: number): Promise<void> {
    time.now += ms;
    for (let quiet = 0; quiet < 3;) {
      const due = timed.filter(({ at }) => at <= time.now);
      for (const one of due) timed.splice(timed.indexOf(one), 1);
      for (const one of due) one.run();
      await setImmediate();
      quiet = due.length === 0 ? quiet + 1 : 0;
    }
  }

  async function connect({ greets = true } = {}) {
    const replies = new Map<number, Reply>();
    const pushes: Reply[] = [];
    const link = { unsent: 0, isClosed: false, isPaused: false };
    const listeners: { onReply: (number: number, body: Reply) => void } = { onReply: () => undefined };
    let number = 0;
    /** Frames leave when the relay flushes, as through a socket that is corked. */
    let corked: { readonly number: number; readonly body: Reply }[] = [];
    function flush(): void {
      const left = corked;
      corked = [];
      for (const { number: asked, body } of left) {
        listeners.onReply(asked, body);
        if (asked === 0) pushes.push(body);
        else replies.set(asked, body);
      }
    }
    const session = relay.connect({
      send(head, body) {
        const decoded = decodeReply(body ? concat(head, body) : head);
        assert.ok(decoded.ok, "the relay speaks the wire");
        corked.push(decoded.value);
      },
      flush,
      unsentBytes: () => link.unsent,
      pause: () => void (link.isPaused = true),
      resume: () => void (link.isPaused = false),
      close: () => void (link.isClosed = true),
    } satisfies Link);

    const tell = (request: Request): number => {
      session.receive(encodeRequest(++number, request));
      return number;
    };
    async function answerTo(asked: number): Promise<Reply> {
      for (let turn = 0; turn < 20; turn++) {
        await setImmediate();
        const reply = replies.get(asked);
        if (reply) return reply;
        await pass(turn % 2);
      }
      throw new Error("no answer");
    }
    const ask = (request: Request): Promise<Reply> => answerTo(tell(request));
    async function expect<Kind extends Reply["kind"]>(
      kind: Kind,
      request: Request,
    ): Promise<Extract<Reply, { kind: Kind }>> {
      const reply = await ask(request);
      assert.equal(
        reply.kind,
        kind,
        JSON.stringify(reply, (_, v: unknown) => (v instanceof Uint8Array ? "…" : v)),
      );
      return reply as Extract<Reply, { kind: Kind }>;
    }
    const refusal = async (request: Request) => {
      const { code, detail } = await expect("refused", request);
      return { code, detail };
    };
    const helloNonce = random(32);
    const unsaid = { kind: "welcome", relayId: random(32), nonce: random(32) } as Extract<
      Reply,
      { kind: "welcome" }
    >;
    const welcome = greets ? await expect("welcome", { kind: "hello", nonce: helloNonce }) : unsaid;
    const { relayId, nonce } = welcome;
    return Object.assign(listeners, {
      ask,
      tell,
      answerTo,
      expect,
      refusal,
      pushes,
      link,
      session,
      welcome,
      helloNonce,
      replyTo: (asked: number): Reply | undefined => replies.get(asked),
      /** What was pushed since this was last called. */
      takePushes: (): Reply[] => pushes.splice(0),
      openRequest: (
        cid: Uint8Array,
        epoch: number,
        pairs: { write?: Pair; reader?: Pair },
      ): Extract<Request, { kind: "open" }> => ({
        kind: "open",
        cid,
        epoch,
        write: pairs.write?.sign(openWriteBytes(relayId, cid, epoch, nonce)),
        read: pairs.reader && {
          reader: pairs.reader.key,
          signature: pairs.reader.sign(openReadBytes(relayId, cid, epoch, nonce)),
        },
      }),
      inboxOpenRequest: (inboxId: Uint8Array, reader: Pair): Request => ({
        kind: "inboxOpen",
        inboxId,
        reader: reader.key,
        signature: reader.sign(inboxOpenBytes(relayId, inboxId, nonce)),
      }),
    });
  }

  /** Mints a code and activates it for `count` tokens. */
  async function tokens(count: number): Promise<Uint8Array[]> {
    const code = random(16);
    await store.apply(
      [{ kind: "mint", codeHash: toHex(sha256(code)), until: time.now + 86_400_000 * 365 }],
      time.now,
    );
    const made = Array.from({ length: count }, () => random(32));
    const client = await connect();
    await client.expect("activated", { kind: "activate", code, tokenHashes: made.map(sha256) });
    return made;
  }

  const { relayId } = keyRing;
  const createRequest = (
    cid: Uint8Array,
    pairs: EpochPairs,
    token: Uint8Array,
  ): Extract<Request, { kind: "create" }> => {
    const keys = publicKeys(pairs);
    return {
      kind: "create",
      cid,
      keys,
      token,
      signature: pairs.commit.sign(createBytes(relayId, cid, keys)),
    };
  };
  const commitRequest = (
    cid: Uint8Array,
    epoch: number,
    pairs: EpochPairs,
    next: EpochPublicKeys,
    body: Uint8Array = random(64),
    admin?: Pair,
  ): Extract<Request, { kind: "commit" }> => {
    const bytes = commitBytes(sha256, { relayId, cid, epoch, body, next });
    return {
      kind: "commit",
      cid,
      epoch,
      body,
      next,
      signature: pairs.commit.sign(bytes),
      adminSignature: admin?.sign(bytes),
    };
  };

  /** A channel with its keys, made over a connection of its own. */
  async function channel(readers = 2, admin?: Pair) {
    const cid = random(32);
    const pairs = createEpoch(readers, admin);
    const [token] = await tokens(1);
    assert.ok(token);
    const client = await connect();
    const created = await client.expect("created", createRequest(cid, pairs, token));
    return { cid, pairs, head: created.head };
  }

  /** An inbox with `devices` readers and one post token. */
  async function inbox(devices = 1) {
    const inboxId = random(32);
    const owner = createPair();
    const readers = Array.from({ length: devices }, () => createPair());
    const postToken = random(32);
    const [token] = await tokens(1);
    assert.ok(token);
    const fields = {
      inboxId,
      readers: readers.map(({ key }) => key),
      postTokenHashes: [sha256(postToken)],
    };
    const request: Request = {
      kind: "inboxCreate",
      ...fields,
      owner: owner.key,
      token,
      signature: owner.sign(inboxCreateBytes(relayId, fields)),
    };
    const client = await connect();
    await client.expect("done", request);
    return { inboxId, owner, readers, postToken, request };
  }

  return {
    relay,
    store,
    blobs,
    blobStore,
    keyRing,
    relayId,
    time,
    events,
    pass,
    connect,
    tokens,
    channel,
    inbox,
    createRequest,
    commitRequest,
  };
}

export const appendRequest = (
  handle: number,
  body: Uint8Array = random(100),
  messageId: Uint8Array = random(16),
): Extract<Request, { kind: "append" }> => ({
  kind: "append",
  handle,
  messageId,
  rung: "7days",
  commitment: undefined,
  body,
});
