/** A ChannelStore that forgets everything with its process: for tests, drills and the simulator. */
import { MESSAGE_ID_KEPT_MS, toHex, type Sha256 } from "@sotto/protocol";
import {
  afterItsTime,
  applyAdmission,
  applyBackupPut,
  applyToInbox,
  commitId,
  decideAck,
  decideAppend,
  decideCommit,
  decideCreate,
  decideInboxSweep,
  forgettable,
  freshKeys,
  listedKeys,
  pageOf,
  postName,
  refused,
  spendToken,
  USED_KEYS_MAX,
  withoutEmptyEpochs,
  withoutEntries,
  type Answer,
  type Channel,
  type ChannelStore,
  type Code,
  type Inbox,
  type KeptBackup,
  type Operation,
  type Outcome,
  type Rows,
  type StoredEntry,
  type Token,
} from "@sotto/relay";

type Log = {
  channel: Channel;
  /** By sequence number. */
  entries: StoredEntry[];
  answerById: Map<string, Answer>;
  /** In the order they came. */
  usedKeys: Set<string>;
};

export function createMemoryChannelStore(ports: {
  readonly relayId: Uint8Array;
  readonly sha256: Sha256;
  /** While it says so, nothing is stored: a full disk. */
  readonly isFull?: () => boolean;
}): ChannelStore {
  const { relayId, sha256 } = ports;
  const logs = new Map<string, Log>();
  const inboxes = new Map<string, Inbox>();
  const bodies = new Map<string, Uint8Array>();
  const codes = new Map<string, Code>();
  const tokens = new Map<string, Token>();
  const backups = new Map<string, KeptBackup>();

  const rows: Rows = {
    inbox: (id) => inboxes.get(id),
    putInbox: (id, inbox) => void inboxes.set(id, inbox),
    body: (id, name) => bodies.get(id + name),
    putBody: (id, name, bytes) => void bodies.set(id + name, bytes.slice()),
    dropBody: (id, name) => void bodies.delete(id + name),
    code: (hash) => codes.get(hash),
    putCode: (hash, code) => void codes.set(hash, code),
    token: (hash) => tokens.get(hash),
    putToken: (hash, token) => void tokens.set(hash, token),
    dropToken: (hash) => void tokens.delete(hash),
    backup: (name) => backups.get(name),
    putBackup: (name, backup) => void backups.set(name, backup),
  };

  function decide(op: Operation, now: number): Outcome {
    switch (op.kind) {
      case "mint":
      case "activate":
        return applyAdmission(rows, op, now, sha256);
      case "create": {
        const { outcome, channel } = decideCreate(
          { channel: logs.get(op.cid)?.channel, now, sha256, relayId },
          op,
        );
        if (!channel) return outcome;
        if (!spendToken(rows, op.spend, now)) return refused("tokenRefused");
        const usedKeys = new Set(listedKeys(op.keys).map(toHex));
        logs.set(op.cid, { channel, entries: [], answerById: new Map(), usedKeys });
        return outcome;
      }
      case "append": {
        const log = logs.get(op.cid);
        const { outcome, channel } = decideAppend(factsOf(log, op.messageId, now), op);
        if (outcome.kind === "accepted" && log && channel) keep(log, channel, outcome.entry);
        return outcome;
      }
      case "commit": {
        const log = logs.get(op.cid);
        const fresh = log ? freshKeys(log.channel, op.next).map(toHex) : [];
        const isKeyReused = fresh.some((key) => log?.usedKeys.has(key));
        const facts = { ...factsOf(log, commitId(sha256, op), now), isKeyReused };
        const { outcome, channel } = decideCommit(facts, op);
        if (outcome.kind !== "committed" || !log || !channel) return outcome;
        keep(log, channel, outcome.entry);
        for (const key of fresh) log.usedKeys.add(key);
        for (const key of log.usedKeys.values().take(Math.max(0, log.usedKeys.size - USED_KEYS_MAX)))
          log.usedKeys.delete(key);
        return outcome;
      }
      case "ack": {
        const log = logs.get(op.cid);
        const { outcome, channel } = decideAck(log?.channel, op);
        if (!log || !channel) return outcome;
        log.channel = channel;
        forget(log);
        return outcome;
      }
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
  }

  const factsOf = (log: Log | undefined, id: Uint8Array, now: number) => ({
    channel: log?.channel,
    repeated: log?.answerById.get(toHex(id)),
    remembered: log?.answerById.size ?? 0,
    now,
    sha256,
  });

  function keep(log: Log, channel: Channel, entry: StoredEntry | undefined): void {
    log.channel = channel;
    if (!entry) return;
    log.entries.push(entry);
    log.answerById.set(toHex(entry.id), { seq: entry.seq, time: entry.time, head: entry.head });
  }

  function forget(log: Log): number {
    const ranges = forgettable(log.channel);
    return replace(log, (entry) =>
      ranges.some(({ after, through }) => entry.seq > after && entry.seq <= through) ? undefined : entry,
    );
  }

  /** Exchanges or removes entries, and counts those that changed. */
  function replace(log: Log, by: (entry: StoredEntry) => StoredEntry | undefined): number {
    let changed = 0;
    let gone = 0;
    let bodyBytes = 0;
    log.entries = log.entries.flatMap((entry) => {
      const left = by(entry);
      if (left === entry) return [entry];
      changed += 1;
      if (!left) gone += 1;
      bodyBytes += entry.bodyBytes - (left?.bodyBytes ?? 0);
      return left ? [left] : [];
    });
    if (changed > 0) log.channel = withoutEntries(log.channel, { entries: gone, bodyBytes });
    log.channel = withoutEmptyEpochs(log.channel, (after, through) =>
      log.entries.some(({ seq }) => seq > after && seq <= through),
    );
    return changed;
  }

  function sweepInboxes(now: number): number {
    let erased = 0;
    for (const [id, inbox] of inboxes) {
      const swept = decideInboxSweep(inbox, now);
      inboxes.set(id, swept.inbox);
      for (const name of swept.drop) rows.dropBody(id, name);
      erased += swept.drop.length;
    }
    return erased;
  }

  return {
    apply: (batch, now) =>
      Promise.resolve(
        ports.isFull?.() ? batch.map(() => refused("storageFull")) : batch.map((op) => decide(op, now)),
      ),
    channel: (cid) => Promise.resolve(logs.get(cid)?.channel),
    inbox: (inboxId) => Promise.resolve(inboxes.get(inboxId)),
    backup: (name) => Promise.resolve(backups.get(name)),
    code: (codeHash) => Promise.resolve(codes.get(codeHash)),
    page(cid, after, through, limits) {
      const log = logs.get(cid);
      const last = Math.min(through ?? Number.MAX_SAFE_INTEGER, log?.channel.lastSeq ?? 0);
      const found = (log?.entries ?? []).filter(({ seq }) => seq > after && seq <= last);
      return Promise.resolve(pageOf(found, Math.max(after, last), limits));
    },
    posts(inboxId, after, limits) {
      const inbox = inboxes.get(inboxId);
      const found = (inbox?.posts ?? [])
        .filter(({ seq }) => seq > after)
        .map(({ seq }) => ({ seq, wire: rows.body(inboxId, postName(seq)) }))
        .filter((post): post is { seq: number; wire: Uint8Array } => post.wire !== undefined);
      return Promise.resolve(pageOf(found, Math.max(after, inbox?.lastSeq ?? 0), limits));
    },
    sweep(now) {
      let erased = sweepInboxes(now);
      for (const log of logs.values()) {
        erased += replace(log, (entry) => (entry.until <= now ? afterItsTime(entry, sha256) : entry));
        for (const [id, answer] of log.answerById)
          if (answer.time + MESSAGE_ID_KEPT_MS < now) log.answerById.delete(id);
      }
      for (const [hash, token] of tokens) if (token.until < now) tokens.delete(hash);
      return Promise.resolve({ erased, isMore: false });
    },
    close: () => Promise.resolve(),
  };
}
