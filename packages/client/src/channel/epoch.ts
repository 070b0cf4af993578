/** From one epoch to the next. The old one is remembered until the relay knows that this device has all of it. */
import type { Secret } from "@sotto/protocol";
import { randomFraction } from "../random.ts";
import { sessionOf, type Core } from "../core.ts";
import { channels, PAST_EPOCHS_MAX } from "../stored/channel.ts";
import type { Turn } from "../turn.ts";

/** A device renews its keys after so many own messages, or so long after the last time if it sent any (CL25). */
export const UPDATE_MESSAGES = 50;
const UPDATE_MS = 86_400_000;

/** Spread over a tenth, so that not everybody renews at once. */
export const nextUpdateAt = (core: Core, now: number): number =>
  now + Math.floor(UPDATE_MS * (0.9 + randomFraction(core.randomBytes) / 5));

/** `commitSeq` is the entry that ended the epoch before. */
export function beginEpoch(
  core: Core,
  turn: Turn,
  cid: string,
  begun: { readonly exported: Secret; readonly commitSeq: number; readonly isOwn: boolean },
): void {
  const channel = turn.need(channels, cid);
  const { epoch, exported } = channel;
  const ended = { epoch, exported, through: begun.commitSeq };
  turn.put(channels, cid, {
    ...channel,
    epoch: epoch + 1,
    exported: begun.exported,
    epochStart: begun.commitSeq,
    past: [...channel.past, ended].slice(-PAST_EPOCHS_MAX),
    ...(begun.isOwn && { ownSinceUpdate: 0, updateDueAt: nextUpdateAt(core, turn.now) }),
  });
  const session = sessionOf(core, cid);
  if (session.line !== undefined && session.handle !== undefined) {
    const { handle } = session;
    turn.ask(session.line, { kind: "ack", handle, through: begun.commitSeq }, { kind: "nothing" });
    turn.ask(session.line, { kind: "close", handle }, { kind: "nothing" });
  }
  Object.assign(session, {
    isOpening: false,
    handle: undefined,
    canWrite: false,
    isReading: false,
    hasRead: false,
    backlog: [],
    acked: 0,
    appending: undefined,
    isCommitting: false,
  });
  turn.touch(`channel/${cid}`);
  turn.changedRows.add(channel.conversation);
}
