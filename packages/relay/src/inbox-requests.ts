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

export function createInboxRequests(connection: Connection) {
  const { service, nonce, owner, handles } = connection;
  const { store, hub, sha256 } = service;
  const { relayId } = service.keyRing;

  async function create(request: Of<"inboxCreate">): Promise<Reply> {
    const { inboxId, owner: ownerKey, readers, postTokenHashes: tokenHashes, signature } = request;
    if (!(await isSignedBy(connection, ownerKey, inboxCreateBytes(relayId, request), signature)))
      return DENIED;
    const spend = await service.admission.spend(request.token);
    return asReply(
      await submit(connection, {
        kind: "inboxCreate",
        inboxId: toHex(inboxId),
        owner: ownerKey,
        readers,
        tokenHashes,
        spend,
      }),
    );
  }

  async function open(request: Of<"inboxOpen">): Promise<Reply> {
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
    const holds = await isSignedBy(connection, key, message, request.signature);
    const device = reader === undefined ? undefined : inbox?.devices[reader];
    if (!holds || !inbox || !device || reader === undefined) return DENIED;
    const handle = handles.addInbox(inboxId, reader);
    if (handle === undefined) return TOO_MANY;
    return {
      kind: "inboxOpened",
      handle,
      lastSeq: inbox.lastSeq,
      acked: device.cursor,
      shelved: singleUseCount(device),
    };
  }

  async function changeToken(request: Of<"allow"> | Of<"revoke">): Promise<Reply> {
    const inbox = handles.inbox(request.handle);
    if (!inbox) return DENIED;
    const { kind, postTokenHash: tokenHash } = request;
    return asReply(await submit(connection, { kind, inboxId: inbox.place, tokenHash }));
  }

  async function shelve(request: Of<"shelve">): Promise<Reply> {
    const inbox = handles.inbox(request.handle);
    if (!inbox) return DENIED;
    const { items, lastResort } = request;
    return asReply(
      await submit(connection, {
        kind: "shelve",
        inboxId: inbox.place,
        reader: inbox.reader,
        items,
        lastResort,
      }),
    );
  }

  async function claim(request: Of<"claim">): Promise<Reply> {
    const tokenHash = sha256(request.postToken);
    return asReply(await submit(connection, { kind: "claim", inboxId: toHex(request.inboxId), tokenHash }));
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

  return { create, open, changeToken, shelve, claim, post };
}
