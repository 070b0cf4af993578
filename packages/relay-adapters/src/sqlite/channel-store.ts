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
import { fromHex, MESSAGE_ID_KEPT_MS, toHex, type Sha256 } from "@sotto/protocol";
import {
  afterItsTime,
  applyAdmission,
  applyToInbox,
  bytesToChannel,
  channelToBytes,
  commitId,
  decideAck,
  decideAppend,
  decideCommit,
  decideCreate,
  decideInboxSweep,
  forgettable,
  freshKeys,
  inboxDueAt,
  inboxToBytes,
  bytesToInbox,
  listedKeys,
  pageOf,
  postName,
  refused,
  spendToken,
  withEntry,
  withoutEmptyEpochs,
  withoutEntries,
  type Acknowledge,
  type Answer,
  type Append,
  type Channel,
  type ChannelStore,
  type Commit,
  type Create,
  type Operation,
  type Outcome,
  type StoredEntry,
} from "@sotto/relay";
import { answersToBytes, answerTo, bytesToAnswers, indexKey, type AnswerIndex } from "./answers.ts";
import { createCache } from "./cache.ts";
import { bytesToJournal, journalToBytes, type Journaled } from "./journal.ts";
import { isStorageFull } from "./schema.ts";
import { createRows, prepareStatements, rowToEntry } from "./statements.ts";

/** How long an acknowledgement may wait to be on disk, and an acknowledged entry to be deleted. */
export const SETTLE_MS = 500;
/** How long deleted bytes may stay in the WAL after that. */
export const TRUNCATE_MS = 2_000;
/** Settled rows of the journal that a new row replaces, in their pages: cheaper than to overwrite them with zeros. */
const REPLACED_ROWS = 2;
/** Channels settled in one transaction: bounds how long others wait for it. */
const SETTLED_CHANNELS_MAX = 256;
/** Journaled bytes that make the store settle at once, and above which it accepts no more. */
const UNSETTLED_BYTES_HIGH = 16 * 1_048_576;
const UNSETTLED_BYTES_MAX = 128 * 1_048_576;
/** Channels kept in memory, and ids of theirs. */
const CHANNELS_CACHED_MAX = 50_000;
const ANSWERS_CACHED_MAX = 2_000_000;
/** Channels and inboxes in one sweep. */
const SWEPT_MAX = 64;

type Loaded = {
  readonly row: number;
  /** With what is journaled. */
  channel: Channel;
  /** In the journal and not yet in the table, oldest first. */
  unsettled: StoredEntry[];
  /** When the earliest entry of the table may be due; never later than it is. */
  due: number | null;
  answers: AnswerIndex | undefined;
};
/** What is left of an entry that everybody has: enough to answer a repetition. */
type Forgotten = Omit<StoredEntry, "wire" | "until">;
/** What a failed transaction puts back. */
type Before = {
  readonly channel: Channel;
  readonly unsettled: StoredEntry[];
  readonly count: number;
  readonly due: number | null;
};

export function createSqliteChannelStore(ports: {
  /** Opened by `openDatabase`. Closed with the store. */
  readonly db: DatabaseSync;
  readonly relayId: Uint8Array;
  readonly sha256: Sha256;
  /** The disk refused what was accepted before: it stays in the journal and is tried again. */
  readonly onStorageFull?: () => void;
}): ChannelStore {
  const { db, relayId, sha256 } = ports;
  const sql = prepareStatements(db);
  const rows = createRows(sql, () => {
    openTransaction();
    truncateSoon(); // posts, shelf items and tokens are deleted at once, without being settled
  });
  /** Journaled or acknowledged since they were last settled, with the first place of the journal they need. */
  const dirty = new Map<Loaded, number>();
  const cache = createCache<Loaded>(CHANNELS_CACHED_MAX, (loaded) => dirty.has(loaded));
  const before = new Map<Loaded, Before>();
  /** Channels made by the transaction under way. */
  let created: string[] = [];
  let journaled: Journaled[] = [];
  /** The journal's rows are those from `firstPlace` on, and those before `neededFrom` are settled. */
  let firstPlace = 1;
  let neededFrom = 1;
  let nextPlace = 1;
  let isTight = false;
  let unsettledBytes = 0;
  let answersCached = 0;
  let isInTransaction = false;
  /** What `firstPlace` will be once the transaction under way is committed. */
  let dropsBefore = 1;
  let settleTimer: NodeJS.Timeout | undefined;
  let truncateTimer: NodeJS.Timeout | undefined;
  let isClosed = false;

  // --- transactions

  function openTransaction(): void {
    if (isInTransaction) return;
    sql.begin();
    isInTransaction = true;
  }

  /** All that `work` does, or, when the disk is full, nothing of it and `undefined`. */
  function transact<T>(work: () => T): T | undefined {
    try {
      const result = work();
      if (journaled.length > 0) writeJournal();
      if (isInTransaction) sql.commit();
      if (journaled.length > 0) nextPlace += 1;
      firstPlace = dropsBefore;
      return result;
    } catch (error) {
      if (db.isTransaction) sql.rollback();
      undo();
      if (isStorageFull(error)) return undefined;
      throw error;
    } finally {
      isInTransaction = false;
      dropsBefore = firstPlace;
      journaled = [];
      created = [];
      before.clear();
    }
  }

  function writeJournal(): void {
    dropJournal(Math.min(neededFrom, firstPlace + REPLACED_ROWS));
    sql.addJournal(nextPlace, journalToBytes(journaled));
  }

  function dropJournal(before: number): void {
    if (before <= dropsBefore) return;
    openTransaction();
    sql.dropJournal(before);
    dropsBefore = before;
  }

  function undo(): void {
    for (const cid of created) cache.delete(cid);
    for (const [loaded, { channel, unsettled, count, due }] of before) {
      unsettled.length = count;
      loaded.channel = channel;
      loaded.unsettled = unsettled;
      loaded.due = due;
      loaded.answers = undefined;
    }
    unsettledBytes = 0;
    for (const { unsettled } of dirty.keys()) for (const { wire } of unsettled) unsettledBytes += wire.length;
  }

  /** Before anything of `loaded` changes. */
  function touch(loaded: Loaded): void {
    if (before.has(loaded)) return;
    const { channel, unsettled, due } = loaded;
    before.set(loaded, { channel, unsettled, count: unsettled.length, due });
  }

  // --- loading

  function load(cid: string): Loaded | undefined {
    const cached = cache.get(cid);
    if (cached) return cached;
    const row = sql.channelByCid.one(fromHex(cid));
    if (!row) return undefined;
    const loaded: Loaded = {
      row: row.id,
      channel: bytesToChannel(row.state),
      unsettled: [],
      due: row.due,
      answers: undefined,
    };
    cache.add(cid, loaded);
    return loaded;
  }

  function answersOf(loaded: Loaded, now: number): AnswerIndex {
    if (loaded.answers) return loaded.answers;
    if (answersCached > ANSWERS_CACHED_MAX) {
      for (const one of cache.values()) one.answers = undefined;
      answersCached = 0;
    }
    const index: AnswerIndex = new Map();
    for (const { answers } of sql.answersOf.each(loaded.row, now))
      for (const { id, seq } of bytesToAnswers(answers)) index.set(indexKey(id), seq);
    for (const { id, seq } of sql.idsOf.each(loaded.row)) index.set(indexKey(id), seq);
    for (const { id, seq } of loaded.unsettled) index.set(indexKey(id), seq);
    answersCached += index.size;
    loaded.answers = index;
    return index;
  }

  function repeatedOf(loaded: Loaded, id: Uint8Array, now: number): Answer | undefined {
    const seq = answersOf(loaded, now).get(indexKey(id));
    if (seq === undefined) return undefined;
    const row = sql.entry.one(loaded.row, seq);
    const forgotten = sql.answersAt.one(loaded.row, seq);
    return answerTo(id, [
      ...loaded.unsettled.filter((entry) => entry.seq === seq),
      ...(row ? [rowToEntry(row)] : []),
      ...(forgotten ? bytesToAnswers(forgotten.answers) : []),
    ]);
  }

  // --- decisions

  function decide(op: Operation, now: number): Outcome {
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
    }
  }

  function append(op: Append, now: number): Outcome {
    const loaded = load(op.cid);
    if (!loaded) return refused("denied");
    if (unsettledBytes > UNSETTLED_BYTES_MAX) return refused("storageFull");
    const repeated = repeatedOf(loaded, op.messageId, now);
    const remembered = answersOf(loaded, now).size;
    const { outcome, channel } = decideAppend(
      { channel: loaded.channel, repeated, remembered, now, sha256 },
      op,
    );
    if (!channel || outcome.kind !== "accepted" || !outcome.entry) return outcome;
    const { entry } = outcome;
    touch(loaded);
    loaded.channel = channel;
    loaded.unsettled.push(entry);
    remember(loaded, entry, now);
    unsettledBytes += entry.wire.length;
    journaled.push({ row: loaded.row, entry });
    markDirty(loaded);
    return outcome;
  }

  function remember(loaded: Loaded, { id, seq }: StoredEntry, now: number): void {
    answersOf(loaded, now).set(indexKey(id), seq);
    answersCached += 1;
  }

  function markDirty(loaded: Loaded): void {
    if (!dirty.has(loaded)) dirty.set(loaded, nextPlace);
    settleSoon(SETTLE_MS);
  }

  function acknowledge(op: Acknowledge): Outcome {
    const loaded = load(op.cid);
    const { outcome, channel } = decideAck(loaded?.channel, op);
    if (!loaded || !channel) return outcome;
    touch(loaded);
    loaded.channel = channel;
    markDirty(loaded);
    return outcome;
  }

  function create(op: Create, now: number): Outcome {
    const facts = { channel: load(op.cid)?.channel, now, sha256, relayId };
    const { outcome, channel } = decideCreate(facts, op);
    if (!channel) return outcome;
    if (!spendToken(rows, op.spend, now)) return refused("tokenRefused");
    openTransaction();
    created.push(op.cid);
    const added = sql.addChannel.one(fromHex(op.cid), channelToBytes(channel));
    for (const key of listedKeys(op.keys)) sql.addUsedKey(added?.id ?? null, key);
    return outcome;
  }

  function commit(op: Commit, now: number): Outcome {
    const loaded = load(op.cid);
    if (!loaded) return refused("denied");
    const id = commitId(sha256, op);
    const fresh = freshKeys(loaded.channel, op.next);
    const decision = decideCommit(
      {
        channel: loaded.channel,
        repeated: repeatedOf(loaded, id, now),
        remembered: answersOf(loaded, now).size,
        isKeyReused: fresh.some((key) => sql.usesKey.one(loaded.row, key) !== undefined),
        now,
        sha256,
      },
      op,
    );
    const { outcome, channel } = decision;
    if (!channel || outcome.kind !== "committed" || !outcome.entry) return outcome;
    openTransaction();
    touch(loaded);
    settleUnsettled(loaded);
    loaded.channel = channel;
    addEntry(loaded, outcome.entry);
    remember(loaded, outcome.entry, now);
    for (const key of fresh) sql.addUsedKey(loaded.row, key);
    putChannel(loaded);
    markDirty(loaded);
    return outcome;
  }

  // --- settling

  function addEntry(loaded: Loaded, entry: StoredEntry): void {
    const { seq, time, until, id, head, bodyBytes, wire } = entry;
    sql.addEntry(loaded.row, seq, time, until, id, head, bodyBytes, wire);
    loaded.due = Math.min(loaded.due ?? until, until);
  }

  const putChannel = (loaded: Loaded): void =>
    sql.putChannel(channelToBytes(loaded.channel), loaded.due, loaded.row);

  /** Moves journaled entries to their table. */
  function settleUnsettled(loaded: Loaded): void {
    for (const entry of loaded.unsettled) {
      addEntry(loaded, entry);
      unsettledBytes -= entry.wire.length;
    }
    loaded.unsettled = [];
  }

  /** Brings the tables to what is in memory: forgets what everybody has, stores what somebody lacks. */
  function settle(loaded: Loaded): void {
    touch(loaded);
    const { unsettled } = loaded;
    const isInTable = loaded.channel.entries > unsettled.length;
    const kept = new Set(unsettled);
    for (const { after, through } of forgettable(loaded.channel)) {
      const over: Forgotten[] = isInTable ? takeEntries(loaded, after, through) : [];
      for (const entry of unsettled)
        if (entry.seq > after && entry.seq <= through) {
          over.push(entry);
          kept.delete(entry);
        }
      if (over.length > 0) forget(loaded, over);
    }
    for (const entry of kept) addEntry(loaded, entry);
    for (const { wire } of unsettled) unsettledBytes -= wire.length;
    loaded.unsettled = [];
    dropEmptyEpochs(loaded);
    putChannel(loaded);
  }

  const takeEntries = (loaded: Loaded, after: number, through: number): Forgotten[] =>
    sql.takeEntries
      .all(loaded.row, after, through)
      .map(({ body_bytes: bodyBytes, ...row }) => ({ ...row, bodyBytes }))
      .sort((a, b) => a.seq - b.seq);

  /** Leaves of entries of one epoch, oldest first, what answers a repetition. */
  function forget(loaded: Loaded, over: readonly Forgotten[]): void {
    const last = over.at(-1);
    if (!last) return;
    sql.addAnswers(loaded.row, last.seq, last.time + MESSAGE_ID_KEPT_MS, answersToBytes(over));
    const bodyBytes = over.reduce((sum, one) => sum + one.bodyBytes, 0);
    loaded.channel = withoutEntries(loaded.channel, { entries: over.length, bodyBytes });
  }

  function dropEmptyEpochs(loaded: Loaded): void {
    loaded.channel = withoutEmptyEpochs(
      loaded.channel,
      (after, through) => sql.anyBetween.one(loaded.row, after, through) !== undefined,
    );
  }

  const isUnsettled = (): boolean => dirty.size > 0 || firstPlace < nextPlace;

  function settleSoon(ms: number): void {
    if (settleTimer !== undefined || isClosed) return;
    settleTimer = setTimeout(() => {
      settleTimer = undefined;
      settleSome();
    }, ms);
  }

  /** One transaction's worth, those that wait longest first. False while the disk is full. */
  function settleSome(): boolean {
    const settled: Loaded[] = [];
    let settledBefore = nextPlace;
    for (const [loaded, place] of dirty) {
      if (settled.length === SETTLED_CHANNELS_MAX) {
        settledBefore = place;
        break;
      }
      settled.push(loaded);
    }
    const isDone = transact(() => {
      openTransaction();
      // Rows settled the last time that no new row has replaced since; all of them where their room is needed.
      dropJournal(isTight ? settledBefore : neededFrom);
      for (const loaded of settled) settle(loaded);
      return true;
    });
    isTight = !isDone;
    if (isDone) {
      neededFrom = settledBefore;
      for (const loaded of settled) dirty.delete(loaded);
    } else ports.onStorageFull?.();
    truncateSoon();
    if (dirty.size > 0) settleSoon(isDone ? 1 : SETTLE_MS);
    else if (firstPlace < neededFrom) settleSoon(SETTLE_MS);
    return isDone === true;
  }

  function truncateSoon(): void {
    if (truncateTimer !== undefined || isClosed) return;
    truncateTimer = setTimeout(() => {
      truncateTimer = undefined;
      truncate();
    }, TRUNCATE_MS);
  }

  /** Deleted bytes are overwritten in the database, but stay in the WAL until it is emptied. */
  function truncate(): void {
    try {
      const [result] = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
      if (result?.["busy"] !== 0) truncateSoon(); // another process was reading
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      ports.onStorageFull?.();
      truncateSoon();
    }
  }

  function stopTimers(): void {
    isClosed = true;
    clearTimeout(settleTimer);
    clearTimeout(truncateTimer);
  }

  // --- after a crash

  function recover(): void {
    nextPlace = (sql.lastPlace.one()?.place ?? 0) + 1;
    for (const { entries } of sql.journal.all())
      for (const { row, entry } of bytesToJournal(entries)) {
        const loaded = loadRow(row);
        if (entry.seq <= loaded.channel.lastSeq) continue; // settled already
        loaded.channel = withEntry(loaded.channel, entry);
        loaded.unsettled.push(entry);
        unsettledBytes += entry.wire.length;
        dirty.set(loaded, 1);
      }
    firstPlace = dropsBefore = 1;
    while (isUnsettled()) if (!settleSome()) return;
    truncate();
  }

  function loadRow(id: number): Loaded {
    const row = sql.channelById.one(id);
    const loaded = row && load(toHex(row.cid));
    if (!loaded) throw new Error("the journal names a channel that is not there");
    return loaded;
  }

  // --- time

  function sweepChannel(cid: string, now: number): number {
    const loaded = load(cid);
    if (!loaded) return 0;
    touch(loaded);
    settle(loaded);
    let forgotten = 0;
    let bodyBytes = 0;
    const due = sql.entriesDue.all(loaded.row, now);
    for (const row of due) {
      const left = afterItsTime(rowToEntry(row), sha256);
      bodyBytes += row.body_bytes;
      if (left) sql.putTombstone(left.until, left.wire, loaded.row, row.seq);
      else {
        sql.dropEntry(loaded.row, row.seq);
        forgotten += 1;
      }
    }
    loaded.channel = withoutEntries(loaded.channel, { entries: forgotten, bodyBytes });
    dropEmptyEpochs(loaded);
    loaded.due = sql.earliestUntil.one(loaded.row)?.due ?? null;
    putChannel(loaded);
    return due.length;
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

  try {
    recover();
  } catch (error) {
    stopTimers();
    throw error;
  }

  return {
    apply(batch, now) {
      try {
        const outcomes = transact(() => batch.map((op) => decide(op, now)));
        if (unsettledBytes > UNSETTLED_BYTES_HIGH) settleSome();
        if (!outcomes) ports.onStorageFull?.();
        return Promise.resolve(outcomes ?? batch.map(() => refused("storageFull")));
      } catch (error) {
        return Promise.reject(error as Error);
      }
    },
    channel: (cid) => Promise.resolve(load(cid)?.channel),
    inbox: (inboxId) => Promise.resolve(rows.inbox(inboxId)),
    code: (codeHash) => Promise.resolve(rows.code(codeHash)),
    page(cid, after, through, limits) {
      const loaded = load(cid);
      if (!loaded) return Promise.resolve({ entries: [], through: after, isLast: true });
      const last = Math.min(through ?? Number.MAX_SAFE_INTEGER, loaded.channel.lastSeq);
      const ranges = forgettable(loaded.channel);
      function* found() {
        yield* sql.wiresBetween.each(loaded?.row ?? 0, after, last);
        yield* loaded?.unsettled.filter(({ seq }) => seq > after && seq <= last) ?? [];
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
      if (dirty.size > 0) settleSome(); // burn times are looked up in the tables
      const channels = sql.channelsDue.all(now, SWEPT_MAX);
      const erased = transact(() => {
        openTransaction();
        const entries = channels.reduce((sum, { cid }) => sum + sweepChannel(toHex(cid), now), 0);
        const inboxes = sweepInboxes(now);
        sql.dropAnswers(now);
        sql.dropTokens(now);
        sql.dropCodes(now);
        return { entries: entries + inboxes.erased, inboxes: inboxes.count };
      });
      if (!erased) ports.onStorageFull?.();
      if (erased && erased.entries > 0) truncateSoon();
      const isMore = erased !== undefined && (channels.length === SWEPT_MAX || erased.inboxes === SWEPT_MAX);
      return Promise.resolve({ erased: erased?.entries ?? 0, isMore });
    },
    close() {
      stopTimers();
      while (isUnsettled()) if (!settleSome()) break;
      truncate();
      db.close();
      return Promise.resolve();
    },
  };
}
