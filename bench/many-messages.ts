/** A conversation with more messages than anybody would wait for. */
import { randomBytes } from "node:crypto";
import type { Records, RecordWrite } from "@sotto/client";
import { encode, textContent, toHex } from "@sotto/protocol";
import { valueOf } from "@sotto/testkit/e2e";
import { itemId } from "../packages/client/src/channel/place.ts";
import { timeKey } from "../packages/client/src/stored/keys.ts";
import { dues, items, seenIds } from "../packages/client/src/stored/message.ts";

/** So many go into one commit. */
const COMMIT_MESSAGES = 500;

/**
 * Before the newest message, which is theirs and stays, as many of that kind as make `messages` in all, half a minute
 * apart unless told. To exchange them for real would take minutes and measure something else.
 */
export async function fillBefore(
  records: Records,
  messages: number,
  textOf: (count: number) => string,
  apartMs = 30_000,
): Promise<void> {
  const newest = records.list(items.prefix).at(-1) ?? "";
  const bytes = await records.get(newest);
  const known = bytes && items.fromBytes(bytes);
  if (!known?.ok || known.value.kind !== "message") throw new Error("the newest item is a message");
  const number = newest.slice(items.prefix.length, newest.indexOf("/", items.prefix.length));
  const message = known.value;
  for (let from = 1; from < messages; from += COMMIT_MESSAGES) {
    const writes: RecordWrite[] = [];
    for (let count = from; count < Math.min(messages, from + COMMIT_MESSAGES); count++) {
      const receivedAt = message.receivedAt - (messages - count) * apartMs;
      const cid = toHex(message.cid);
      const id = itemId(number, receivedAt, { cid, seq: message.seq, isMine: false });
      const messageId = new Uint8Array(randomBytes(16));
      const content = encode(textContent, { text: textOf(count) });
      const older = { ...message, messageId, receivedAt, sentAt: receivedAt, content };
      const idKey = `${number}/${toHex(messageId)}`;
      const due = dues.toBytes({ kind: "burn", itemKey: id, idKey });
      writes.push({ key: items.prefix + id, value: items.toBytes(older) });
      writes.push({ key: seenIds.prefix + idKey, value: seenIds.toBytes({ itemKey: id }) });
      writes.push({ key: `${dues.prefix}${timeKey(message.burnAt ?? 0)}/${idKey}`, value: due });
    }
    valueOf(await records.commit(writes));
  }
}
