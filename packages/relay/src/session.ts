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
import type { Sender } from "./backlog.ts";
import { getBackup, putBackup } from "./backup-requests.ts";
import { grantBlob } from "./blob-requests.ts";
import { append, attest, commit, createChannel, openChannel, resumeChannel } from "./channel-requests.ts";
import { asReply, DENIED, submit, type Connection, type Of } from "./connection.ts";
import type { Output } from "./feed.ts";
import { Handles } from "./handles.ts";
import { changeToken, claim, createInbox, openInbox, post, shelve } from "./inbox-requests.ts";
import {
  ACTIVATION_TRIES_MAX,
  ACTIVATION_WAIT_MS,
  MALFORMED_FRAMES_MAX,
  PUSH_BYTES_MAX,
  RELAY_BYTES_IN_FLIGHT_MAX,
  REQUEST_BYTES_IN_FLIGHT_MAX,
  REQUESTS_IN_FLIGHT_MAX,
} from "./limits.ts";
import { refused } from "./operation.ts";
import { Pace, type Pausable } from "./pace.ts";
import type { Service } from "./relay.ts";
import { readHotRequest } from "./request-bytes.ts";

/** The relay's side of a connection. */
export interface Link extends Output, Pausable {
  /** One frame, given in one or two parts so that its many readers share the second. Sent by `flush`. */
  send(head: Uint8Array, body?: Uint8Array): void;
  flush(): void;
  /** What was sent or is to be flushed, and has not left this process. */
  unsentBytes(): number;
  close(): void;
}

/** What whoever owns the link calls. */
export interface Session {
  /** One whole frame. The session may keep it. */
  receive(frame: Uint8Array): void;
  /** The link has sent what it had. */
  drained(): void;
  closed(): void;
}

type Asking = Exclude<Request, { kind: "ack" }>;

// A class, and requests as functions: a relay holds 50,000 of these, and closures would be most of their memory.
export class LinkSession implements Session, Connection, Sender {
  readonly service: Service;
  readonly nonce: Uint8Array;
  readonly handles: Handles;
  readonly #link: Link;
  readonly #pace: Pace;
  readonly #greeting: { over(): void };
  #isGreeted = false;
  #isClosed = false;
  #inFlight = 0;
  #bytesInFlight = 0;
  #malformed = 0;
  #activationsRefused = 0;
  #reads: (() => Promise<void>)[] = [];
  #isReading = false;

  constructor(service: Service, link: Link) {
    this.service = service;
    this.nonce = service.random(32);
    this.#link = link;
    this.#pace = new Pace(service, link);
    this.handles = new Handles(service, this);
    service.observe({ kind: "connected" });
    this.#greeting = service.greetings.await(() => this.#end("silent"));
  }

  // --- what leaves

  send(head: Uint8Array, body?: Uint8Array): void {
    if (this.#isClosed) return;
    this.#link.send(head, body);
    this.service.touch(this.#link);
    this.service.backlog.note(this, this.#link.unsentBytes());
  }

  unsentBytes(): number {
    return this.#link.unsentBytes();
  }

  endOverfull(): void {
    this.#end("overfull");
  }

  #end(why: "overfull" | "malformed" | "silent"): void {
    this.service.observe({ kind: why });
    this.closed();
    this.#link.close();
  }

  /** Ends this connection and no other. */
  #endByBug(error: unknown): void {
    this.service.observe({ kind: "bug", error });
    this.closed();
    this.#link.close();
  }

  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { service } = this;
    this.#greeting.over();
    this.#pace.close();
    service.observe({ kind: "disconnected" });
    service.bytesInFlight -= this.#bytesInFlight;
    service.backlog.forget(this);
    this.handles.close();
    this.#reads = [];
  }

  // --- what arrives

  receive(frame: Uint8Array): void {
    if (this.#isClosed) return;
    this.#pace.received(frame.length);
    // An APPEND's body is copied once, into its entry; of other requests pieces are kept, so they are copied whole.
    const hot = readHotRequest(frame);
    const decoded = hot ? ok(hot) : decodeRequest(new Uint8Array(frame));
    if (!decoded.ok) return this.#refuseMalformed(decoded.error.offset);
    const { number, body } = decoded.value;
    if ((body.kind === "hello") === this.#isGreeted) return this.#refuse(number, "outOfOrder");
    if (this.service.isStopping() && body.kind !== "ack") return this.#refuse(number, "stopping");
    if (body.kind === "ack") return this.#acknowledge(body);
    if (this.#isOverfull(frame.length)) return this.#refuse(number, "tooMany");
    this.#begin(frame.length);
    this.#handle(number, body, frame.length);
  }

  /** A request that does not get under way. */
  #refuse(number: number, code: RefusalCode): void {
    this.send(encodeReply(number, refused(code)));
    this.service.flush();
  }

  #refuseMalformed(offset: number): void {
    this.send(encodeReply(0, refused("malformed", offset)));
    this.service.flush();
    if (++this.#malformed > MALFORMED_FRAMES_MAX) this.#end("malformed");
    else this.service.observe({ kind: "malformed" });
  }

  #isOverfull(length: number): boolean {
    return (
      this.#inFlight >= REQUESTS_IN_FLIGHT_MAX ||
      this.#bytesInFlight + length > REQUEST_BYTES_IN_FLIGHT_MAX ||
      this.service.bytesInFlight + length > RELAY_BYTES_IN_FLIGHT_MAX
    );
  }

  #begin(length: number): void {
    this.#inFlight += 1;
    this.#bytesInFlight += length;
    this.service.bytesInFlight += length;
  }

  #settle(length: number): void {
    this.#inFlight -= 1;
    this.#bytesInFlight -= length;
    if (!this.#isClosed) this.service.bytesInFlight -= length;
  }

  #handle(number: number, request: Asking, length: number): void {
    if (request.kind === "append") return append(this, number, request, () => this.#settle(length));
    if (request.kind === "read") return this.#read(number, request, length);
    const answer = this.#answer(request);
    if (answer instanceof Promise)
      void answer.then(
        (body) => this.#finish(number, body, length),
        (error: unknown) => this.#endByBug(error),
      );
    else this.#finish(number, answer, length);
  }

  #finish(number: number, body: Reply, length: number): void {
    this.#settle(length);
    if (body.kind === "refused") this.service.observe({ kind: "refused", code: body.code });
    this.send(encodeReply(number, body));
    this.service.flush();
  }

  #answer(request: Exclude<Asking, { kind: "append" | "read" }>): Reply | Promise<Reply> {
    switch (request.kind) {
      case "hello":
        return this.#hello(request);
      case "close":
        return this.handles.remove(request.handle) ? { kind: "done" } : DENIED;
      case "activate":
        return this.#activate(request);
      case "create":
        return createChannel(this, request);
      case "open":
        return openChannel(this, request);
      case "resume":
        return resumeChannel(this, request);
      case "commit":
        return commit(this, request);
      case "attest":
        return attest(this, request);
      case "inboxCreate":
        return createInbox(this, request);
      case "inboxOpen":
        return openInbox(this, request);
      case "allow":
      case "revoke":
        return changeToken(this, request);
      case "shelve":
        return shelve(this, request);
      case "claim":
        return claim(this, request);
      case "post":
        return post(this, request);
      case "backupPut":
        return putBackup(this, request);
      case "backupGet":
        return getBackup(this, request);
      case "grantBlob":
        return grantBlob(this, request);
      default:
        return unreachable(request);
    }
  }

  // --- the connection itself

  #hello(request: Of<"hello">): Reply {
    this.#isGreeted = true;
    this.#greeting.over();
    const { policy, keyRing, clock } = this.service;
    const { relayId } = keyRing;
    const { nonce } = this;
    const time = clock();
    const signed = helloBytes({ relayId, clientNonce: request.nonce, relayNonce: nonce, time, policy });
    return { kind: "welcome", relayId, nonce, time, policy, signature: keyRing.sign(signed) };
  }

  async #activate(request: Of<"activate">): Promise<Reply> {
    if (this.#activationsRefused >= ACTIVATION_TRIES_MAX) return refused("rateLimited", ACTIVATION_WAIT_MS);
    const outcome = await submit(this, {
      kind: "activate",
      codeHash: toHex(this.service.sha256(request.code)),
      tokenHashes: request.tokenHashes.map(toHex),
    });
    if (outcome.kind === "refused" && outcome.code === "codeRefused") this.#activationsRefused += 1;
    return asReply(outcome);
  }

  // --- reading, of either

  #read(number: number, request: Of<"read">, length: number): void {
    const handle = this.handles.get(request.handle);
    if (!handle || handle.reader === undefined) return this.#finish(number, DENIED, length);
    this.#reads.push(async () => {
      await handle.feed.read(number, request.after);
      this.#settle(length);
      this.service.flush();
    });
    this.drained();
  }

  /** One page at a time, and none while the last ones are still on their way. */
  drained(): void {
    if (this.#isReading || this.#link.unsentBytes() > PUSH_BYTES_MAX) return;
    const next = this.#reads.shift();
    if (!next) return;
    this.#isReading = true;
    next().then(
      () => {
        this.#isReading = false;
        this.drained();
      },
      (error: unknown) => this.#endByBug(error),
    );
  }

  #acknowledge({ handle: number, through }: Of<"ack">): void {
    const handle = this.handles.get(number);
    if (!handle || handle.reader === undefined) return;
    const { place, reader, epoch } = handle;
    const { batcher, hub } = this.service;
    if (epoch === undefined)
      return batcher.submit({ kind: "ackInbox", inboxId: place, reader, through }, () => undefined);
    batcher.submit({ kind: "ack", cid: place, epoch, reader, through }, (outcome) => {
      if (outcome.kind === "acknowledged") hub.deliveredMoved(place, epoch, outcome.delivered);
    });
  }
}
