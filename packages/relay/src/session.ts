/**
 * One connection, as a machine: frames in, frames out. It proves who may ask; whether it may happen is decided in the
 * store. Handles, limits and what is in flight live here and die with the connection. Spec: spec/channel.md.
 */
import {
  createBytes,
  commitBytes,
  decodeRequest,
  encodeReply,
  equalBytes,
  fromHex,
  helloBytes,
  inboxCreateBytes,
  inboxOpenBytes,
  ok,
  openReadBytes,
  openWriteBytes,
  PAGE_BYTES_MAX,
  PAGE_ENTRIES_MAX,
  receiptBytes,
  toHex,
  unreachable,
  type RefusalCode,
  type Reply,
  type Request,
} from "@sotto/protocol";
import { createBucket } from "./bucket.ts";
import { currentEpoch, deliveredOf, epochOf, newestOf, type Channel } from "./channel.ts";
import { acceptedFrame } from "./entry-bytes.ts";
import { createFeed, type Output } from "./feed.ts";
import type { Listener } from "./hub.ts";
import { singleUseCount } from "./inbox.ts";
import {
  ACTIVATION_TRIES_MAX,
  ACTIVATION_WAIT_MS,
  BYTES_BURST_MAX,
  BYTES_PER_SECOND_MAX,
  HANDLES_MAX,
  MALFORMED_FRAMES_MAX,
  PUSH_BYTES_MAX,
  RELAY_BYTES_IN_FLIGHT_MAX,
  REQUEST_BYTES_IN_FLIGHT_MAX,
  REQUESTS_BURST_MAX,
  REQUESTS_IN_FLIGHT_MAX,
  REQUESTS_PER_SECOND_MAX,
  TICKET_KEPT_MS,
  UNSENT_BYTES_MAX,
} from "./limits.ts";
import { refused, type Operation, type Outcome } from "./operation.ts";
import type { Service } from "./relay.ts";
import { readHotRequest } from "./request-bytes.ts";
import { bytesToTicket, ticketToBytes } from "./ticket.ts";

/** The relay's side of a connection. */
export interface Link extends Output {
  /** One frame, given in one or two parts so that its many readers share the second. Sent by `flush`. */
  send(head: Uint8Array, body?: Uint8Array): void;
  flush(): void;
  /** What was sent or is to be flushed, and has not left this process. */
  unsentBytes(): number;
  /** Stops and resumes receiving. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** What whoever owns the link calls. */
export type Session = {
  /** One whole frame. The session may keep it. */
  receive(frame: Uint8Array): void;
  /** The link has sent what it had. */
  drained(): void;
  closed(): void;
};

type Of<Kind extends Request["kind"]> = Extract<Request, { kind: Kind }>;
type ChannelHandle = Listener & {
  readonly kind: "channel";
  readonly epoch: number;
  readonly mayWrite: boolean;
  /** The proven reader key's place in the epoch's list. */
  readonly reader: number | undefined;
};
type InboxHandle = Listener & { readonly kind: "inbox"; readonly reader: number };
type Handle = ChannelHandle | InboxHandle;

const PAGE_LIMITS = { entries: PAGE_ENTRIES_MAX, bytes: PAGE_BYTES_MAX };
const DENIED = refused("denied");

export function createSession(service: Service, link: Link): Session {
  const { store, hub, keyRing, sha256, clock } = service;
  const { relayId } = keyRing;
  const owner = {};
  const nonce = service.random(32);
  const handles = new Map<number, Handle>();
  const bytes = createBucket(BYTES_PER_SECOND_MAX, BYTES_BURST_MAX);
  const requests = createBucket(REQUESTS_PER_SECOND_MAX, REQUESTS_BURST_MAX);
  let lastHandle = 0;
  let isGreeted = false;
  let isClosed = false;
  let isResting = false;
  let inFlight = 0;
  let bytesInFlight = 0;
  let malformed = 0;
  let activationsRefused = 0;
  let reading: (() => Promise<void>)[] = [];
  let isReading = false;

  const output: Output = {
    send(head, body) {
      if (isClosed) return;
      link.send(head, body);
      service.touch(link);
      if (link.unsentBytes() > UNSENT_BYTES_MAX) end("overfull");
    },
    unsentBytes: () => link.unsentBytes(),
  };
  const reply = (number: number, body: Reply): void => output.send(encodeReply(number, body));

  function end(why: "overfull" | "malformed" | "silent"): void {
    service.observe({ kind: why });
    close();
    link.close();
  }

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    greeting.over();
    service.observe({ kind: "disconnected" });
    service.bytesInFlight -= bytesInFlight;
    for (const handle of handles.values()) release(handle);
    handles.clear();
    reading = [];
  }

  function release(handle: Handle): void {
    handle.feed.close();
    hub.remove(handle);
  }

  // --- what arrives

  function receive(frame: Uint8Array): void {
    if (isClosed) return;
    slowDown(frame.length);
    // An APPEND's body is copied once, into its entry; of other requests pieces are kept, so they are copied whole.
    const hot = readHotRequest(frame);
    const decoded = hot ? ok(hot) : decodeRequest(new Uint8Array(frame));
    if (!decoded.ok) return refuseMalformed(decoded.error.offset);
    const { number, body } = decoded.value;
    if ((body.kind === "hello") === isGreeted) return refuse(number, "outOfOrder");
    if (service.isStopping() && body.kind !== "ack") return refuse(number, "stopping");
    if (body.kind === "ack") return acknowledge(body);
    if (isOverfull(frame.length)) return refuse(number, "tooMany");
    begin(frame.length);
    handleRequest(number, body, frame.length);
  }

  /** A request that does not get under way. */
  function refuse(number: number, code: RefusalCode): void {
    reply(number, refused(code));
    service.flush();
  }

  function slowDown(length: number): void {
    const now = clock();
    const waitMs = Math.max(bytes.take(length, now), requests.take(1, now));
    if (waitMs > 0 && !isResting) rest(waitMs);
  }

  /** Frames that were read already still arrive, and lengthen the rest. */
  function rest(ms: number): void {
    isResting = true;
    link.pause();
    service.timers.after(ms, () => {
      if (isClosed) return;
      const now = clock();
      const waitMs = Math.max(bytes.take(0, now), requests.take(0, now));
      if (waitMs > 0) return rest(waitMs);
      isResting = false;
      link.resume();
    });
  }

  function refuseMalformed(offset: number): void {
    reply(0, refused("malformed", offset));
    service.flush();
    if (++malformed > MALFORMED_FRAMES_MAX) end("malformed");
    else service.observe({ kind: "malformed" });
  }

  const isOverfull = (length: number): boolean =>
    inFlight >= REQUESTS_IN_FLIGHT_MAX ||
    bytesInFlight + length > REQUEST_BYTES_IN_FLIGHT_MAX ||
    service.bytesInFlight + length > RELAY_BYTES_IN_FLIGHT_MAX;

  function begin(length: number): void {
    inFlight += 1;
    bytesInFlight += length;
    service.bytesInFlight += length;
  }

  function settle(length: number): void {
    inFlight -= 1;
    bytesInFlight -= length;
    if (!isClosed) service.bytesInFlight -= length;
  }

  function handleRequest(number: number, request: Exclude<Request, { kind: "ack" }>, length: number): void {
    const finish = (body: Reply): void => {
      settle(length);
      if (body.kind === "refused") service.observe({ kind: "refused", code: body.code });
      reply(number, body);
    };
    const later = (answer: Promise<Reply>): void =>
      void answer.then(
        (body) => {
          finish(body);
          service.flush();
        },
        (error: unknown) => {
          service.observe({ kind: "bug", error });
          close();
          link.close();
        },
      );
    switch (request.kind) {
      case "append":
        return append(number, request, length);
      case "read":
        return read(number, request, finish, () => settle(length));
      case "hello":
        return (finish(hello(request)), service.flush());
      case "close":
        return (finish(closeHandle(request)), service.flush());
      case "activate":
        return later(activate(request));
      case "create":
        return later(create(request));
      case "open":
        return later(open(request));
      case "resume":
        return later(resume(request));
      case "commit":
        return later(commit(request));
      case "attest":
        return later(attest(request));
      case "inboxCreate":
        return later(inboxCreate(request));
      case "inboxOpen":
        return later(inboxOpen(request));
      case "allow":
      case "revoke":
        return later(changeToken(request));
      case "shelve":
        return later(shelve(request));
      case "claim":
        return later(claim(request));
      case "post":
        return later(post(request));
      default:
        return unreachable(request);
    }
  }

  const submit = (operation: Operation): Promise<Outcome> =>
    new Promise((resolve) => service.batcher.submit(operation, resolve));

  const isSignedBy = async (
    key: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean> => {
    const [holds] = await service.verifier.verify([{ key, message, signature }]);
    return holds === true;
  };

  // --- the connection itself

  function hello(request: Of<"hello">): Reply {
    isGreeted = true;
    greeting.over();
    const { policy } = service;
    const time = clock();
    const signature = keyRing.sign(
      helloBytes({ relayId, clientNonce: request.nonce, relayNonce: nonce, time, policy }),
    );
    return { kind: "welcome", relayId, nonce, time, policy, signature };
  }

  async function activate(request: Of<"activate">): Promise<Reply> {
    if (activationsRefused >= ACTIVATION_TRIES_MAX) return refused("rateLimited", ACTIVATION_WAIT_MS);
    const outcome = await submit({
      kind: "activate",
      codeHash: toHex(sha256(request.code)),
      tokenHashes: request.tokenHashes.map(toHex),
    });
    if (outcome.kind === "refused" && outcome.code === "codeRefused") activationsRefused += 1;
    return asReply(outcome);
  }

  function closeHandle(request: Of<"close">): Reply {
    const handle = handles.get(request.handle);
    if (!handle) return DENIED;
    handles.delete(request.handle);
    release(handle);
    return { kind: "done" };
  }

  // --- channels

  async function create(request: Of<"create">): Promise<Reply> {
    const { keys, signature } = request;
    if (!(await isSignedBy(keys.commit, createBytes(relayId, request.cid, keys), signature))) return DENIED;
    const spend = await service.admission.spend(request.token);
    return asReply(await submit({ kind: "create", cid: toHex(request.cid), keys, spend }));
  }

  /** An unknown channel costs as many signature checks as a known one: they look alike, in time too (CH5). */
  async function open(request: Of<"open">): Promise<Reply> {
    const { cid, epoch, write, read } = request;
    if (!write && !read) return refused("malformed");
    const channel = await store.channel(toHex(cid));
    const state = channel && epochOf(channel, epoch);
    const reader = read && state ? placeOf(state.keys.readers, read.reader) : undefined;
    const checks = [
      ...(write
        ? [
            {
              key: state?.keys.write ?? relayId,
              message: openWriteBytes(relayId, cid, epoch, nonce),
              signature: write,
            },
          ]
        : []),
      ...(read
        ? [
            {
              key: reader === undefined ? relayId : read.reader,
              message: openReadBytes(relayId, cid, epoch, nonce),
              signature: read.signature,
            },
          ]
        : []),
    ];
    const holds = await service.verifier.verify(checks);
    if (!channel || !holds.every(Boolean)) return DENIED;
    return openChannel(channel, { cid, epoch, mayWrite: write !== undefined, reader: read?.reader });
  }

  async function resume(request: Of<"resume">): Promise<Reply> {
    const ticket = bytesToTicket(keyRing, request.ticket, clock());
    const channel = ticket && (await store.channel(toHex(ticket.cid)));
    return ticket && channel ? openChannel(channel, ticket) : DENIED;
  }

  type Proven = {
    readonly cid: Uint8Array;
    readonly epoch: number;
    readonly mayWrite: boolean;
    readonly reader: Uint8Array | undefined;
  };
  function openChannel(channel: Channel, proven: Proven): Reply {
    const current = currentEpoch(channel);
    const state = epochOf(channel, proven.epoch);
    const reader = state && proven.reader && placeOf(state.keys.readers, proven.reader);
    if (!state || (proven.reader && reader === undefined)) return DENIED;
    if (reader === undefined && current !== state) return refused("epochMoved", current.epoch);
    if (handles.size >= HANDLES_MAX) return refused("tooMany");
    const handle = addChannel(toHex(proven.cid), proven.epoch, proven.mayWrite, reader);
    const { seq: lastSeq, epoch, head } = newestOf(channel, state);
    return {
      kind: "opened",
      handle,
      epoch,
      lastSeq,
      head,
      acked: reader === undefined ? 0 : (state.cursors[reader] ?? 0),
      delivered: deliveredOf(state),
      ticket: ticketToBytes(keyRing, { ...proven, until: clock() + TICKET_KEPT_MS }),
    };
  }

  function addChannel(cid: string, epoch: number, mayWrite: boolean, reader: number | undefined): number {
    const number = ++lastHandle;
    let told = 0;
    const feed = createFeed({
      handle: number,
      output,
      flush: service.flush,
      onLagging: () => service.observe({ kind: "lagging" }),
      async readPage(after) {
        const channel = await store.channel(cid);
        const state = channel && epochOf(channel, epoch);
        if (!state) return { entries: [], through: after, isLast: true };
        return store.page(cid, Math.max(after, state.after), state.through, PAGE_LIMITS);
      },
    });
    add(number, {
      kind: "channel",
      place: cid,
      epoch,
      owner,
      feed,
      mayWrite,
      reader,
      delivered(through) {
        if (through <= told) return;
        told = through;
        reply(0, { kind: "delivered", handle: number, through });
      },
    });
    return number;
  }

  function add(number: number, handle: Handle): void {
    handles.set(number, handle);
    hub.add(handle);
  }

  function append(number: number, request: Of<"append">, length: number): void {
    const handle = handles.get(request.handle);
    if (handle?.kind !== "channel" || !handle.mayWrite) {
      settle(length);
      reply(number, DENIED);
      return service.flush();
    }
    const { place: cid, epoch } = handle;
    const { messageId, rung, commitment, body } = request;
    service.batcher.submit({ kind: "append", cid, epoch, messageId, rung, commitment, body }, (outcome) => {
      settle(length);
      if (outcome.kind !== "accepted") return reply(number, asReply(outcome));
      output.send(acceptedFrame(number, outcome.seq, outcome.time, outcome.head));
      if (!outcome.entry) return;
      hub.deliver(cid, epoch, outcome.entry, owner);
      service.wakeups.announce(cid, outcome.seq);
    });
  }

  /** The signatures hold for the epoch's keys for ever, so they are checked before; the store decides the rest. */
  async function commit(request: Of<"commit">): Promise<Reply> {
    const { epoch, body, next, signature, adminSignature } = request;
    const cid = toHex(request.cid);
    const channel = await store.channel(cid);
    const keys = channel && epochOf(channel, epoch)?.keys;
    const message = commitBytes(sha256, { relayId, cid: request.cid, epoch, body, next });
    const checks = [{ key: keys?.commit ?? relayId, message, signature }];
    if (adminSignature) checks.push({ key: keys?.admin ?? relayId, message, signature: adminSignature });
    const holds = await service.verifier.verify(checks);
    if (!holds.every(Boolean)) return DENIED;
    return new Promise((resolve) => {
      service.batcher.submit(
        { kind: "commit", cid, epoch, body, next, signature, adminSignature },
        (outcome) => {
          if (outcome.kind !== "committed") return resolve(asReply(outcome));
          const { seq, time, head, entry } = outcome;
          const receipt = keyRing.sign(receiptBytes(relayId, fromHex(cid), seq, epoch + 1, head));
          resolve({ kind: "committed", seq, time, head, receipt });
          if (!entry) return;
          hub.deliver(cid, epoch, entry, owner);
          service.wakeups.announce(cid, seq);
        },
      );
    });
  }

  async function attest(request: Of<"attest">): Promise<Reply> {
    const handle = handles.get(request.handle);
    if (handle?.kind !== "channel") return DENIED;
    const channel = await store.channel(handle.place);
    const state = channel && epochOf(channel, handle.epoch);
    if (!state) return DENIED;
    const { seq, epoch, head } = newestOf(channel, state);
    const receipt = keyRing.sign(receiptBytes(relayId, fromHex(handle.place), seq, epoch, head));
    return { kind: "attested", seq, epoch, head, receipt };
  }

  // --- reading, of either

  function read(
    number: number,
    request: Of<"read">,
    finish: (body: Reply) => void,
    answered: () => void,
  ): void {
    const handle = handles.get(request.handle);
    if (!handle || handle.reader === undefined) {
      finish(DENIED);
      return service.flush();
    }
    reading.push(async () => {
      await handle.feed.read(number, request.after);
      answered();
      service.flush();
    });
    readOn();
  }

  /** One page at a time, and none while the last ones are still on their way. */
  function readOn(): void {
    if (isReading || link.unsentBytes() > PUSH_BYTES_MAX) return;
    const next = reading.shift();
    if (!next) return;
    isReading = true;
    next().then(
      () => {
        isReading = false;
        readOn();
      },
      (error: unknown) => {
        service.observe({ kind: "bug", error });
        close();
        link.close();
      },
    );
  }

  function acknowledge(request: Of<"ack">): void {
    const handle = handles.get(request.handle);
    if (!handle || handle.reader === undefined) return;
    const { place, reader } = handle;
    const { through } = request;
    if (handle.kind === "inbox")
      return service.batcher.submit({ kind: "ackInbox", inboxId: place, reader, through }, () => undefined);
    const { epoch } = handle;
    service.batcher.submit({ kind: "ack", cid: place, epoch, reader, through }, (outcome) => {
      if (outcome.kind === "acknowledged") hub.deliveredMoved(place, epoch, outcome.delivered);
    });
  }

  // --- inboxes

  async function inboxCreate(request: Of<"inboxCreate">): Promise<Reply> {
    const { inboxId, owner: ownerKey, readers, postTokenHashes: tokenHashes, signature } = request;
    if (!(await isSignedBy(ownerKey, inboxCreateBytes(relayId, request), signature))) return DENIED;
    const spend = await service.admission.spend(request.token);
    return asReply(
      await submit({
        kind: "inboxCreate",
        inboxId: toHex(inboxId),
        owner: ownerKey,
        readers,
        tokenHashes,
        spend,
      }),
    );
  }

  async function inboxOpen(request: Of<"inboxOpen">): Promise<Reply> {
    const inboxId = toHex(request.inboxId);
    const inbox = await store.inbox(inboxId);
    const reader =
      inbox &&
      placeOf(
        inbox.devices.map((one) => one.reader),
        request.reader,
      );
    const key = reader === undefined ? relayId : request.reader;
    const message = inboxOpenBytes(relayId, request.inboxId, nonce);
    const holds = await isSignedBy(key, message, request.signature);
    const device = reader === undefined ? undefined : inbox?.devices[reader];
    if (!holds || !inbox || !device || reader === undefined) return DENIED;
    if (handles.size >= HANDLES_MAX) return refused("tooMany");
    const handle = addInbox(inboxId, reader);
    return {
      kind: "inboxOpened",
      handle,
      lastSeq: inbox.lastSeq,
      acked: device.cursor,
      shelved: singleUseCount(device),
    };
  }

  function addInbox(inboxId: string, reader: number): number {
    const number = ++lastHandle;
    const feed = createFeed({
      handle: number,
      output,
      flush: service.flush,
      onLagging: () => service.observe({ kind: "lagging" }),
      readPage: (after) => store.posts(inboxId, after, PAGE_LIMITS),
    });
    add(number, {
      kind: "inbox",
      place: inboxId,
      epoch: undefined,
      owner,
      feed,
      reader,
      delivered: () => undefined,
    });
    return number;
  }

  const inboxHandle = (number: number): InboxHandle | undefined => {
    const handle = handles.get(number);
    return handle?.kind === "inbox" ? handle : undefined;
  };

  async function changeToken(request: Of<"allow"> | Of<"revoke">): Promise<Reply> {
    const inbox = inboxHandle(request.handle);
    if (!inbox) return DENIED;
    const { kind, postTokenHash: tokenHash } = request;
    return asReply(await submit({ kind, inboxId: inbox.place, tokenHash }));
  }

  async function shelve(request: Of<"shelve">): Promise<Reply> {
    const inbox = inboxHandle(request.handle);
    if (!inbox) return DENIED;
    const { items, lastResort } = request;
    return asReply(
      await submit({ kind: "shelve", inboxId: inbox.place, reader: inbox.reader, items, lastResort }),
    );
  }

  async function claim(request: Of<"claim">): Promise<Reply> {
    const tokenHash = sha256(request.postToken);
    return asReply(await submit({ kind: "claim", inboxId: toHex(request.inboxId), tokenHash }));
  }

  function post(request: Of<"post">): Promise<Reply> {
    const inboxId = toHex(request.inboxId);
    const tokenHash = sha256(request.postToken);
    const { postId, body } = request;
    return new Promise((resolve) => {
      service.batcher.submit({ kind: "post", inboxId, tokenHash, postId, body }, (outcome) => {
        resolve(asReply(outcome));
        if (outcome.kind !== "posted" || !outcome.post) return;
        hub.deliver(inboxId, undefined, outcome.post, owner);
        service.wakeups.announce(inboxId, outcome.post.seq);
      });
    });
  }

  service.observe({ kind: "connected" });
  const greeting = service.greetings.await(() => end("silent"));
  return { receive, drained: readOn, closed: close };
}

function placeOf(keys: readonly Uint8Array[], key: Uint8Array): number | undefined {
  const place = keys.findIndex((one) => equalBytes(one, key));
  return place === -1 ? undefined : place;
}

/** Outcomes that are replies as they are. The others are turned into replies where they arise. */
function asReply(outcome: Outcome): Reply {
  switch (outcome.kind) {
    case "created":
    case "activated":
    case "claimed":
    case "done":
    case "refused":
      return outcome;
    case "accepted":
      return { kind: "accepted", seq: outcome.seq, time: outcome.time, head: outcome.head };
    case "posted":
    case "acknowledged":
    case "committed":
      return { kind: "done" };
  }
}
