/**
 * The relay's store in one SQLite file (spec/storage.md).
 *
 * A batch of messages is written as one row of the journal, and its callers hear *accepted* once that row is on disk.
 * A few times a second the journal is settled: entries that every reader has acknowledged by then leave nothing but
 * the answer to a repetition, the others move to their table. So a message between people who are online costs a share
 * of one row, and one for somebody offline is written twice. The state of every channel with journaled entries is in
 * memory; after a crash it is made again from the journal.
 */
import type { DatabaseSync } from "node:sqlite";
import { err, ok, toHex, type Result, type Sha256 } from "@sotto/protocol";
import {
  bytesToInbox,
  decideInboxSweep,
  forgettable,
  inboxDueAt,
  inboxToBytes,
  pageOf,
  postName,
  refused,
  withEntry,
  type ChannelStore,
} from "@sotto/relay";
import { ChannelRows } from "./channel-rows.ts";
import { createDecide } from "./decisions.ts";
import type { JournalProblem } from "./journal-row.ts";
import { Journal } from "./journal.ts";
import { LoadedChannels } from "./loaded.ts";
import { Repetitions } from "./repetitions.ts";
import { Settling } from "./settling.ts";
import { createRows, prepareStatements } from "./statements.ts";
import { Transactions } from "./transactions.ts";

/** Channels and inboxes in one sweep. */
const SWEPT_MAX = 64;

/** A journal that cannot be read is refused, and left as it is: what it holds was accepted. */
export function createSqliteChannelStore(ports: {
  /** Opened by `openDatabase`. Closed with the store; where there is none, it stays open. */
  readonly db: DatabaseSync;
  readonly relayId: Uint8Array;
  readonly sha256: Sha256;
  /** The disk refused what was accepted before: it stays in the journal and is tried again. */
  readonly onStorageFull?: () => void;
}): Result<ChannelStore, JournalProblem> {
  const { db, sha256, onStorageFull = () => undefined } = ports;
  const sql = prepareStatements(db);
  const channels = new LoadedChannels(sql);
  const repetitions = new Repetitions(sql);
  const journal = new Journal(sql);
  const transactions = new Transactions({ db, sql, channels, repetitions, journal });
  const channelRows = new ChannelRows(sql, channels, sha256);
  const settling = new Settling({ db, channels, journal, transactions, channelRows, onStorageFull });
  const rows = createRows(sql, () => {
    transactions.open();
    settling.truncateSoon(); // posts, shelf items and tokens are deleted at once, without being settled
  });
  const decide = createDecide({
    ...ports,
    sql,
    rows,
    channels,
    repetitions,
    journal,
    transactions,
    channelRows,
    settling,
  });

  /** Puts what an earlier process journaled at the end of its channels' logs. */
  function recover(): JournalProblem | undefined {
    const journaled = journal.read();
    if (!journaled.ok) return journaled.error;
    for (const { row, entry } of journaled.value) {
      const loaded = channels.loadRow(row);
      if (!loaded || entry.seq > loaded.channel.lastSeq + 1) return { kind: "damaged" };
      if (entry.seq <= loaded.channel.lastSeq) continue; // settled already
      loaded.channel = withEntry(loaded.channel, entry);
      loaded.unsettled.push(entry);
      channels.unsettledBytes += entry.wire.length;
      channels.dirty.set(loaded, 1);
    }
    if (settling.settleAll()) settling.truncate();
    return undefined;
  }

  function sweepInboxes(now: number): { readonly count: number; readonly erased: number } {
    const due = sql.inboxesDue.all(now, SWEPT_MAX);
    let erased = 0;
    for (const { inbox_id: inboxId, state } of due) {
      const { inbox, drop } = decideInboxSweep(bytesToInbox(state), now);
      for (const name of drop) sql.dropBody(inboxId, name);
      sql.putInbox(inboxId, inboxToBytes(inbox), inboxDueAt(inbox) ?? null);
      erased += drop.length;
    }
    return { count: due.length, erased };
  }

  function sweepChannel(cid: string, now: number): number {
    const loaded = channels.load(cid);
    if (!loaded) return 0;
    transactions.touch(loaded);
    return channelRows.sweep(loaded, now);
  }

  const store: ChannelStore = {
    apply(batch, now) {
      try {
        const outcomes = transactions.run(() => batch.map((op) => decide(op, now)));
        settling.settleIfMuch();
        if (!outcomes) onStorageFull();
        return Promise.resolve(outcomes ?? batch.map(() => refused("storageFull")));
      } catch (error) {
        return Promise.reject(error as Error);
      }
    },
    channel: (cid) => Promise.resolve(channels.load(cid)?.channel),
    inbox: (inboxId) => Promise.resolve(rows.inbox(inboxId)),
    backup: (name) => Promise.resolve(rows.backup(name)),
    code: (codeHash) => Promise.resolve(rows.code(codeHash)),
    page(cid, after, through, limits) {
      const loaded = channels.load(cid);
      if (!loaded) return Promise.resolve({ entries: [], through: after, isLast: true });
      const { row, channel, unsettled } = loaded;
      const last = Math.min(through ?? Number.MAX_SAFE_INTEGER, channel.lastSeq);
      const ranges = forgettable(channel);
      function* found() {
        yield* sql.wiresBetween.each(row, after, last);
        yield* unsettled.filter(({ seq }) => seq > after && seq <= last);
      }
      function* needed() {
        for (const one of found())
          if (!ranges.some((range) => one.seq > range.after && one.seq <= range.through)) yield one;
      }
      return Promise.resolve(pageOf(needed(), Math.max(after, last), limits));
    },
    posts(inboxId, after, limits) {
      const inbox = rows.inbox(inboxId);
      function* found() {
        for (const { seq, isGone } of inbox?.posts ?? []) {
          const wire = seq > after && !isGone ? rows.body(inboxId, postName(seq)) : undefined;
          if (wire) yield { seq, wire };
        }
      }
      return Promise.resolve(pageOf(found(), Math.max(after, inbox?.lastSeq ?? 0), limits));
    },
    sweep(now) {
      if (channels.dirty.size > 0) settling.settleSome(); // burn times are looked up in the tables
      const due = sql.channelsDue.all(now, SWEPT_MAX);
      const swept = transactions.run(() => {
        transactions.open();
        const entries = due.reduce((sum, { cid }) => sum + sweepChannel(toHex(cid), now), 0);
        const inboxes = sweepInboxes(now);
        sql.dropAnswers(now);
        sql.dropTokens(now);
        sql.dropCodes(now);
        return { erased: entries + inboxes.erased, inboxes: inboxes.count };
      });
      if (!swept) onStorageFull();
      if (swept && swept.erased > 0) settling.truncateSoon();
      const isMore = swept !== undefined && (due.length === SWEPT_MAX || swept.inboxes === SWEPT_MAX);
      return Promise.resolve({ erased: swept?.erased ?? 0, isMore });
    },
    close() {
      settling.stop();
      settling.settleAll();
      settling.truncate();
      db.close();
      return Promise.resolve();
    },
  };

  try {
    const problem = recover();
    if (problem) settling.stop();
    return problem ? err(problem) : ok(store);
  } catch (error) {
    settling.stop();
    throw error;
  }
}
