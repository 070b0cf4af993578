/** The member's connections: performs what line/line.ts decides. Volatile: a restart begins with none. */
import {
  decodeReply,
  encodeRequest,
  WIRE_VERSION,
  type Clock,
  type RandomBytes,
  type Reply,
  type Request,
} from "@sotto/protocol";
import type { Agenda } from "./agenda.ts";
import { randomFraction } from "./random.ts";
import type { Circuit, Dial, Line } from "./ports.ts";
import type { Problem } from "./problems.ts";
import type { Reachability } from "./views.ts";
import { readGreeting, type Welcome } from "./line/greeting.ts";
import { lineId, type LineId, type RelayAddress } from "./line/line-id.ts";
import { lineDueAt, newLine, stepLine, type LineEvent, type LineState } from "./line/line.ts";
import type { Purpose } from "./line/purpose.ts";

export type LineHappening =
  | { readonly kind: "line-opened" | "line-ended"; readonly id: LineId; readonly attempt: number }
  | {
      readonly kind: "line-frame";
      readonly id: LineId;
      readonly attempt: number;
      readonly frame: Uint8Array;
    };

/** What a frame meant. */
export type Heard =
  | { readonly kind: "nothing" }
  | { readonly kind: "greeted"; readonly welcome: Welcome; readonly relay: RelayAddress }
  | { readonly kind: "answer"; readonly purpose: Purpose; readonly reply: Reply }
  | { readonly kind: "push"; readonly reply: Reply };

type Slot = {
  readonly relay: RelayAddress;
  readonly circuit: Circuit;
  state: LineState<Purpose>;
  line: Line | undefined;
  attempt: number;
};

export type LinePorts = {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly agenda: Agenda;
  readonly happened: (event: LineHappening) => void;
  /** Whoever relied on the line starts again. */
  readonly lost: (id: LineId) => void;
};

export class Lines {
  readonly #ports: LinePorts;
  readonly #slots = new Map<LineId, Slot>();

  constructor(ports: LinePorts) {
    this.#ports = ports;
  }

  /** The line, dialled unless that is under way. */
  want(relay: RelayAddress, circuit: Circuit): LineId {
    const id = lineId(relay, circuit);
    if (!this.#slots.has(id)) {
      const state = newLine<Purpose>(this.#ports.clock());
      this.#slots.set(id, { relay, circuit, state, line: undefined, attempt: 0 });
    }
    this.#step(id, { kind: "wanted" });
    return id;
  }

  /** The relay's nonce on this connection, once it has proven its key. */
  readyNonce(id: LineId): Uint8Array | undefined {
    const phase = this.#slots.get(id)?.state.phase;
    return phase?.kind === "ready" ? phase.nonce : undefined;
  }

  ask(id: LineId, request: Request, purpose: Purpose): void {
    this.#step(id, { kind: "request", request, purpose });
  }

  rest(id: LineId): void {
    this.#step(id, { kind: "unwanted" });
    this.#slots.delete(id);
  }

  abandon(id: LineId, problem: Problem | undefined): void {
    this.#step(id, { kind: "abandoned", problem });
  }

  restAll(): void {
    for (const id of this.#slots.keys()) this.rest(id);
  }

  tick(id: LineId): void {
    this.#step(id, { kind: "tick" });
  }

  hear(event: LineHappening): Heard {
    const slot = this.#slots.get(event.id);
    if (slot === undefined || slot.attempt !== event.attempt) return { kind: "nothing" };
    switch (event.kind) {
      case "line-opened":
        this.#step(event.id, { kind: "opened", nonce: this.#ports.randomBytes(32) });
        return { kind: "nothing" };
      case "line-ended":
        slot.line = undefined;
        this.#step(event.id, { kind: "ended" });
        return { kind: "nothing" };
      case "line-frame":
        return this.#read(event.id, slot, event.frame);
    }
  }

  #read(id: LineId, slot: Slot, frame: Uint8Array): Heard {
    const decoded = decodeReply(frame);
    if (!decoded.ok || frame[0] !== WIRE_VERSION) {
      this.abandon(id, { kind: "relay-incompatible" });
      return { kind: "nothing" };
    }
    const { number, body } = decoded.value;
    const { phase } = slot.state;
    if (phase.kind === "greeting") return this.#greet(id, slot, phase.nonce, body);
    if (phase.kind !== "ready") return { kind: "nothing" };
    if (number === 0) return { kind: "push", reply: body };
    const answered = this.#step(id, { kind: "reply", number, reply: body });
    return answered ?? { kind: "nothing" };
  }

  #greet(id: LineId, slot: Slot, clientNonce: Uint8Array, reply: Reply): Heard {
    const welcome = readGreeting({ relayId: slot.relay.relayId, clientNonce }, reply);
    if (!welcome.ok) {
      this.abandon(id, welcome.error);
      return { kind: "nothing" };
    }
    this.#step(id, { kind: "greeted", nonce: welcome.value.nonce });
    return { kind: "greeted", welcome: welcome.value, relay: slot.relay };
  }

  #step(id: LineId, event: LineEvent<Purpose>): Extract<Heard, { kind: "answer" }> | undefined {
    const slot = this.#slots.get(id);
    if (slot === undefined) return undefined;
    const canFail = event.kind === "ended" || event.kind === "abandoned" || event.kind === "tick";
    const jitter = canFail ? randomFraction(this.#ports.randomBytes) : 0;
    const { line, effects } = stepLine(slot.state, event, this.#ports.clock(), jitter);
    slot.state = line;
    let answer: Extract<Heard, { kind: "answer" }> | undefined;
    for (const effect of effects) {
      switch (effect.kind) {
        case "dial":
          this.#dial(id, slot);
          break;
        case "send":
          slot.line?.send(encodeRequest(effect.number, effect.request));
          break;
        case "end":
          slot.attempt++; // deaf to what it still says
          slot.line?.end();
          slot.line = undefined;
          break;
        case "answer":
          answer = effect;
          break;
        case "lost":
          this.#ports.lost(id);
          break;
      }
    }
    this.#ports.agenda.set(`line/${id}`, lineDueAt(line));
    return answer;
  }

  #dial(id: LineId, slot: Slot): void {
    const attempt = ++slot.attempt;
    const { happened } = this.#ports;
    slot.line = this.#ports.dial({ url: slot.relay.url }, slot.circuit, {
      opened: () => happened({ kind: "line-opened", id, attempt }),
      received: (frame) => happened({ kind: "line-frame", id, attempt, frame }),
      ended: () => happened({ kind: "line-ended", id, attempt }),
    });
  }

  reachability(ids: readonly LineId[]): Reachability {
    const states = ids.flatMap((id) => this.#slots.get(id)?.state ?? []);
    if (states.some(({ phase }) => phase.kind === "ready")) return { kind: "online" };
    const offline = states.find(({ failures }) => failures > 0);
    if (offline === undefined) return { kind: "connecting" };
    return { kind: "offline", since: offline.offlineSince, problem: offline.problem };
  }

  idsOf(relay: RelayAddress): readonly LineId[] {
    return [...this.#slots].filter(([, slot]) => slot.relay.url === relay.url).map(([id]) => id);
  }
}
