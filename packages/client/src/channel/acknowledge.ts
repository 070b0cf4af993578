/** Tells the relay how far this device has read, so that it can forget and others learn of delivery. Spec: CL12. */
import { channels } from "../stored/channel.ts";
import type { Turn } from "../turn.ts";
import type { Session } from "./session.ts";

/** Only what this turn makes durable, and only after it is. */
export function acknowledge(turn: Turn, cid: string, session: Session): void {
  const { seq } = turn.need(channels, cid).log;
  if (seq <= session.acked || session.line === undefined || session.handle === undefined) return;
  session.acked = seq;
  turn.ask(session.line, { kind: "ack", handle: session.handle, through: seq }, { kind: "nothing" });
}
