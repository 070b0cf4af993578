/** Lines to relays over the browser's WebSocket. Spec: spec/wire.md, "Framing". */
import type { Dial, Line, LineEvents } from "@sotto/client";
import { FRAME_BYTES_MAX } from "@sotto/protocol";

const CONNECT_TIMEOUT_MS = 15_000;

/** The address of a relay's message endpoint: http becomes ws, https becomes wss. */
const lineUrl = (relayUrl: string): string => new URL("v1", `${relayUrl.replace(/^http/, "ws")}/`).href;

/**
 * A line per call; the circuit makes no difference here, because every call is a connection of its own. The page
 * policy and the browser refuse unencrypted lines from an encrypted page: to the client that is a relay out of reach.
 */
export function createDial(): Dial {
  return ({ url }, _circuit, events) => {
    const socket = open(url);
    if (socket !== undefined) return lineOver(socket, events);
    queueMicrotask(() => events.ended());
    return { send: () => {}, end: () => {} };
  };
}

function lineOver(socket: WebSocket, events: LineEvents): Line {
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    clearTimeout(patience);
    socket.close();
    events.ended();
  };
  // Closing takes its time when the other side is gone; the line ends at once.
  const patience = setTimeout(end, CONNECT_TIMEOUT_MS);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => {
    clearTimeout(patience);
    if (!ended) events.opened();
  });
  socket.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (ended) return;
    // Our relays speak binary only, and no frame is longer than this.
    if (typeof data === "string" || data.byteLength > FRAME_BYTES_MAX) end();
    else events.received(new Uint8Array(data));
  });
  socket.addEventListener("close", end);
  return {
    send: (frame) => {
      if (!ended && socket.readyState === WebSocket.OPEN) socket.send(frame as Uint8Array<ArrayBuffer>);
    },
    end,
  };
}

function open(url: string): WebSocket | undefined {
  try {
    return new WebSocket(lineUrl(url));
  } catch {
    return undefined; // not an address, or one this page may not reach
  }
}
