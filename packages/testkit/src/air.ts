/**
 * The network of a simulated world. A line is a WebSocket over TLS: its frames arrive whole and in order, or the line
 * breaks and loses what was under way, and the two ends learn of it at different times. Frames are repeated and
 * reordered by what both sides do about broken lines. `hostile` goes further than any honest network: it drops,
 * repeats and reorders frames within a line, as a relay that lies could. Spec: spec/simulation.md, "Air".
 */
import type { Dial, Line, LineEvents } from "@sotto/client";
import type { Rng } from "./rng.ts";
import type { Cancel, Timeline } from "./simulation/timeline.ts";

/** The relay's end of a line, as a listener sees it. */
export type RelayLine = {
  readonly send: (frame: Uint8Array) => void;
  readonly close: () => void;
};
export type RelayConnection = { receive(frame: Uint8Array): void; closed(): void };
/** `caller`: whose port it is. No relay is told; one that lies may choose whom to lie to. */
export type Accept = (line: RelayLine, caller: string) => RelayConnection;

export type AirFaults = {
  /** Probability, per frame, that the line breaks instead of carrying it. */
  readonly breaks: number;
  /** Probability, per frame, that it takes seconds. Later frames of the line wait behind it. */
  readonly delays: number;
  /** Probability, per frame and each, of being lost, doubled or overtaken on a line that stays up. */
  readonly hostile: number;
};
export const CALM: AirFaults = { breaks: 0, delays: 0, hostile: 0 };

const LATENCY_MS_MAX = 80;
const DELAY_MS_MAX = 9_000;
/** How long an end may believe in a line that the other end has lost. */
const HALF_OPEN_MS_MAX = 20_000;
/** After so long nobody waits for an answer any more. */
const CARRY_MS_MAX = 20_000;

export type AirPort = {
  readonly dial: Dial;
  /**
   * A request of its own, and its answer. `ask` is called where it comes to somebody who listens at `url`. Undefined:
   * the request or its answer was lost.
   */
  carry<T>(url: string, ask: () => Promise<T>): Promise<T | undefined>;
  /** Ends every line of this port and lets no further event through: the process is gone. */
  kill(): void;
  /** While unplugged, lines break and calls fail. */
  readonly plug: () => void;
  readonly unplug: () => void;
};

export type Air = {
  setFaults(faults: AirFaults): void;
  /** A way into the air for one process of one machine. */
  createPort(caller?: string): AirPort;
  listen(url: string, accept: Accept): void;
  /** The listener is gone: its lines break. */
  unlisten(url: string): void;
  /** Breaks one line, any, if there is one. */
  breakOne(): void;
  lineCount(): number;
};

type Port = { readonly caller: string };
type OpenLine = { readonly url: string; readonly port: Port; breakUp(): void };

export function createAir(timeline: Timeline, rng: Rng): Air {
  let faults = CALM;
  const listeners = new Map<string, Accept>();
  const lines = new Set<OpenLine>();

  const latency = (): number =>
    rng.chance(faults.delays) ? rng.below(DELAY_MS_MAX) : 1 + rng.below(LATENCY_MS_MAX);

  /** One direction of a line. */
  function createPipe(deliver: (frame: Uint8Array) => void, breakUp: () => void) {
    const underWay: Cancel[] = [];
    let isShut = false;
    let lastAt = 0;

    function put(frame: Uint8Array, mayOvertake: boolean): void {
      const at = timeline.now() + latency();
      const due = mayOvertake ? at : Math.max(lastAt, at);
      lastAt = Math.max(lastAt, due);
      const cancel = timeline.after(due - timeline.now(), () => {
        underWay.splice(underWay.indexOf(cancel), 1);
        deliver(frame);
      });
      underWay.push(cancel);
    }
    return {
      send(bytes: Uint8Array): void {
        if (isShut) return;
        if (rng.chance(faults.breaks)) return breakUp();
        const frame = bytes.slice(); // the wire keeps no reference to anybody's buffer
        if (rng.chance(faults.hostile)) return;
        put(frame, rng.chance(faults.hostile));
        if (rng.chance(faults.hostile)) put(frame.slice(), true);
      },
      /** After this nothing enters; of what is under way a prefix, possibly all of it, still arrives. */
      shut(survivors = rng.below(underWay.length + 1)): void {
        isShut = true;
        for (const cancel of underWay.splice(survivors)) cancel();
      },
      /** How long until the last frame under way is there. */
      drainMs: (): number => (underWay.length === 0 ? 0 : Math.max(0, lastAt - timeline.now())),
    };
  }

  function connect(url: string, port: Port, events: LineEvents, isPlugged: () => boolean): Line {
    let clientEnd: "connecting" | "open" | "ended" = "connecting";
    let connection: RelayConnection | undefined;

    const up = createPipe((frame) => connection?.receive(frame), breakUp);
    const down = createPipe((frame) => {
      if (clientEnd === "open") events.received(frame);
    }, breakUp);

    const line: OpenLine = { url, port, breakUp };
    function endClient(afterMs: number): void {
      timeline.after(afterMs, () => {
        if (clientEnd === "ended") return;
        clientEnd = "ended";
        events.ended();
      });
    }
    function endRelay(afterMs: number): void {
      timeline.after(afterMs, () => {
        const ending = connection;
        connection = undefined;
        ending?.closed();
      });
    }
    function breakUp(): void {
      if (!lines.delete(line)) return;
      up.shut();
      down.shut();
      endClient(Math.max(down.drainMs(), rng.below(HALF_OPEN_MS_MAX)));
      endRelay(Math.max(up.drainMs(), rng.below(HALF_OPEN_MS_MAX)));
    }
    /** The relay hangs up: what it sent before still arrives. */
    function hangUp(): void {
      if (!lines.delete(line)) return;
      up.shut(0);
      down.shut(Infinity);
      endClient(down.drainMs() + 1 + rng.below(LATENCY_MS_MAX));
      endRelay(0);
    }

    timeline.after(latency(), () => {
      if (clientEnd !== "connecting") return;
      const accept = listeners.get(url);
      if (accept === undefined || !isPlugged() || rng.chance(faults.breaks)) return endClient(latency());
      clientEnd = "open";
      lines.add(line);
      connection = accept({ send: (frame) => down.send(frame), close: hangUp }, port.caller);
      events.opened();
    });

    return {
      send: (frame) => {
        if (clientEnd === "open") up.send(frame);
      },
      end() {
        if (clientEnd === "ended") return;
        lines.delete(line);
        up.shut();
        down.shut(0);
        endClient(0);
        endRelay(up.drainMs() + latency());
      },
    };
  }

  const isLost = (isPlugged: () => boolean): boolean => !isPlugged() || rng.chance(faults.breaks);

  function carry<T>(url: string, ask: () => Promise<T>, isPlugged: () => boolean): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    const giveUp = timeline.after(CARRY_MS_MAX, () => resolve(undefined));
    const answer = (value: T | undefined): void =>
      void timeline.after(latency(), () => {
        giveUp();
        resolve(isLost(isPlugged) ? undefined : value);
      });
    timeline.after(latency(), () => {
      if (isLost(isPlugged) || !listeners.has(url)) answer(undefined);
      else void ask().then(answer);
    });
    return promise;
  }

  const breakWhere = (isHit: (line: OpenLine) => boolean): void => {
    for (const line of lines) if (isHit(line)) line.breakUp();
  };

  return {
    setFaults: (next) => void (faults = next),
    createPort(caller = "") {
      const port = { caller };
      let isPlugged = true;
      let isAlive = true;
      return {
        dial: ({ url }, _circuit, events) =>
          connect(
            url,
            port,
            {
              opened: () => (isAlive ? events.opened() : undefined),
              received: (frame) => (isAlive ? events.received(frame) : undefined),
              ended: () => (isAlive ? events.ended() : undefined),
            },
            () => isPlugged && isAlive,
          ),
        carry: (url, ask) => carry(url, ask, () => isPlugged),
        kill() {
          isAlive = false;
          breakWhere((line) => line.port === port);
        },
        plug: () => void (isPlugged = true),
        unplug() {
          isPlugged = false;
          breakWhere((line) => line.port === port);
        },
      };
    },
    listen: (url, accept) => void listeners.set(url, accept),
    unlisten(url) {
      listeners.delete(url);
      breakWhere((line) => line.url === url);
    },
    breakOne() {
      if (lines.size > 0) rng.pick([...lines]).breakUp();
    },
    lineCount: () => lines.size,
  };
}
