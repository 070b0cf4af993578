/** Lines to relays over WebSocket, for Node. Spec: spec/wire.md, "Framing". */
import { WebSocket } from "ws";
import type { Dial } from "@sotto/client";
import { FRAME_BYTES_MAX } from "@sotto/protocol";

const CONNECT_TIMEOUT_MS = 15_000;

/** The address of a relay's message endpoint: http becomes ws, https becomes wss. */
const lineUrl = (relayUrl: string): string => new URL("v1", `${relayUrl.replace(/^http/, "ws")}/`).href;

/**
 * A line per call; the circuit makes no difference here, because every call is a connection of its own.
 * Whoever needs unlinkable addresses puts a proxy below.
 */
export function createDial(): Dial {
  return ({ url }, _circuit, events) => {
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      events.ended();
    };
    const socket = open(url);
    if (socket === undefined) {
      queueMicrotask(end);
      return { send: () => {}, end: () => {} };
    }
    socket.binaryType = "nodebuffer";
    socket.on("open", () => events.opened());
    socket.on("message", (frame: Buffer, isBinary: boolean) => {
      if (isBinary) events.received(new Uint8Array(frame.buffer, frame.byteOffset, frame.length));
      else socket.terminate(); // our relays speak binary only
    });
    socket.on("error", () => {}); // always followed by "close"
    socket.on("close", end);
    return {
      send: (frame) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(frame);
      },
      end: () => socket.terminate(),
    };
  };
}

function open(url: string): WebSocket | undefined {
  try {
    return new WebSocket(lineUrl(url), {
      maxPayload: FRAME_BYTES_MAX,
      perMessageDeflate: false, // compression of ciphertext gains nothing and leaks lengths
      handshakeTimeout: CONNECT_TIMEOUT_MS,
    });
  } catch {
    return undefined; // not an address
  }
}
