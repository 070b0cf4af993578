/**
 * The load generator of `bench relay`, in a process of its own so that its processor time is not the relay's. It speaks
 * the real wire over raw sockets: a client library would cost more than the relay it measures.
 */
import { createPrivateKey, createPublicKey, hash, randomBytes, sign, type KeyObject } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createBytes,
  decodeReply,
  encodeRequest,
  openReadBytes,
  openWriteBytes,
  textToCode,
  type EpochPublicKeys,
  type Reply,
  type Request,
} from "@sotto/protocol";

const BODY_BYTES = 1_024;
/** Messages of one sender that have no answer yet. */
const WINDOW = 4;

export type Measured = { readonly messages: number; readonly latenciesMs: readonly number[] };
export type LoadCommand =
  | { readonly kind: "prepare"; readonly port: number; readonly code: string; readonly channels: number }
  /** As fast as the window allows, for so long. */
  | { readonly kind: "online"; readonly ms: number }
  /** At a steady rate over all senders. */
  | { readonly kind: "paced"; readonly ms: number; readonly perSecond: number }
  /** So many messages in each channel, for receivers who are away. */
  | { readonly kind: "offline"; readonly perChannel: number }
  | { readonly kind: "drain" }
  /** So many more connections, each with ten channels open. */
  | { readonly kind: "idle"; readonly connections: number }
  /** Frames of the same size to a plain echo, from as many connections with the same window. */
  | { readonly kind: "echo"; readonly port: number; readonly connections: number; readonly ms: number };

// --- a WebSocket client in a few lines (RFC 6455)

/** As good as a random one: what the other side does with it is the same. */
const MASK = randomBytes(4);

class Line {
  onPayload: (payload: Buffer) => void = () => undefined;
  /** All that arrived together was handed out. */
  onChunkEnd: () => void = () => undefined;
  #unsent: Uint8Array[] = [];
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;
  #opened: (() => void) | undefined;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1").setNoDelay(true);
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#socket.write(
      `GET /v1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
    );
  }
  opened(): Promise<void> {
    return new Promise((resolve) => (this.#opened = resolve));
  }
  /** What is sent in one turn leaves in one write. */
  send(payload: Uint8Array): void {
    if (this.#unsent.length === 0) queueMicrotask(() => this.#flush());
    this.#unsent.push(maskedFrame(payload));
  }
  #flush(): void {
    this.#socket.write(Buffer.concat(this.#unsent));
    this.#unsent = [];
  }
  close(): void {
    this.#socket.destroy();
  }
  #take(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#isOpen) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return void (this.#rest = bytes);
      this.#isOpen = true;
      bytes = bytes.subarray(end + 4);
      this.#opened?.();
    }
    let at = 0;
    while (at + 2 <= bytes.length) {
      const short = bytes[at + 1] ?? 0;
      const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (at + headerBytes > bytes.length) break;
      const length =
        short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
      const end = at + headerBytes + length;
      if (end > bytes.length) break;
      if (bytes[at] === 0x82) this.onPayload(bytes.subarray(at + headerBytes, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    this.onChunkEnd();
  }
}

function maskedFrame(payload: Uint8Array): Buffer {
  const { length } = payload;
  const headerBytes = length < 126 ? 6 : length < 65_536 ? 8 : 14;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame[0] = 0x82;
  frame[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (length >= 65_536) frame.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126) frame.writeUInt16BE(length, 2);
  frame.set(MASK, headerBytes - 4);
  for (let at = 0; at < length; at++) frame[headerBytes + at] = (payload[at] ?? 0) ^ (MASK[at & 3] ?? 0);
  return frame;
}

// --- a peer of the relay

class Peer {
  readonly line: Line;
  relayId: Uint8Array = new Uint8Array();
  nonce: Uint8Array = new Uint8Array();
  onPush: (body: Reply) => void = () => undefined;
  readonly #waiting = new Map<number, (body: Reply) => void>();
  #number = 0;

  constructor(port: number) {
    this.line = new Line(port);
    this.line.onPayload = (payload) => {
      const reply = decodeReply(payload);
      if (!reply.ok) throw new Error("the relay sent what is no reply");
      const { number, body } = reply.value;
      if (number === 0) return this.onPush(body);
      this.#waiting.get(number)?.(body);
      this.#waiting.delete(number);
    };
  }
  async greet(): Promise<this> {
    await this.line.opened();
    const welcome = await this.ask({ kind: "hello", nonce: randomBytes(32) });
    if (welcome.kind !== "welcome") throw new Error("no welcome");
    this.relayId = welcome.relayId;
    this.nonce = welcome.nonce;
    return this;
  }
  ask(request: Request): Promise<Reply> {
    return new Promise((resolve) => this.send(request, resolve));
  }
  send(request: Request, answered: (body: Reply) => void): void {
    this.#number += 1;
    this.#waiting.set(this.#number, answered);
    this.line.send(encodeRequest(this.#number, request));
  }
  tell(request: Request): void {
    this.line.send(encodeRequest(++this.#number, request));
  }
}

type Pair = { readonly key: Uint8Array; readonly secret: KeyObject };
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
function createPair(): Pair {
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, randomBytes(32)]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return { key: new Uint8Array(spki.subarray(12)), secret };
}
const signed = (pair: Pair, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(sign(undefined, bytes, pair.secret));

// --- the channels under load

type Channel = {
  readonly cid: Uint8Array;
  readonly reader: Pair;
  readonly sender: Peer;
  readonly writeHandle: number;
  readonly ticket: Uint8Array;
  receiver: { readonly peer: Peer; readonly handle: number } | undefined;
  sent: number;
  accepted: number;
  received: number;
  delivered: number;
  /** When each message that has not arrived yet was sent. */
  sentAt: number[];
};

let port = 0;
let channels: Channel[] = [];
const idle: Peer[] = [];

function expect<Kind extends Reply["kind"]>(reply: Reply, kind: Kind): Extract<Reply, { kind: Kind }> {
  if (reply.kind !== kind) throw new Error(`expected ${kind}, got ${reply.kind}`);
  return reply as Extract<Reply, { kind: Kind }>;
}

async function prepare(command: Extract<LoadCommand, { kind: "prepare" }>): Promise<void> {
  for (const { sender, receiver } of channels) {
    sender.line.close();
    receiver?.peer.line.close();
  }
  channels = [];
  port = command.port;
  const code = textToCode(command.code);
  if (!code.ok) throw new Error("the code is mistyped");
  const tokens = Array.from({ length: command.channels }, () => new Uint8Array(randomBytes(32)));
  const first = await new Peer(port).greet();
  const tokenHashes = tokens.map((token) => hash("sha256", token, "buffer"));
  expect(await first.ask({ kind: "activate", code: code.value, tokenHashes }), "activated");
  first.line.close();
  for (const token of tokens) channels.push(await createChannel(token));
}

async function createChannel(token: Uint8Array): Promise<Channel> {
  const [write, commit, reader] = [createPair(), createPair(), createPair()];
  const keys: EpochPublicKeys = {
    write: write.key,
    commit: commit.key,
    admin: undefined,
    readers: [reader.key],
  };
  const cid = new Uint8Array(randomBytes(32));
  const sender = await new Peer(port).greet();
  const { relayId, nonce } = sender;
  const signature = signed(commit, createBytes(relayId, cid, keys));
  expect(await sender.ask({ kind: "create", cid, keys, token, signature }), "created");
  const proof = signed(write, openWriteBytes(relayId, cid, 0, nonce));
  const reading = { reader: reader.key, signature: signed(reader, openReadBytes(relayId, cid, 0, nonce)) };
  const opened = expect(
    await sender.ask({ kind: "open", cid, epoch: 0, write: proof, read: undefined }),
    "opened",
  );
  const both = expect(
    await sender.ask({ kind: "open", cid, epoch: 0, write: proof, read: reading }),
    "opened",
  );
  expect(await sender.ask({ kind: "close", handle: both.handle }), "done");
  const channel: Channel = {
    cid,
    reader,
    sender,
    writeHandle: opened.handle,
    ticket: both.ticket,
    receiver: undefined,
    sent: 0,
    accepted: 0,
    received: 0,
    delivered: 0,
    sentAt: [],
  };
  sender.onPush = (body) => {
    if (body.kind === "delivered") channel.delivered = body.through;
  };
  return channel;
}

/** Brings the receiver online. It acknowledges what arrived together at once, as a client does that stored it. */
async function attend(channel: Channel, latenciesMs: number[] | undefined): Promise<void> {
  const known = channel.receiver;
  const peer = known?.peer ?? (await new Peer(port).greet());
  const handle =
    known?.handle ?? expect(await peer.ask({ kind: "resume", ticket: channel.ticket }), "opened").handle;
  channel.receiver = { peer, handle };
  let [through, told] = [0, 0];
  peer.line.onChunkEnd = () => {
    if (through === told) return;
    told = through;
    peer.tell({ kind: "ack", handle, through });
  };
  peer.onPush = (body) => {
    if (body.kind === "lagging") throw new Error("the load generator is too slow");
    if (body.kind !== "pushed") return;
    through = body.entry.seq;
    channel.received += 1;
    const sentAt = channel.sentAt.shift();
    if (latenciesMs && sentAt !== undefined) latenciesMs.push(performance.now() - sentAt);
  };
  if (known) return;
  const page = expect(await peer.ask({ kind: "read", handle, after: 0 }), "page");
  if (!page.isLast) throw new Error("nothing should be waiting");
}

const body = randomBytes(BODY_BYTES);
function send(channel: Channel, accepted: () => void): void {
  channel.sent += 1;
  channel.sentAt.push(performance.now());
  const messageId = randomBytes(16);
  channel.sender.send(
    { kind: "append", handle: channel.writeHandle, messageId, rung: "7days", commitment: undefined, body },
    (reply) => {
      expect(reply, "accepted");
      channel.accepted += 1;
      accepted();
    },
  );
}

const total = (of: (channel: Channel) => number): number => channels.reduce((sum, one) => sum + of(one), 0);

async function until(condition: () => boolean): Promise<void> {
  for (const started = performance.now(); !condition();) {
    if (performance.now() - started > 60_000) throw new Error("the relay did not finish");
    await sleep(5);
  }
}

async function online(ms: number): Promise<Measured> {
  for (const channel of channels) await attend(channel, undefined);
  const before = total(({ sent }) => sent);
  let isOver = false;
  const sendOn = (channel: Channel) => (): void => {
    if (!isOver) send(channel, sendOn(channel));
  };
  for (const channel of channels) for (let at = 0; at < WINDOW; at++) sendOn(channel)();
  await sleep(ms);
  isOver = true;
  await until(() => channels.every((one) => one.accepted === one.sent && one.delivered === one.sent));
  return { messages: total(({ sent }) => sent) - before, latenciesMs: [] };
}

async function paced(ms: number, perSecond: number): Promise<Measured> {
  const latenciesMs: number[] = [];
  for (const channel of channels) await attend(channel, latenciesMs);
  const started = performance.now();
  let sent = 0;
  while (performance.now() - started < ms) {
    const due = Math.floor(((performance.now() - started) * perSecond) / 1_000);
    for (; sent < due; sent++) {
      const channel = channels[sent % channels.length];
      if (channel) send(channel, () => undefined);
    }
    await sleep(1);
  }
  await until(() => channels.every((one) => one.delivered === one.sent));
  return { messages: sent, latenciesMs };
}

async function offline(perChannel: number): Promise<Measured> {
  for (const channel of channels) {
    channel.receiver?.peer.line.close();
    channel.receiver = undefined;
    channel.sentAt = [];
  }
  const goal = channels.map(({ sent }) => sent + perChannel);
  channels.forEach((channel, at) => {
    const sendOn = (): void => {
      if (channel.sent < (goal[at] ?? 0)) send(channel, sendOn);
    };
    for (let count = 0; count < WINDOW; count++) sendOn();
  });
  await until(() => channels.every(({ accepted }, at) => accepted === goal[at]));
  return { messages: perChannel * channels.length, latenciesMs: [] };
}

async function drain(): Promise<Measured> {
  let messages = 0;
  await Promise.all(
    channels.map(async (channel) => {
      const peer = await new Peer(port).greet();
      const { handle, acked } = expect(await peer.ask({ kind: "resume", ticket: channel.ticket }), "opened");
      channel.receiver = { peer, handle };
      for (let after = acked, isLast = false; !isLast;) {
        const page = expect(await peer.ask({ kind: "read", handle, after }), "page");
        after = page.entries.at(-1)?.seq ?? after;
        messages += page.entries.length;
        peer.tell({ kind: "ack", handle, through: after });
        isLast = page.isLast;
      }
    }),
  );
  await until(() => channels.every((one) => one.delivered === one.sent));
  return { messages, latenciesMs: [] };
}

async function addIdle(connections: number): Promise<Measured> {
  for (let count = 0; count < connections; count++) {
    const peer = await new Peer(port).greet();
    idle.push(peer);
    for (let at = 0; at < 10; at++) {
      const ticket = channels[(count + at) % channels.length]?.ticket;
      if (ticket) expect(await peer.ask({ kind: "resume", ticket }), "opened");
    }
  }
  return { messages: 0, latenciesMs: [] };
}

async function echo(command: Extract<LoadCommand, { kind: "echo" }>): Promise<Measured> {
  const lines = Array.from({ length: command.connections }, () => new Line(command.port));
  let echoed = 0;
  let isOver = false;
  for (const line of lines) {
    await line.opened();
    line.onPayload = () => {
      echoed += 1;
      if (!isOver) line.send(body);
    };
  }
  for (const line of lines) for (let count = 0; count < WINDOW; count++) line.send(body);
  await sleep(command.ms);
  isOver = true;
  for (const line of lines) line.close();
  return { messages: echoed, latenciesMs: [] };
}

async function run(command: LoadCommand): Promise<Measured> {
  switch (command.kind) {
    case "prepare":
      await prepare(command);
      return { messages: 0, latenciesMs: [] };
    case "online":
      return online(command.ms);
    case "paced":
      return paced(command.ms, command.perSecond);
    case "offline":
      return offline(command.perChannel);
    case "drain":
      return drain();
    case "idle":
      return addIdle(command.connections);
    case "echo":
      return echo(command);
  }
}

process.on("message", (command: LoadCommand) => {
  void run(command).then((measured) => process.send?.(measured));
});
process.on("disconnect", () => process.exit());
