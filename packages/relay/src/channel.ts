/**
 * A channel as the relay knows it, and every decision about it. Pure: a store loads the state, asks, and keeps what
 * is returned. The log's entries and old answers stay in the store. Spec: spec/channel.md, rules CH.
 */
import {
  assert,
  commitContentBytes,
  COMMIT_KEPT_MS,
  constant,
  decode,
  encode,
  entryCodec,
  epochKeys,
  equalBytes,
  firstHeadBytes,
  fixed,
  fromHex,
  list,
  nextHeadBytes,
  optional,
  READERS_MAX,
  RUNG_MS,
  struct,
  toHex,
  u32,
  uint,
  type Entry,
  type EpochPublicKeys,
  type Sha256,
  type TypeOf,
} from "@sotto/protocol";
import { entryBytes, headAfterMessage, messageEntryBytes } from "./entry-bytes.ts";
import {
  CHANNEL_BYTES_MAX,
  CHANNEL_ENTRIES_MAX,
  CHANNEL_REMEMBERED_MAX,
  COMMIT_INTERVAL_MS,
  COMMIT_REFILL_MS,
  COMMITS_BURST_MAX,
  EPOCH_READERS_KEPT_MAX,
  EPOCHS_KEPT_MAX,
  TOMBSTONE_KEPT_MS,
} from "./limits.ts";
import {
  refused,
  type Acknowledge,
  type Answer,
  type Append,
  type Commit,
  type Create,
  type Outcome,
  type Refused,
  type StoredEntry,
} from "./operation.ts";

const epochState = struct({
  epoch: uint,
  /** The epoch's entries are those with `after < seq`, and `seq <= through` once it has ended. */
  after: uint,
  through: optional(uint),
  /** The head after the Commit that ended it. */
  endHead: optional(fixed(32)),
  keys: epochKeys,
  /** What each reader key has acknowledged, in the order of `keys.readers`. */
  cursors: list(READERS_MAX, uint),
});
export type EpochState = TypeOf<typeof epochState>;

/** The stored format of a channel without its entries. Its first byte is a version. */
export const channelCodec = struct({
  version: constant(2, "channel version 2"),
  lastSeq: uint,
  head: fixed(32),
  /** The head before any entry: what a repeated CREATE is answered with. */
  firstHead: fixed(32),
  createdAt: uint,
  committedAt: optional(uint),
  entries: u32,
  bodyBytes: uint,
  /** Oldest first; the last is the current one. Ended epochs are kept while entries of theirs are. */
  epochs: list(EPOCHS_KEPT_MAX, epochState),
  /** When all COMMITs would have been due at one every COMMIT_REFILL_MS: ahead of now after many (CH27). */
  commitsDueAt: uint,
});
export type Channel = TypeOf<typeof channelCodec>;

export function currentEpoch(channel: Channel): EpochState {
  const last = channel.epochs.at(-1);
  assert(last !== undefined, "a channel has a current epoch");
  return last;
}

export const epochOf = (channel: Channel, epoch: number): EpochState | undefined => {
  const current = currentEpoch(channel);
  return current.epoch === epoch ? current : channel.epochs.find((one) => one.epoch === epoch);
};

/**
 * The newest that readers of this epoch may know of the channel: of one that is over, the Commit that ended it. Whoever
 * was removed then would otherwise see from here how busy the channel is.
 */
export const newestOf = (
  channel: Channel,
  state: EpochState,
): { readonly seq: number; readonly epoch: number; readonly head: Uint8Array } =>
  state.through === undefined || state.endHead === undefined
    ? { seq: channel.lastSeq, epoch: state.epoch, head: channel.head }
    : { seq: state.through, epoch: state.epoch + 1, head: state.endHead };

/** Through which entry every reader of the epoch has acknowledged. */
export function deliveredOf(state: EpochState): number {
  let lowest = state.cursors[0] ?? 0;
  for (const cursor of state.cursors) if (cursor < lowest) lowest = cursor;
  return lowest;
}

export const listedKeys = (keys: EpochPublicKeys): readonly Uint8Array[] => [
  keys.write,
  keys.commit,
  ...(keys.admin ? [keys.admin] : []),
  ...keys.readers,
];

const repeatsItself = (keys: readonly Uint8Array[]): boolean => new Set(keys.map(toHex)).size !== keys.length;

type Facts = {
  readonly channel: Channel | undefined;
  readonly now: number;
  readonly sha256: Sha256;
};
/** `channel` is missing where nothing changed. */
type Decision = { readonly outcome: Outcome; readonly channel?: Channel };
const refuse = (...args: Parameters<typeof refused>): { readonly outcome: Refused } => ({
  outcome: refused(...args),
});

/** CH1, CH2. Whether the token may be spent is decided beside this; see admission.ts. */
export function decideCreate(facts: Facts & { readonly relayId: Uint8Array }, op: Create): Decision {
  const head = facts.sha256(firstHeadBytes(facts.relayId, fromHex(op.cid), op.keys));
  if (facts.channel) {
    const { firstHead, createdAt } = facts.channel;
    return equalBytes(firstHead, head)
      ? { outcome: { kind: "created", head, time: createdAt } }
      : refuse("exists");
  }
  if (op.keys.readers.length === 0 || repeatsItself(listedKeys(op.keys))) return refuse("keyReused");
  const channel: Channel = {
    version: 2,
    lastSeq: 0,
    head,
    firstHead: head,
    createdAt: facts.now,
    committedAt: undefined,
    entries: 0,
    bodyBytes: 0,
    epochs: [firstState(0, 0, op.keys)],
    commitsDueAt: 0,
  };
  return { outcome: { kind: "created", head, time: facts.now }, channel };
}

const firstState = (epoch: number, after: number, keys: EpochPublicKeys): EpochState => ({
  epoch,
  after,
  through: undefined,
  endHead: undefined,
  keys,
  cursors: keys.readers.map(() => 0),
});

type LogFacts = Facts & {
  /** What this messageId, or this very COMMIT, was answered before. */
  readonly repeated: Answer | undefined;
  /** How many messageIds the channel remembers. */
  readonly remembered: number;
};

/** CH10 to CH14. */
export function decideAppend(facts: LogFacts, op: Append): Decision {
  const { channel, repeated, now, sha256 } = facts;
  if (!channel) return refuse("denied");
  if (repeated) return { outcome: { kind: "accepted", ...repeated, entry: undefined } };
  const current = currentEpoch(channel);
  if (op.epoch !== current.epoch) return refuse("epochMoved", current.epoch);
  if (isFull(channel, facts.remembered, op.body.length)) return refuse("quotaFull");
  const fields = {
    seq: channel.lastSeq + 1,
    epoch: op.epoch,
    time: now,
    rung: op.rung,
    messageId: op.messageId,
    commitment: op.commitment,
    body: op.body,
  };
  const head = headAfterMessage(sha256, channel.head, fields, sha256(op.body));
  const entry: StoredEntry = {
    seq: fields.seq,
    time: now,
    until: now + RUNG_MS[op.rung],
    id: new Uint8Array(op.messageId),
    head,
    bodyBytes: op.body.length,
    wire: messageEntryBytes(fields),
  };
  return {
    outcome: { kind: "accepted", seq: entry.seq, time: now, head, entry },
    channel: withEntry(channel, entry),
  };
}

const isFull = (channel: Channel, remembered: number, bodyBytes: number): boolean =>
  channel.entries >= CHANNEL_ENTRIES_MAX ||
  remembered >= CHANNEL_REMEMBERED_MAX ||
  channel.bodyBytes + bodyBytes > CHANNEL_BYTES_MAX;

/** The channel once `entry` stands at the end of its log. Also how a store catches up after a crash. */
export const withEntry = (channel: Channel, entry: StoredEntry): Channel => ({
  version: 2,
  lastSeq: entry.seq,
  head: entry.head,
  firstHead: channel.firstHead,
  createdAt: channel.createdAt,
  committedAt: channel.committedAt,
  entries: channel.entries + 1,
  bodyBytes: channel.bodyBytes + entry.bodyBytes,
  epochs: channel.epochs,
  commitsDueAt: channel.commitsDueAt,
});

/** The channel after entries left its log, or lost their bodies. */
export const withoutEntries = (
  channel: Channel,
  gone: { readonly entries: number; readonly bodyBytes: number },
): Channel => ({
  ...channel,
  entries: channel.entries - gone.entries,
  bodyBytes: channel.bodyBytes - gone.bodyBytes,
});

/** What recognises a repeated COMMIT: the start of its content's hash. */
export const commitId = (sha256: Sha256, op: Commit): Uint8Array =>
  sha256(commitContentBytes(op)).slice(0, 16);

/** Keys of `next` that must be none the channel remembers: all, but an admin key that stays (CH22, CH28). */
export function freshKeys(channel: Channel, next: EpochPublicKeys): readonly Uint8Array[] {
  const { admin } = currentEpoch(channel).keys;
  const stays = admin && next.admin && equalBytes(admin, next.admin);
  return listedKeys(stays ? { ...next, admin: undefined } : next);
}

/** Whether the rules want this COMMIT signed by the epoch's admin key (CH24). */
export function needsAdmin(keys: EpochPublicKeys, next: EpochPublicKeys): boolean {
  if (!keys.admin) return next.admin !== undefined;
  return !next.admin || !equalBytes(keys.admin, next.admin);
}

/** A member chooses its messageIds, so one of them can be a Commit's: only a Commit stands between two epochs. */
const isCommit = (channel: Channel, seq: number): boolean =>
  channel.epochs.some(({ after, through }) => after === seq || through === seq);

/** How far ahead of their time the channel's COMMITs are. Further than they can get: the clock was set back. */
function commitsAheadMs(channel: Channel, now: number): number {
  const aheadMs = channel.commitsDueAt - now;
  return aheadMs > 0 && aheadMs <= COMMITS_BURST_MAX * COMMIT_REFILL_MS ? aheadMs : 0;
}

/** How long a COMMIT has to wait (CH23, CH27). */
function commitWaitMs(channel: Channel, op: Commit, now: number): number {
  const waitMs = commitsAheadMs(channel, now) - (COMMITS_BURST_MAX - 1) * COMMIT_REFILL_MS;
  if (op.adminSignature || channel.committedAt === undefined) return waitMs;
  const passedMs = now - channel.committedAt;
  // Below zero the clock was set back: what it said before does not bind the channel.
  return passedMs < 0 ? waitMs : Math.max(waitMs, COMMIT_INTERVAL_MS - passedMs);
}

/** CH20 to CH28. The signatures hold already, by the keys of `op.epoch`. */
export function decideCommit(facts: LogFacts & { readonly isKeyReused: boolean }, op: Commit): Decision {
  const { channel, repeated, now, sha256 } = facts;
  if (!channel) return refuse("denied");
  if (repeated && isCommit(channel, repeated.seq))
    return { outcome: { kind: "committed", ...repeated, entry: undefined } };
  const current = currentEpoch(channel);
  if (op.epoch !== current.epoch) return refuse("epochMoved", current.epoch);
  if (!op.adminSignature && needsAdmin(current.keys, op.next)) return refuse("denied");
  if (op.next.readers.length === 0 || facts.isKeyReused || repeatsItself(listedKeys(op.next)))
    return refuse("keyReused");
  const waitMs = commitWaitMs(channel, op, now);
  if (waitMs > 0) return refuse("rateLimited", waitMs);
  const entry = commitEntry(channel, op, now, sha256);
  if (isFull(channel, facts.remembered, entry.bodyBytes)) return refuse("quotaFull");
  const ended: EpochState = { ...current, through: entry.seq, endHead: entry.head };
  const begun = firstState(op.epoch + 1, entry.seq, op.next);
  return {
    outcome: { kind: "committed", seq: entry.seq, time: now, head: entry.head, entry },
    channel: {
      ...withEntry(channel, entry),
      committedAt: now,
      commitsDueAt: now + commitsAheadMs(channel, now) + COMMIT_REFILL_MS,
      epochs: newestEpochs([...channel.epochs.slice(0, -1), ended, begun]),
    },
  };
}

/** As many as a channel keeps: the newest in any case. */
function newestEpochs(epochs: readonly EpochState[]): readonly EpochState[] {
  let readers = 0;
  const tooOld = epochs.findLastIndex((state, at) => {
    readers += state.keys.readers.length;
    return readers > EPOCH_READERS_KEPT_MAX || at < epochs.length - EPOCHS_KEPT_MAX;
  });
  return epochs.slice(tooOld + 1);
}

function commitEntry(channel: Channel, op: Commit, now: number, sha256: Sha256): StoredEntry {
  const seq = channel.lastSeq + 1;
  const contentHash = sha256(commitContentBytes(op));
  const headed = {
    seq,
    epoch: op.epoch,
    time: now,
    was: "commit",
    rung: undefined,
    messageId: undefined,
    commitment: undefined,
    contentHash,
  } as const;
  const { epoch, body, next, signature, adminSignature } = op;
  const wire = entryBytes({ kind: "commit", seq, epoch, time: now, body, next, signature, adminSignature });
  return {
    seq,
    time: now,
    until: now + COMMIT_KEPT_MS,
    id: contentHash.slice(0, 16),
    head: sha256(nextHeadBytes(channel.head, headed)),
    bodyBytes: wire.length, // its keys can be longer than its body
    wire,
  };
}

/** CH30 to CH32. A cursor never moves back, nor past what there is to acknowledge. */
export function decideAck(channel: Channel | undefined, op: Acknowledge): Decision {
  const state = channel && epochOf(channel, op.epoch);
  const cursor = state?.cursors[op.reader];
  if (!channel || !state || cursor === undefined) return refuse("denied");
  const through = Math.min(op.through, state.through ?? channel.lastSeq);
  if (through <= cursor) return { outcome: { kind: "acknowledged", delivered: deliveredOf(state) } };
  const moved: EpochState = { ...state, cursors: state.cursors.with(op.reader, through) };
  return {
    outcome: { kind: "acknowledged", delivered: deliveredOf(moved) },
    channel: { ...channel, epochs: channel.epochs.map((one) => (one === state ? moved : one)) },
  };
}

export type Range = { readonly after: number; readonly through: number };

/**
 * The entries nobody needs: those every reader of their epoch has acknowledged, and those of epochs so long ago that
 * they are no longer kept (CH40).
 */
export function forgettable(channel: Channel): readonly Range[] {
  const unkept: Range = { after: 0, through: channel.epochs[0]?.after ?? 0 };
  const acknowledged = channel.epochs.map((state) => ({ after: state.after, through: deliveredOf(state) }));
  return [unkept, ...acknowledged].filter(({ after, through }) => through > after);
}

/** Drops ended epochs of which nothing is kept. `hasEntries` asks whether any entry in a range is. */
export function withoutEmptyEpochs(
  channel: Channel,
  hasEntries: (after: number, through: number) => boolean,
): Channel {
  if (channel.epochs.length === 1) return channel;
  const epochs = channel.epochs.filter(
    ({ after, through }) => through === undefined || hasEntries(after, through),
  );
  return epochs.length === channel.epochs.length ? channel : { ...channel, epochs };
}

/** What is left of an entry whose time has come: a tombstone of a message, nothing of anything else (CH41, CH42). */
export function afterItsTime(entry: StoredEntry, sha256: Sha256): StoredEntry | undefined {
  const decoded = decode(entryCodec, entry.wire);
  assert(decoded.ok, "a stored entry is of the format");
  const { value } = decoded;
  if (value.kind !== "message") return undefined;
  const { seq, epoch, time, rung, messageId, commitment, body } = value;
  const tombstone: Entry = {
    kind: "erased",
    seq,
    epoch,
    time,
    was: "message",
    rung,
    messageId,
    commitment,
    contentHash: sha256(body),
  };
  return { ...entry, until: time + TOMBSTONE_KEPT_MS, bodyBytes: 0, wire: entryBytes(tombstone) };
}

export const channelToBytes = (channel: Channel): Uint8Array<ArrayBuffer> => encode(channelCodec, channel);
export function bytesToChannel(bytes: Uint8Array): Channel {
  const decoded = decode(channelCodec, bytes);
  assert(decoded.ok, "a stored channel is of the format");
  return decoded.value;
}
