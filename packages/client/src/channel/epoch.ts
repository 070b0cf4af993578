/** From one epoch to the next. What remains of the old one is watched until everything in it was delivered. */
import type { Secret } from "@sotto/protocol";
import { randomFraction } from "../random.ts";
import { sessionOf, type Core } from "../core.ts";
import { channels, PAST_EPOCHS_MAX } from "../stored/channel.ts";
import type { Turn } from "../turn.ts";

/** A device renews its keys after so many own messages, or so long after the last time if it sent any (CL25). */
export const UPDATE_MESSAGES = 50;
export const UPDATE_MS = 86_400_000;

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
  const { epoch, exported, lastOwn } = channel;
  const ended = { epoch, exported, lastOwn, through: begun.commitSeq };
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
    const ack = { kind: "ack", handle: session.handle, through: begun.commitSeq } as const;
    turn.ask(session.line, ack, { kind: "nothing" });
    session.past.set(epoch, session.handle);
  }
  Object.assign(session, {
    opening: "no",
    handle: undefined,
    canWrite: false,
    isReading: false,
    hasRead: false,
    backlog: [],
    acked: begun.commitSeq,
    appending: undefined,
    isCommitting: false,
    isMoved: false,
  });
  turn.touch(`channel/${cid}`);
  turn.changedRows.add(channel.conversation);
}
