/** The relay's end of a line: what leaves, when, and, of a relay that lies, what it says. */
import { concat, decodeReply, encodeReply, type Reply } from "@sotto/protocol";
import type { Relay, Session } from "@sotto/relay";
import type { RelayConnection, RelayLine } from "../air.ts";

/** What a relay says on one connection in the place of each reply. */
export type Tongue = (reply: Reply) => readonly Reply[];

type Link = Parameters<Relay["connect"]>[0];

/** Frames leave when the relay flushes, as through a socket that is corked. */
export function serve(
  line: RelayLine,
  isAlive: () => boolean,
  connect: (link: Link) => Session,
  tongue: Tongue | undefined,
): RelayConnection {
  let corked: Uint8Array[] = [];
  let paused: Uint8Array[] | undefined;
  const session = connect({
    send: (head, body) => void corked.push(body === undefined ? head : concat(head, body)),
    flush() {
      for (const frame of corked.splice(0).flatMap((one) => spoken(one, tongue)))
        if (isAlive()) line.send(frame);
    },
    unsentBytes: () => corked.reduce((sum, frame) => sum + frame.length, 0),
    pause: () => void (paused ??= []),
    resume() {
      const waiting = paused ?? [];
      paused = undefined;
      for (const frame of waiting) session.receive(frame);
    },
    close() {
      corked = [];
      if (isAlive()) line.close();
    },
  });
  return {
    receive(frame) {
      if (!isAlive()) return;
      if (paused !== undefined) paused.push(frame);
      else session.receive(frame);
    },
    closed() {
      if (isAlive()) session.closed();
    },
  };
}

function spoken(frame: Uint8Array, tongue: Tongue | undefined): readonly Uint8Array[] {
  const decoded = tongue && decodeReply(frame);
  if (tongue === undefined || decoded?.ok !== true) return [frame];
  const { number, body } = decoded.value;
  return tongue(body).map((reply) => encodeReply(number, reply));
}
