/** Carries out what @sotto/relay decides about a channel: reads what the decision needs, and keeps what follows. */
import { fromHex, type Sha256 } from "@sotto/protocol";
import {
  applyAdmission,
  applyBackupPut,
  applyToInbox,
  channelToBytes,
  commitId,
  decideAck,
  decideAppend,
  decideCommit,
  decideCreate,
  freshKeys,
  listedKeys,
  refused,
  spendToken,
  type Acknowledge,
  type Append,
  type Commit,
  type Create,
  type Operation,
  type Outcome,
  type Rows,
} from "@sotto/relay";
import type { ChannelRows } from "./channel-rows.ts";
import type { Journal } from "./journal.ts";
import type { LoadedChannels } from "./loaded.ts";
import type { Repetitions } from "./repetitions.ts";
import type { Settling } from "./settling.ts";
import type { Statements } from "./statements.ts";
import type { Transactions } from "./transactions.ts";
import { UsedKeys } from "./used-keys.ts";

/** Journaled bytes above which the store accepts no more. */
const UNSETTLED_BYTES_MAX = 128 * 1_048_576;

/** Decides one operation within a transaction's work. */
export function createDecide(parts: {
  readonly sql: Statements;
  readonly rows: Rows;
  readonly channels: LoadedChannels;
  readonly repetitions: Repetitions;
  readonly journal: Journal;
  readonly transactions: Transactions;
  readonly channelRows: ChannelRows;
  readonly settling: Settling;
  readonly relayId: Uint8Array;
  readonly sha256: Sha256;
}): (op: Operation, now: number) => Outcome {
  const { sql, rows, channels, repetitions, journal, transactions, channelRows, settling, relayId, sha256 } =
    parts;
  const usedKeys = new UsedKeys(sql);

  function append(op: Append, now: number): Outcome {
    const loaded = channels.load(op.cid);
    if (!loaded) return refused("denied");
    if (channels.unsettledBytes > UNSETTLED_BYTES_MAX) return refused("storageFull");
    const repeated = repetitions.answerTo(loaded, op.messageId, now);
    const remembered = repetitions.count(loaded, now);
    const { outcome, channel } = decideAppend(
      { channel: loaded.channel, repeated, remembered, now, sha256 },
      op,
    );
    if (!channel || outcome.kind !== "accepted" || !outcome.entry) return outcome;
    const { entry } = outcome;
    transactions.touch(loaded);
    loaded.channel = channel;
    loaded.unsettled.push(entry);
    repetitions.remember(loaded, entry, now);
    channels.unsettledBytes += entry.wire.length;
    journal.add({ row: loaded.row, entry });
    settling.markDirty(loaded);
    return outcome;
  }

  function acknowledge(op: Acknowledge): Outcome {
    const loaded = channels.load(op.cid);
    const { outcome, channel } = decideAck(loaded?.channel, op);
    if (!loaded || !channel) return outcome;
    transactions.touch(loaded);
    loaded.channel = channel;
    settling.markDirty(loaded);
    return outcome;
  }

  function create(op: Create, now: number): Outcome {
    const facts = { channel: channels.load(op.cid)?.channel, now, sha256, relayId };
    const { outcome, channel } = decideCreate(facts, op);
    if (!channel) return outcome;
    if (!spendToken(rows, op.spend, now)) return refused("tokenRefused");
    transactions.creates(op.cid);
    const added = sql.addChannel.one(fromHex(op.cid), channelToBytes(channel));
    if (added) usedKeys.add(added.id, listedKeys(op.keys));
    return outcome;
  }

  function commit(op: Commit, now: number): Outcome {
    const loaded = channels.load(op.cid);
    if (!loaded) return refused("denied");
    const fresh = freshKeys(loaded.channel, op.next);
    const { outcome, channel } = decideCommit(
      {
        channel: loaded.channel,
        repeated: repetitions.answerTo(loaded, commitId(sha256, op), now),
        remembered: repetitions.count(loaded, now),
        isKeyReused: usedKeys.hasAny(loaded.row, fresh),
        now,
        sha256,
      },
      op,
    );
    if (!channel || outcome.kind !== "committed" || !outcome.entry) return outcome;
    transactions.open();
    transactions.touch(loaded);
    channelRows.moveUnsettled(loaded);
    loaded.channel = channel;
    channelRows.addEntry(loaded, outcome.entry);
    repetitions.remember(loaded, outcome.entry, now);
    usedKeys.add(loaded.row, fresh);
    channelRows.put(loaded);
    settling.markDirty(loaded);
    return outcome;
  }

  return (op, now) => {
    switch (op.kind) {
      case "append":
        return append(op, now);
      case "ack":
        return acknowledge(op);
      case "create":
        return create(op, now);
      case "commit":
        return commit(op, now);
      case "mint":
      case "activate":
        return applyAdmission(rows, op, now, sha256);
      case "inboxCreate":
      case "allow":
      case "revoke":
      case "shelve":
      case "claim":
      case "post":
      case "ackInbox":
        return applyToInbox(rows, op, now, sha256);
      case "backupPut":
        return applyBackupPut(rows, op, now);
    }
  };
}
