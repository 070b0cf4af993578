/**
 * The outbox's head on its way: sealed when it can be sent, kept sealed until its epoch is over, one at a time, so that
 * order survives. Spec: spec/outbox.md.
 */
import { assert, encode, envelope, equalBytes, fromHex, rungFor, toHex } from "@sotto/protocol";
import { sealBody } from "@sotto/crypto";
import { outboxOf } from "../conversation.ts";
import { adoptGroup, groupOf, keysOf, sessionOf, type Core } from "../core.ts";
import { channels, type Channel } from "../stored/channel.ts";
import { outboxEntries, type OutboxEntry } from "../stored/conversation.ts";
import type { Turn } from "../turn.ts";
import { breakChannel } from "./broken.ts";
import { chooseChannel } from "./choice.ts";

export async function sendNext(core: Core, turn: Turn, cid: string): Promise<void> {
  const channel = turn.need(channels, cid);
  const session = sessionOf(core, cid);
  if (session.line === undefined || session.handle === undefined) return;
  if (chooseChannel(turn, channel.conversation) !== cid) return;
  const id = outboxOf(turn, channel.conversation).find(
    (one) => turn.need(outboxEntries, one).state === "waiting",
  );
  if (id === undefined) return;
  const entry = turn.need(outboxEntries, id);
  const body = isSealedFor(entry, cid, channel) ? entry.sealed?.body : await seal(core, turn, cid, id);
  if (body === undefined) {
    await breakChannel(core, turn, cid);
    return;
  }
  session.appending = toHex(entry.messageId);
  turn.ask(
    session.line,
    {
      kind: "append",
      handle: session.handle,
      messageId: entry.messageId,
      rung: rungFor(entry.burnMs),
      commitment: undefined,
      body,
    },
    { kind: "append", cid, messageId: session.appending },
  );
}

const isSealedFor = ({ sealed }: OutboxEntry, cid: string, channel: Channel): boolean =>
  sealed !== undefined && sealed.epoch === channel.epoch && equalBytes(sealed.cid, fromHex(cid));

/** The ratchet's step and the sealed body become durable together, before anything is sent (OB2). */
async function seal(core: Core, turn: Turn, cid: string, id: string): Promise<Uint8Array | undefined> {
  const channel = turn.need(channels, cid);
  const entry = turn.need(outboxEntries, id);
  const group = await groupOf(core, turn, cid);
  if (group === undefined) return undefined;
  assert(group.epoch === channel.epoch, "a channel and its group are in one epoch");
  const { messageId, burnMs, sentAt, contentKind, content } = entry;
  const plaintext = encode(envelope, {
    version: 1,
    messageId,
    rung: rungFor(burnMs),
    burnMs,
    sentAt,
    seen: channel.log,
    commitment: undefined,
    contentKind,
    content,
  });
  const sealed = await core.engine.seal(group, plaintext);
  plaintext.fill(0);
  adoptGroup(core, turn, cid, sealed, false);
  const body = sealBody(keysOf(core, cid, channel), sealed.message, core.randomBytes);
  turn.put(outboxEntries, id, { ...entry, sealed: { cid: fromHex(cid), epoch: channel.epoch, body } });
  return body;
}
