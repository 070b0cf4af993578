/**
 * A scripted terminal client: it passes opaque bodies through one channel and keeps what it must across crashes. It
 * does no cryptography beyond signatures; what it does must be enough to find out any relay that breaks its promises.
 * Spec: spec/simulation.md, "The channel world".
 */
import type { Line, Ports } from "@sotto/client";
import {
  commitBytes,
  commitContentBytes,
  createBytes,
  decodeReply,
  encodeRequest,
  equalBytes,
  firstHeadBytes,
  nextHeadBytes,
  openReadBytes,
  openWriteBytes,
  RUNG_MS,
  COMMIT_KEPT_MS,
  type Entry,
  type EpochPublicKeys,
  type Reply,
  type Request,
  type Rung,
} from "@sotto/protocol";
import { epochKeysFrom, sha256, type EpochKeys } from "./epoch-keys.ts";
import type { Ledger } from "./ledger.ts";

/** Which channel, for everybody in it. */
export type ChannelPlace = {
  readonly url: string;
  readonly relayId: Uint8Array;
  readonly cid: Uint8Array;
  readonly firstSeed: Uint8Array;
  readonly memberCount: number;
};

export type OutboxMessage = {
  readonly messageId: Uint8Array;
  readonly rung: Rung;
  readonly body: Uint8Array;
};

/** What survives a crash. Replaced as a whole, atomically. */
export type ChannelState = {
  readonly isCreated: boolean;
  readonly epoch: number;
  readonly seed: Uint8Array;
  readonly seq: number;
  readonly head: Uint8Array;
  readonly outbox: readonly OutboxMessage[];
  /** The body of a Commit this client wants, until some Commit ends the epoch. */
  readonly wanted: Uint8Array | undefined;
  /** Epochs that are over, until the relay has said that it knows we have them: an ACK is never answered. */
  readonly unacknowledged: readonly EndedEpoch[];
};
type EndedEpoch = { readonly epoch: number; readonly seed: Uint8Array; readonly through: number };

export type ChannelClientPorts = Pick<Ports, "dial" | "alarm" | "clock" | "randomBytes"> & {
  readonly disk: { read(): ChannelState; write(state: ChannelState): void };
  /** Called between any two effects; throws when power fails there. */
  powerMayFail(): void;
  /** For checks alone. */
  trueTime(): number;
  readonly ledger: Ledger;
};

/** Makes the channel: the token pays for it, the code gave the token. */
export type Founder = { readonly code: Uint8Array; readonly token: Uint8Array };

export type ChannelClient = {
  start(): void;
  append(message: OutboxMessage): void;
  /** Asks for a Commit with this body, which seeds the next epoch. */
  commit(body: Uint8Array): void;
};

const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 10_000;
const ANSWER_MS_MAX = 30_000;
/** Clocks of relays are up to this far from true time in these worlds. */
const RELAY_CLOCK_MS_OFF_MAX = 60_000;

export const firstState = (place: ChannelPlace): ChannelState => ({
  isCreated: false,
  epoch: 0,
  seed: place.firstSeed,
  seq: 0,
  head: sha256(
    firstHeadBytes(place.relayId, place.cid, epochKeysFrom(place.firstSeed, place.memberCount).public),
  ),
  outbox: [],
  wanted: undefined,
  unacknowledged: [],
});

type LogEntry = Exclude<Entry, { kind: "post" }>;

type Session = {
  readonly line: Line;
  nonce: Uint8Array;
  isWriting: boolean;
  handle: number;
  /** Of the handle. */
  epoch: number;
  nextNumber: number;
  readonly waiting: Map<number, (reply: Reply) => void>;
  readonly inFlight: Set<string>;
  /** Entries that came before their turn, by number. */
  readonly early: Map<number, LogEntry>;
  isReading: boolean;
  lastHeard: number;
};

export function createChannelClient(
  ports: ChannelClientPorts,
  place: ChannelPlace,
  index: number,
  founder: Founder | undefined,
): ChannelClient {
  const { disk, ledger } = ports;
  let session: Session | undefined;
  let retryMs = RETRY_MS_MIN;

  const keys = (): EpochKeys => epochKeysFrom(disk.read().seed, place.memberCount);

  function save(change: Partial<ChannelState>): void {
    ports.powerMayFail();
    disk.write({ ...disk.read(), ...change });
    ports.powerMayFail();
  }

  function ask(body: Request, answered: (reply: Reply) => void): void {
    if (session === undefined) return;
    const number = session.nextNumber++;
    session.waiting.set(number, answered);
    ports.powerMayFail();
    session.line.send(encodeRequest(number, body));
  }

  function call(): void {
    const line = ports.dial({ url: place.url }, place.cid.toHex(), {
      opened: () => ask({ kind: "hello", nonce: ports.randomBytes(32) }, onWelcome),
      received,
      ended: () => {
        session = undefined;
        ports.alarm.set(ports.clock() + retryMs, call);
        retryMs = Math.min(2 * retryMs, RETRY_MS_MAX);
      },
    });
    session = {
      line,
      nonce: new Uint8Array(),
      isWriting: false,
      handle: 0,
      epoch: 0,
      nextNumber: 1,
      waiting: new Map(),
      inFlight: new Set(),
      early: new Map(),
      isReading: false,
      lastHeard: ports.clock(),
    };
    watch();
  }

  /** Whoever is owed an answer and hears nothing hangs up. */
  function watch(): void {
    ports.alarm.set(ports.clock() + ANSWER_MS_MAX, () => {
      const isStuck = session !== undefined && session.waiting.size > 0;
      if (isStuck && ports.clock() - (session?.lastHeard ?? 0) >= ANSWER_MS_MAX) session?.line.end();
      else if (session !== undefined) {
        flush();
        watch();
      }
    });
  }

  function received(frame: Uint8Array): void {
    if (session === undefined) return;
    session.lastHeard = ports.clock();
    const decoded = decodeReply(frame);
    if (!decoded.ok) return ledger.violate("SM14", "a frame that is none");
    const { number, body } = decoded.value;
    if (number === 0) return onPush(body);
    const answered = session.waiting.get(number);
    session.waiting.delete(number);
    answered?.(body);
  }

  function giveUp(): void {
    session?.line.end();
  }

  function onWelcome(reply: Reply): void {
    if (reply.kind !== "welcome" || session === undefined) return giveUp();
    session.nonce = reply.nonce.slice();
    if (founder !== undefined && !disk.read().isCreated) return found(founder);
    acknowledgeEnded();
    open();
  }

  function acknowledgeEnded(): void {
    for (const ended of disk.read().unacknowledged) {
      const settled = (): void =>
        save({ unacknowledged: disk.read().unacknowledged.filter((one) => one !== ended) });
      const { epoch } = ended;
      ask({ kind: "open", cid: place.cid, epoch, write: undefined, read: reading(ended) }, (reply) => {
        if (reply.kind === "refused" && reply.code !== "storageFull") return settled(); // nothing is left of it
        if (reply.kind !== "opened") return giveUp();
        if (reply.acked >= ended.through) settled();
        else acknowledge(reply.handle, ended.through);
        ask({ kind: "close", handle: reply.handle }, () => {});
      });
    }
  }

  function acknowledge(handle: number, through: number): void {
    ports.powerMayFail();
    if (session === undefined) return;
    session.line.send(encodeRequest(session.nextNumber++, { kind: "ack", handle, through }));
  }

  function reading({ epoch, seed }: { epoch: number; seed: Uint8Array }) {
    const reader = epochKeysFrom(seed, place.memberCount).readers[index];
    if (reader === undefined || session === undefined) return undefined;
    const bytes = openReadBytes(place.relayId, place.cid, epoch, session.nonce);
    return { reader: reader.publicKey, signature: reader.sign(bytes) };
  }

  function found({ code, token }: Founder): void {
    ask({ kind: "activate", code, tokenHashes: [sha256(token)] }, (activated) => {
      if (activated.kind !== "activated") return giveUp();
      const first = epochKeysFrom(place.firstSeed, place.memberCount);
      const signature = first.commit.sign(createBytes(place.relayId, place.cid, first.public));
      ask({ kind: "create", cid: place.cid, keys: first.public, token, signature }, (created) => {
        if (created.kind !== "created") return giveUp();
        if (!equalBytes(created.head, firstState(place).head)) ledger.violate("SM10", "a wrong first head");
        save({ isCreated: true });
        open();
      });
    });
  }

  /** Reading and writing at once if this epoch is still the current one; else reading alone. */
  function open(alsoWrite = true): void {
    if (session === undefined) return;
    const { epoch } = disk.read();
    const { cid, relayId } = place;
    const read = reading(disk.read());
    const write = alsoWrite
      ? keys().write.sign(openWriteBytes(relayId, cid, epoch, session.nonce))
      : undefined;
    session.isWriting = false;
    const { seq: seqBefore } = disk.read();
    ask({ kind: "open", cid, epoch, write, read }, (reply) => {
      if (reply.kind === "refused" && reply.code === "epochMoved" && alsoWrite) return open(false);
      if (reply.kind !== "opened" || session === undefined) return giveUp();
      retryMs = RETRY_MS_MIN;
      session.handle = reply.handle;
      session.epoch = epoch;
      session.isWriting = alsoWrite;
      if (reply.lastSeq < seqBefore) ledger.violate("SM12", "the relay has lost entries");
      if (reply.lastSeq === disk.read().seq && !equalBytes(reply.head, disk.read().head))
        ledger.violate("SM10", "the relay shows another history");
      if (reply.acked < disk.read().seq) acknowledge(reply.handle, disk.read().seq);
      flush(); // what the relay may have already: it must recognise a repetition
      readOn();
    });
  }

  function readOn(): void {
    if (session === undefined) return;
    const { handle } = session;
    session.isReading = true;
    ask({ kind: "read", handle, after: disk.read().seq }, (reply) => {
      if (session?.handle !== handle) return;
      session.isReading = false;
      if (reply.kind !== "page") return giveUp();
      for (const entry of reply.entries) offer(entry);
      if (session?.handle !== handle) return;
      if (reply.isLast) flush();
      else readOn();
    });
  }

  function onPush(reply: Reply): void {
    if (session === undefined) return;
    if (reply.kind === "lagging" && reply.handle === session.handle) readOn();
    if (reply.kind === "pushed" && reply.handle === session.handle) offer(reply.entry);
  }

  /** Takes what is next and keeps what is early: one's own entries come as answers, the others' as pushes. */
  function offer(entry: Entry): void {
    if (session === undefined || entry.kind === "post" || entry.seq <= disk.read().seq) return;
    session.early.set(entry.seq, entry);
    for (;;) {
      const next = session?.early.get(disk.read().seq + 1);
      if (next === undefined || session === undefined) break;
      session.early.delete(next.seq);
      take(next);
    }
    if (session.early.size > 0 && !session.isReading) readOn();
  }

  function take(entry: LogEntry): void {
    const state = disk.read();
    if (session === undefined) return;
    const was = entry.kind === "erased" ? entry.was : entry.kind;
    const contentHash = contentHashOf(entry);
    const headed = {
      seq: entry.seq,
      epoch: entry.epoch,
      time: entry.time,
      was,
      rung: entry.kind === "commit" ? undefined : entry.rung,
      messageId: entry.kind === "commit" ? undefined : entry.messageId,
      commitment: entry.kind === "commit" ? undefined : entry.commitment,
      contentHash,
    };
    const head = sha256(nextHeadBytes(state.head, headed));
    const messageId = headed.messageId?.toHex() ?? "";
    ledger.read({
      seq: entry.seq,
      epoch: entry.epoch,
      was,
      messageId,
      contentHash: contentHash.toHex(),
      head: head.toHex(),
    });
    if (entry.kind === "erased") checkErasure(entry);
    const outbox = state.outbox.filter((one) => one.messageId.toHex() !== messageId);
    const moved =
      was === "commit" && entry.kind === "commit"
        ? {
            epoch: entry.epoch + 1,
            seed: sha256(entry.body),
            wanted: undefined,
            unacknowledged: [
              ...state.unacknowledged,
              { epoch: entry.epoch, seed: state.seed, through: entry.seq },
            ],
          }
        : {};
    save({ seq: entry.seq, head, outbox, ...moved });
    acknowledge(session.handle, entry.seq);
    if (was !== "commit") return;
    if (entry.kind === "commit" && !sameKeys(entry.next, keys().public))
      ledger.violate("SM14", "the next keys were altered");
    session.early.clear();
    open();
  }

  /** A tombstone this client never acknowledged must be past its burn. */
  function checkErasure(entry: Extract<Entry, { kind: "erased" }>): void {
    const keptMs = entry.was === "commit" ? COMMIT_KEPT_MS : RUNG_MS[entry.rung ?? "30days"];
    if (ports.trueTime() < entry.time + keptMs - RELAY_CLOCK_MS_OFF_MAX)
      ledger.violate("SM15", `the entry at ${entry.seq} was erased before its time`);
  }

  function flush(): void {
    if (session === undefined || !session.isWriting) return;
    for (const message of disk.read().outbox) transmit(message);
    const { wanted } = disk.read();
    if (wanted !== undefined) transmitCommit(wanted);
  }

  function transmit(message: OutboxMessage): void {
    if (session === undefined || !session.isWriting) return;
    const name = message.messageId.toHex();
    if (session.inFlight.has(name)) return;
    session.inFlight.add(name);
    const mine = session;
    ledger.offered(name, session.epoch);
    ask({ kind: "append", handle: session.handle, commitment: undefined, ...message }, (reply) => {
      mine.inFlight.delete(name);
      if (reply.kind === "accepted") {
        const { seq, time, head } = reply;
        ledger.accepted(name, { seq, head: head.toHex() });
        save({ outbox: disk.read().outbox.filter((one) => one.messageId.toHex() !== name) });
        offer({ kind: "message", seq, time, epoch: mine.epoch, commitment: undefined, ...message });
      } else if (reply.kind === "refused" && reply.code === "epochMoved") {
        mine.isWriting = false; // the Commit that ended it is on its way here
      } else giveUp();
    });
  }

  function transmitCommit(body: Uint8Array): void {
    const { epoch } = disk.read();
    const next = epochKeysFrom(sha256(body), place.memberCount).public;
    const unsigned = { relayId: place.relayId, cid: place.cid, epoch, body, next };
    const signature = keys().commit.sign(commitBytes(sha256, unsigned));
    const request = { cid: place.cid, epoch, body, next, signature, adminSignature: undefined };
    ask({ kind: "commit", ...request }, (reply) => {
      if (reply.kind !== "committed") return; // lost to another, or asked for again on the next line
      const contentHash = sha256(commitContentBytes(request));
      const { seq, time, head } = reply;
      ledger.committed(epoch, contentHash.toHex(), { seq, head: head.toHex() });
      offer({ kind: "commit", seq, time, epoch, body, next, signature, adminSignature: undefined });
    });
  }

  return {
    start: call,
    append(message) {
      ledger.queued(message.messageId.toHex(), {
        contentHash: sha256(message.body).toHex(),
        rung: message.rung,
      });
      save({ outbox: [...disk.read().outbox, message] });
      ledger.promised(message.messageId.toHex());
      transmit(message);
    },
    commit(body) {
      save({ wanted: body });
      if (session?.isWriting === true) transmitCommit(body);
    },
  };
}

function contentHashOf(entry: Exclude<Entry, { kind: "post" }>): Uint8Array {
  switch (entry.kind) {
    case "message":
      return sha256(entry.body);
    case "commit":
      return sha256(commitContentBytes(entry));
    case "erased":
      return entry.contentHash;
  }
}

const sameKeys = (a: EpochPublicKeys, b: EpochPublicKeys): boolean =>
  equalBytes(a.write, b.write) &&
  equalBytes(a.commit, b.commit) &&
  a.readers.length === b.readers.length &&
  a.readers.every((reader, at) => equalBytes(reader, b.readers[at] ?? new Uint8Array()));
