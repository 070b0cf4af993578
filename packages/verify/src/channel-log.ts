/** The chain of heads of a channel: whoever knows a head knows the whole log before it. Spec: spec/channel.md. */
import {
  commitContentBytes,
  err,
  firstHeadBytes,
  nextHeadBytes,
  ok,
  unreachable,
  type Entry,
  type EpochPublicKeys,
  type HeadedEntry,
  type Result,
  type Sha256,
} from "@sotto/protocol";

/** Entries of a channel's log; posts live in inboxes. */
export type ChannelEntry = Exclude<Entry, { readonly kind: "post" }>;

/** How far a reader is: the newest entry it has, the head after it, and the epoch the next entry is in. */
export type LogPosition = { readonly seq: number; readonly epoch: number; readonly head: Uint8Array };

/** A channel before its first entry. */
export const firstPosition = (
  sha256: Sha256,
  channel: { readonly relayId: Uint8Array; readonly cid: Uint8Array; readonly keys: EpochPublicKeys },
  epoch = 0,
): LogPosition => ({
  seq: 0,
  epoch,
  head: sha256(firstHeadBytes(channel.relayId, channel.cid, channel.keys)),
});

export const headAfter = (sha256: Sha256, head: Uint8Array, entry: ChannelEntry): Uint8Array =>
  sha256(nextHeadBytes(head, headedEntry(sha256, entry)));

function headedEntry(sha256: Sha256, entry: ChannelEntry): HeadedEntry {
  switch (entry.kind) {
    case "message":
      return { ...entry, was: "message", contentHash: sha256(entry.body) };
    case "commit":
      return {
        seq: entry.seq,
        epoch: entry.epoch,
        time: entry.time,
        was: "commit",
        rung: undefined,
        messageId: undefined,
        commitment: undefined,
        contentHash: sha256(commitContentBytes(entry)),
      };
    case "erased":
      return entry;
    default:
      return unreachable(entry);
  }
}

/** `gap`: not the entry that follows. `otherEpoch`: the log moves by one epoch at each Commit and never else. */
export type LogFailure = { readonly kind: "gap" | "otherEpoch"; readonly seq: number };

/** The position after `entry`, which must be the one that follows `from`. */
export function advance(
  sha256: Sha256,
  from: LogPosition,
  entry: ChannelEntry,
): Result<LogPosition, LogFailure> {
  if (entry.seq !== from.seq + 1) return err({ kind: "gap", seq: entry.seq });
  if (entry.epoch !== from.epoch) return err({ kind: "otherEpoch", seq: entry.seq });
  const was = entry.kind === "erased" ? entry.was : entry.kind;
  return ok({
    seq: entry.seq,
    epoch: was === "commit" ? from.epoch + 1 : from.epoch,
    head: headAfter(sha256, from.head, entry),
  });
}

/** Advances over a whole page, or not at all. */
export function advanceAll(
  sha256: Sha256,
  from: LogPosition,
  entries: readonly ChannelEntry[],
): Result<LogPosition, LogFailure> {
  let position = from;
  for (const entry of entries) {
    const next = advance(sha256, position, entry);
    if (!next.ok) return next;
    position = next.value;
  }
  return ok(position);
}
