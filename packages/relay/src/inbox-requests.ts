/** Requests about inboxes, and of strangers who post to them. */
import { inboxCreateBytes, inboxOpenBytes, toHex, type Reply } from "@sotto/protocol";
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
import { singleUseCount } from "./inbox.ts";

export async function createInbox(connection: Connection, request: Of<"inboxCreate">): Promise<Reply> {
  const { keyRing, admission } = connection.service;
  const { inboxId, owner, readers, postTokenHashes: tokenHashes, signature } = request;
  const message = inboxCreateBytes(keyRing.relayId, request);
  if (!(await isSignedBy(connection, owner, message, signature))) return DENIED;
  const spend = await admission.spend(request.token);
  const operation = {
    kind: "inboxCreate",
    inboxId: toHex(inboxId),
    owner,
    readers,
    tokenHashes,
    spend,
  } as const;
  return asReply(await submit(connection, operation));
}

export async function openInbox(connection: Connection, request: Of<"inboxOpen">): Promise<Reply> {
  const { service, nonce, handles } = connection;
  const { relayId } = service.keyRing;
  const inboxId = toHex(request.inboxId);
  const inbox = await service.store.inbox(inboxId);
  const readers = inbox?.devices.map((one) => one.reader) ?? [];
  const reader = placeOf(readers, request.reader);
  const key = reader === undefined ? relayId : request.reader;
  const message = inboxOpenBytes(relayId, request.inboxId, nonce);
  const holds = await isSignedBy(connection, key, message, request.signature);
  const device = reader === undefined ? undefined : inbox?.devices[reader];
  if (!holds || !inbox || !device || reader === undefined) return DENIED;
  const handle = handles.addInbox(inboxId, reader);
  if (handle === undefined) return TOO_MANY;
  const { lastSeq } = inbox;
  return { kind: "inboxOpened", handle, lastSeq, acked: device.cursor, shelved: singleUseCount(device) };
}

export async function changeToken(
  connection: Connection,
  { kind, handle, postTokenHash: tokenHash }: Of<"allow"> | Of<"revoke">,
): Promise<Reply> {
  const inbox = connection.handles.inbox(handle);
  if (!inbox) return DENIED;
  return asReply(await submit(connection, { kind, inboxId: inbox.place, tokenHash }));
}

export async function shelve(
  connection: Connection,
  { handle, items, lastResort }: Of<"shelve">,
): Promise<Reply> {
  const inbox = connection.handles.inbox(handle);
  if (!inbox) return DENIED;
  const { place: inboxId, reader } = inbox;
  return asReply(await submit(connection, { kind: "shelve", inboxId, reader, items, lastResort }));
}

export async function claim(connection: Connection, request: Of<"claim">): Promise<Reply> {
  const tokenHash = connection.service.sha256(request.postToken);
  return asReply(await submit(connection, { kind: "claim", inboxId: toHex(request.inboxId), tokenHash }));
}

export function post(connection: Connection, request: Of<"post">): Promise<Reply> {
  const { service } = connection;
  const inboxId = toHex(request.inboxId);
  const tokenHash = service.sha256(request.postToken);
  const { postId, body } = request;
  return new Promise((resolve) => {
    service.batcher.submit({ kind: "post", inboxId, tokenHash, postId, body }, (outcome) => {
      resolve(asReply(outcome));
      if (outcome.kind !== "posted" || !outcome.post) return;
      service.hub.deliver(inboxId, undefined, outcome.post, connection);
      service.wakeups.announce(inboxId, outcome.post.seq);
    });
  });
}
