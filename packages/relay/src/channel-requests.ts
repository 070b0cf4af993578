/** Requests about channels: who may ask is proven here, whether it may happen is decided in the store. */
import {
  commitBytes,
  createBytes,
  encodeReply,
  fromHex,
  openReadBytes,
  openWriteBytes,
  receiptBytes,
  toHex,
  type Reply,
} from "@sotto/protocol";
import { currentEpoch, deliveredOf, epochOf, newestOf, type Channel } from "./channel.ts";
import {
  asReply,
  DENIED,
  isSignedBy,
  placeOf,
  submit,
  TOO_MANY,
  type Connection,
  type Of,
} from "./connection.ts";
import { acceptedFrame } from "./entry-bytes.ts";
import { TICKET_KEPT_MS } from "./limits.ts";
import { refused } from "./operation.ts";
import type { SignatureCheck } from "./ports.ts";
import { bytesToTicket, ticketToBytes } from "./ticket.ts";

/** What an OPEN or a ticket proves. */
type Proven = {
  readonly cid: Uint8Array;
  readonly epoch: number;
  readonly mayWrite: boolean;
  readonly reader: Uint8Array | undefined;
};

export async function createChannel(connection: Connection, request: Of<"create">): Promise<Reply> {
  const { keyRing, admission } = connection.service;
  const { cid, keys, signature } = request;
  const message = createBytes(keyRing.relayId, cid, keys);
  if (!(await isSignedBy(connection, keys.commit, message, signature))) return DENIED;
  const spend = await admission.spend(request.token);
  return asReply(await submit(connection, { kind: "create", cid: toHex(cid), keys, spend }));
}

/** An unknown channel costs as many signature checks as a known one: they look alike, in time too (CH5). */
export async function openChannel(connection: Connection, request: Of<"open">): Promise<Reply> {
  const { service, nonce } = connection;
  const { relayId } = service.keyRing;
  const { cid, epoch, write, read } = request;
  if (!write && !read) return refused("malformed");
  const channel = await service.store.channel(toHex(cid));
  const state = channel && epochOf(channel, epoch);
  const reader = read && state ? placeOf(state.keys.readers, read.reader) : undefined;
  const checks: SignatureCheck[] = [];
  if (write)
    checks.push({
      key: state?.keys.write ?? relayId,
      message: openWriteBytes(relayId, cid, epoch, nonce),
      signature: write,
    });
  if (read)
    checks.push({
      key: reader === undefined ? relayId : read.reader,
      message: openReadBytes(relayId, cid, epoch, nonce),
      signature: read.signature,
    });
  const holds = await service.verifier.verify(checks);
  if (!channel || !holds.every(Boolean)) return DENIED;
  return addHandle(connection, channel, { cid, epoch, mayWrite: write !== undefined, reader: read?.reader });
}

export async function resumeChannel(connection: Connection, request: Of<"resume">): Promise<Reply> {
  const { keyRing, clock, store } = connection.service;
  const ticket = bytesToTicket(keyRing, request.ticket, clock());
  const channel = ticket && (await store.channel(toHex(ticket.cid)));
  return ticket && channel ? addHandle(connection, channel, ticket) : DENIED;
}

function addHandle({ service, handles }: Connection, channel: Channel, proven: Proven): Reply {
  const current = currentEpoch(channel);
  const state = epochOf(channel, proven.epoch);
  const reader = state && proven.reader && placeOf(state.keys.readers, proven.reader);
  if (!state || (proven.reader && reader === undefined)) return DENIED;
  if (reader === undefined && current !== state) return refused("epochMoved", current.epoch);
  const handle = handles.addChannel(toHex(proven.cid), proven.epoch, { mayWrite: proven.mayWrite, reader });
  if (handle === undefined) return TOO_MANY;
  const { seq: lastSeq, epoch, head } = newestOf(channel, state);
  return {
    kind: "opened",
    handle,
    epoch,
    lastSeq,
    head,
    acked: reader === undefined ? 0 : (state.cursors[reader] ?? 0),
    delivered: deliveredOf(state),
    ticket: ticketToBytes(service.keyRing, { ...proven, until: service.clock() + TICKET_KEPT_MS }),
  };
}

/** Hot: answered within its batch, without a promise of its own. `settled` is called before the answer is sent. */
export function append(
  connection: Connection,
  number: number,
  request: Of<"append">,
  settled: () => void,
): void {
  const { service, handles } = connection;
  const handle = handles.channel(request.handle);
  if (!handle?.mayWrite) {
    settled();
    connection.send(encodeReply(number, DENIED));
    return service.flush();
  }
  const { place: cid, epoch } = handle;
  const { messageId, rung, commitment, body } = request;
  service.batcher.submit({ kind: "append", cid, epoch, messageId, rung, commitment, body }, (outcome) => {
    settled();
    if (outcome.kind !== "accepted") return connection.send(encodeReply(number, asReply(outcome)));
    connection.send(acceptedFrame(number, outcome.seq, outcome.time, outcome.head));
    if (!outcome.entry) return;
    service.hub.deliver(cid, epoch, outcome.entry, connection);
    service.wakeups.announce(cid, outcome.seq);
  });
}

/** The signatures hold for the epoch's keys for ever, so they are checked before; the store decides the rest. */
export async function commit(connection: Connection, request: Of<"commit">): Promise<Reply> {
  const { store, keyRing, sha256, verifier, batcher, hub, wakeups } = connection.service;
  const { relayId } = keyRing;
  const { epoch, body, next, signature, adminSignature } = request;
  const cid = toHex(request.cid);
  const channel = await store.channel(cid);
  const keys = channel && epochOf(channel, epoch)?.keys;
  const message = commitBytes(sha256, { relayId, cid: request.cid, epoch, body, next });
  const checks = [{ key: keys?.commit ?? relayId, message, signature }];
  if (adminSignature) checks.push({ key: keys?.admin ?? relayId, message, signature: adminSignature });
  const holds = await verifier.verify(checks);
  if (!holds.every(Boolean)) return DENIED;
  return new Promise((resolve) => {
    batcher.submit({ kind: "commit", cid, epoch, body, next, signature, adminSignature }, (outcome) => {
      if (outcome.kind !== "committed") return resolve(asReply(outcome));
      const { seq, time, head, entry } = outcome;
      const receipt = keyRing.sign(receiptBytes(relayId, fromHex(cid), seq, epoch + 1, head));
      resolve({ kind: "committed", seq, time, head, receipt });
      if (!entry) return;
      hub.deliver(cid, epoch, entry, connection);
      wakeups.announce(cid, seq);
    });
  });
}

export async function attest({ service, handles }: Connection, request: Of<"attest">): Promise<Reply> {
  const { store, keyRing } = service;
  const handle = handles.channel(request.handle);
  if (!handle) return DENIED;
  const channel = await store.channel(handle.place);
  const state = channel && epochOf(channel, handle.epoch);
  if (!state) return DENIED;
  const { seq, epoch, head } = newestOf(channel, state);
  const receipt = keyRing.sign(receiptBytes(keyRing.relayId, fromHex(handle.place), seq, epoch, head));
  return { kind: "attested", seq, epoch, head, receipt };
}
