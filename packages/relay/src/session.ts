/**
 * One connection, as a machine: frames in, frames out. Order, limits and what is in flight are here; what each request
 * proves is in channel-requests.ts and inbox-requests.ts; whether it may happen is decided in the store.
 * Spec: spec/channel.md.
 */
import {
  decodeRequest,
  encodeReply,
  helloBytes,
  ok,
  toHex,
  unreachable,
  type RefusalCode,
  type Reply,
  type Request,
} from "@sotto/protocol";
import { createBucket } from "./bucket.ts";
import { createChannelRequests } from "./channel-requests.ts";
import { asReply, DENIED, submit, type Connection, type Of } from "./connection.ts";
import type { Output } from "./feed.ts";
import { createHandles } from "./handles.ts";
import { createInboxRequests } from "./inbox-requests.ts";
import {
  ACTIVATION_TRIES_MAX,
  ACTIVATION_WAIT_MS,
  BYTES_BURST_MAX,
  BYTES_PER_SECOND_MAX,
  MALFORMED_FRAMES_MAX,
  PUSH_BYTES_MAX,
  RELAY_BYTES_IN_FLIGHT_MAX,
  REQUEST_BYTES_IN_FLIGHT_MAX,
  REQUESTS_BURST_MAX,
  REQUESTS_IN_FLIGHT_MAX,
  REQUESTS_PER_SECOND_MAX,
  UNSENT_BYTES_MAX,
} from "./limits.ts";
import { refused } from "./operation.ts";
import type { Service } from "./relay.ts";
import { readHotRequest } from "./request-bytes.ts";

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

export function createSession(service: Service, link: Link): Session {
  const { hub, keyRing, sha256, clock } = service;
  const owner = {};
  const nonce = service.random(32);
  const bytes = createBucket(BYTES_PER_SECOND_MAX, BYTES_BURST_MAX);
  const requests = createBucket(REQUESTS_PER_SECOND_MAX, REQUESTS_BURST_MAX);
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
  const handles = createHandles(service, output, owner);
  const connection: Connection = { service, nonce, owner, output, handles };
  const channels = createChannelRequests(connection);
  const inboxes = createInboxRequests(connection);
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
    handles.close();
    reading = [];
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
        return channels.append(number, request, () => settle(length));
      case "read":
        return read(number, request, finish, () => settle(length));
      case "hello":
        return (finish(hello(request)), service.flush());
      case "close":
        return (finish(closeHandle(request)), service.flush());
      case "activate":
        return later(activate(request));
      case "create":
        return later(channels.create(request));
      case "open":
        return later(channels.open(request));
      case "resume":
        return later(channels.resume(request));
      case "commit":
        return later(channels.commit(request));
      case "attest":
        return later(channels.attest(request));
      case "inboxCreate":
        return later(inboxes.create(request));
      case "inboxOpen":
        return later(inboxes.open(request));
      case "allow":
      case "revoke":
        return later(inboxes.changeToken(request));
      case "shelve":
        return later(inboxes.shelve(request));
      case "claim":
        return later(inboxes.claim(request));
      case "post":
        return later(inboxes.post(request));
      default:
        return unreachable(request);
    }
  }

  // --- the connection itself

  function hello(request: Of<"hello">): Reply {
    isGreeted = true;
    greeting.over();
    const { policy } = service;
    const { relayId } = keyRing;
    const time = clock();
    const signature = keyRing.sign(
      helloBytes({ relayId, clientNonce: request.nonce, relayNonce: nonce, time, policy }),
    );
    return { kind: "welcome", relayId, nonce, time, policy, signature };
  }

  async function activate(request: Of<"activate">): Promise<Reply> {
    if (activationsRefused >= ACTIVATION_TRIES_MAX) return refused("rateLimited", ACTIVATION_WAIT_MS);
    const outcome = await submit(connection, {
      kind: "activate",
      codeHash: toHex(sha256(request.code)),
      tokenHashes: request.tokenHashes.map(toHex),
    });
    if (outcome.kind === "refused" && outcome.code === "codeRefused") activationsRefused += 1;
    return asReply(outcome);
  }

  function closeHandle(request: Of<"close">): Reply {
    return handles.remove(request.handle) ? { kind: "done" } : DENIED;
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

  service.observe({ kind: "connected" });
  const greeting = service.greetings.await(() => end("silent"));
  return { receive, drained: readOn, closed: close };
}
