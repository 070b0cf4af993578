/**
 * A relay session over one WebSocket. Incoming frames are ws's business; outgoing ones are written here, so that all
 * that a batch sends to a connection leaves in one write, and a body that many read is not copied for each.
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { FRAME_BYTES_MAX } from "@sotto/protocol";
import { PUSH_BYTES_MAX, UNSENT_BYTES_MAX, type Link, type Relay } from "@sotto/relay";
import type { WebSocket } from "ws";

/** Bodies from here on are written as they are; smaller ones are cheaper to copy. */
const SHARED_BYTES_MIN = 16_384;
/** What a connection may send without ending a frame: a whole one, and what is read together with its end. */
const QUIET_BYTES_MAX = FRAME_BYTES_MAX + 131_072;
const CLOSE_UNSUPPORTED_DATA = 1003;
const CLOSE_POLICY = 1008;
/** FIN and "binary" (RFC 6455, section 5.2). */
const BINARY_FRAME = 0x82;

type Frame = { readonly head: Uint8Array; readonly body: Uint8Array | undefined };

const frameHeaderBytes = (payload: number): number => (payload < 126 ? 2 : payload < 65_536 ? 4 : 10);

/** Writes an unmasked frame header at `at`, and says where its payload starts. */
function writeFrameHeader(out: Buffer, at: number, payload: number): number {
  out[at] = BINARY_FRAME;
  if (payload < 126) {
    out[at + 1] = payload;
    return at + 2;
  }
  if (payload < 65_536) {
    out[at + 1] = 126;
    return out.writeUInt16BE(payload, at + 2);
  }
  out[at + 1] = 127;
  return out.writeUInt32BE(payload, out.writeUInt32BE(0, at + 2));
}

/** The bytes of `frames` as few buffers as copying little allows. */
export function framesToBuffers(frames: readonly Frame[]): readonly Uint8Array[] {
  const buffers: Uint8Array[] = [];
  for (let from = 0; from < frames.length;) {
    let to = from;
    let length = 0;
    for (let isShared = false; to < frames.length && !isShared; to++) {
      const { head, body } = frames[to] as Frame;
      isShared = body !== undefined && body.length >= SHARED_BYTES_MIN;
      const bodyBytes = body?.length ?? 0;
      length += frameHeaderBytes(head.length + bodyBytes) + head.length + (isShared ? 0 : bodyBytes);
    }
    const out = Buffer.allocUnsafe(length);
    buffers.push(out);
    for (let at = 0; from < to; from++) {
      const { head, body } = frames[from] as Frame;
      at = writeFrameHeader(out, at, head.length + (body?.length ?? 0));
      out.set(head, at);
      at += head.length;
      if (!body) continue;
      if (body.length >= SHARED_BYTES_MIN) buffers.push(body);
      else out.set(body, at);
      at += body.length;
    }
  }
  return buffers;
}

/** What all connections of a listener have sent since their last whole frames: half frames are held in memory. */
export type Quiet = { bytes: number; readonly bytesMax: number };

type ByteSocket = Duplex & Partial<Pick<Socket, "setNoDelay">>;

class SocketLink implements Link {
  readonly #webSocket: WebSocket;
  readonly #socket: ByteSocket;
  #frames: Frame[] = [];
  #framedBytes = 0;

  constructor(webSocket: WebSocket, socket: ByteSocket) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  send(head: Uint8Array, body?: Uint8Array): void {
    this.#frames.push({ head, body });
    this.#framedBytes += head.length + (body?.length ?? 0);
  }

  flush(): void {
    if (this.#frames.length === 0) return;
    const buffers = framesToBuffers(this.#frames);
    this.#frames = [];
    this.#framedBytes = 0;
    const socket = this.#socket;
    if (this.#webSocket.readyState !== this.#webSocket.OPEN || !socket.writable) return; // nothing follows a close frame
    if (buffers.length > 1) socket.cork();
    for (const buffer of buffers) socket.write(buffer);
    if (buffers.length > 1) socket.uncork();
  }

  unsentBytes(): number {
    return this.#framedBytes + this.#socket.writableLength;
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  /** Whoever does not take what was sent would not take a close frame either, and would hold all of it in memory. */
  close(): void {
    if (this.unsentBytes() > PUSH_BYTES_MAX) return this.#webSocket.terminate();
    this.flush();
    this.#webSocket.close(CLOSE_POLICY);
  }
}

/** Serves `webSocket`, whose bytes go over `socket`, until it closes. */
export function serveSocket(
  relay: Relay,
  webSocket: WebSocket,
  socket: ByteSocket,
  quiet: Quiet,
  onBug: (error: unknown) => void,
): void {
  let quietBytes = 0;

  function hear(bytes: number): void {
    quietBytes += bytes;
    quiet.bytes += bytes;
    if (quietBytes > QUIET_BYTES_MAX || quiet.bytes > quiet.bytesMax) webSocket.terminate();
  }
  function endQuiet(): void {
    quiet.bytes -= quietBytes;
    quietBytes = 0;
  }

  const link = new SocketLink(webSocket, socket);
  const session = relay.connect(link);
  socket.setNoDelay?.(true);
  socket.on("drain", () => session.drained());
  socket.prependListener("data", (bytes: Uint8Array) => hear(bytes.length));
  webSocket.on("message", (frame, isBinary) => {
    endQuiet();
    if (!isBinary || !(frame instanceof Uint8Array)) return webSocket.close(CLOSE_UNSUPPORTED_DATA);
    try {
      session.receive(frame);
    } catch (bug) {
      onBug(bug); // ends this connection and no other
      webSocket.terminate();
    }
  });
  webSocket.on("ping", (payload) => {
    // Whoever pings and takes no answers would have them wait here.
    if (link.unsentBytes() > UNSENT_BYTES_MAX) webSocket.terminate();
    else webSocket.pong(payload);
  });
  webSocket.on("close", () => {
    endQuiet();
    session.closed();
  });
  webSocket.on("error", () => webSocket.terminate()); // a broken frame or a broken line: nothing to tell anybody
}
