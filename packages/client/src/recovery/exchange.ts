/**
 * One connection before there is a member: greeted, then one request after the other. It ends by itself when the relay
 * takes too long.
 */
import { decodeReply, encodeRequest, err, ok, type Reply, type Request, type Result } from "@sotto/protocol";
import { readGreeting } from "../line/greeting.ts";
import type { Line, Ports } from "../ports.ts";
import type { Problem } from "../problems.ts";

const ANSWER_MS_MAX = 30_000;

export type Exchange = {
  readonly relayId: Uint8Array;
  /** Undefined once the connection is over. */
  ask(request: Request): Promise<Reply | undefined>;
  end(): void;
};
export type ExchangePorts = Pick<Ports, "dial" | "alarm" | "clock" | "randomBytes">;

export async function openExchange(ports: ExchangePorts, url: string): Promise<Result<Exchange, Problem>> {
  const wire = await dial(ports, url);
  const nonce = ports.randomBytes(32);
  const reply = await wire?.ask({ kind: "hello", nonce });
  if (wire === undefined || reply === undefined) return err({ kind: "relay-unreachable" });
  const welcome = readGreeting({ relayId: undefined, clientNonce: nonce }, reply);
  if (welcome.ok) return ok({ ...wire, relayId: welcome.value.relayId });
  wire.end();
  return welcome;
}

type Wire = Pick<Exchange, "ask" | "end">;

function dial({ dial: open, alarm, clock }: ExchangePorts, url: string): Promise<Wire | undefined> {
  let answered: (reply: Reply | undefined) => void = () => undefined;
  let number = 0;
  let isOver = false;
  return new Promise((opened) => {
    const line: Line = open({ url }, "restore", {
      opened: () => opened({ ask, end }),
      received(frame) {
        const decoded = decodeReply(frame);
        if (!decoded.ok) return end();
        if (decoded.value.number === number) settle(decoded.value.body);
      },
      ended: over,
    });
    const giveUpLater = (): void => alarm.set(clock() + ANSWER_MS_MAX, end);
    giveUpLater();

    function settle(reply: Reply | undefined): void {
      alarm.clear();
      answered(reply);
    }
    function over(): void {
      isOver = true;
      opened(undefined);
      settle(undefined);
    }
    function end(): void {
      line.end();
      over();
    }
    function ask(request: Request): Promise<Reply | undefined> {
      if (isOver) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        answered = resolve;
        giveUpLater();
        line.send(encodeRequest(++number, request));
      });
    }
  });
}
