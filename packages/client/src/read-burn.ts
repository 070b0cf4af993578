/**
 * Messages that burn so long after they were read. The reader's device starts the clock when they were shown and says so
 * to the writer's; until then, and should that never arrive, an upper bound from sending holds. Spec: spec/client.md,
 * CL111 to CL113.
 */
import { CONTENT_READ_BURN, encode, readBurnContent, type Policy } from "@sotto/protocol";
import { isTheirs } from "./channel/place.ts";
import { burnDeadline, burnWithin } from "./burning.ts";
import type { ToSend } from "./conversation.ts";
import type { Core } from "./core.ts";
import { forgetBurned, scheduleBurn } from "./purge.ts";
import { readMany } from "./reading.ts";
import { parseItem } from "./rows.ts";
import { timeKey, type ConversationNumber } from "./stored/keys.ts";
import { dues, items, type StoredMessage } from "./stored/message.ts";
import type { Turn } from "./turn.ts";
import type { ChosenBurn } from "./views.ts";
import { readBurnMs } from "./written.ts";

type Content = Pick<ToSend, "contentKind" | "content">;

/** As it is sent: with the burn that its writer chose, or else that of the conversation. */
export function burningAs(
  policy: Policy,
  conversationMs: number,
  chosen: ChosenBurn | undefined,
  inner: Content,
): Content & { readonly burnMs: number } {
  const usualMs = burnWithin(policy, conversationMs);
  if (chosen === undefined) return { ...inner, burnMs: usualMs };
  const afterReadMs = burnWithin(policy, chosen.ms);
  const burnMs = Math.min((usualMs === 0 ? policy.burnMaxMs : usualMs) + afterReadMs, policy.burnMaxMs);
  // Where waiting leaves no room, reading could shorten nothing, and nobody need be told of it.
  if (chosen.from === "sending" || afterReadMs === 0 || afterReadMs >= burnMs)
    return { ...inner, burnMs: afterReadMs };
  return {
    contentKind: CONTENT_READ_BURN,
    content: encode(readBurnContent, { afterReadMs, ...inner }),
    burnMs,
  };
}

/** When it was read, as far as the two clocks can be believed. */
export const readTime = (afterReadMs: number, sentAt: number, receivedAt: number): number =>
  (burnDeadline({ burnMs: afterReadMs, sentAt, receivedAt }) ?? 0) - afterReadMs;

/** Its clock runs from `readAt` on. The upper bound stays one. */
export async function burnFromReading(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  at: { readonly itemId: string; readonly idKey: string; readonly readAt: number },
): Promise<void> {
  const { itemId, idKey, readAt } = at;
  const item = await turn.load(items, itemId);
  const afterReadMs = item?.kind === "message" ? readBurnMs(item) : undefined;
  if (item?.kind !== "message" || afterReadMs === undefined) return;
  if (item.burnAt !== undefined) turn.save(dues, `${timeKey(item.burnAt)}/${idKey}`, undefined);
  const burnAt = Math.min(item.burnAt ?? Infinity, readAt + afterReadMs);
  if (burnAt <= turn.believedNow) return forgetBurned(turn, { itemKey: itemId, idKey });
  turn.save(items, itemId, { ...item, burnAt });
  scheduleBurn(core, turn, number, { itemId, messageId: item.messageId, burnAt });
}

/** Of the contact's messages from the first unread one on, those whose clock begins when they are read. */
export async function unreadBurning(
  core: Core,
  number: ConversationNumber,
  from: string,
  through: string | undefined,
): Promise<readonly StoredMessage[]> {
  const prefix = `${items.prefix}${number}/`;
  const range = through === undefined ? {} : { to: `${items.prefix}${through}\0` };
  const keys = core.records.list(prefix, { from: items.prefix + from, ...range }).filter(isTheirs);
  return (await readMany(core.records, keys)).flatMap((bytes) => {
    const item = parseItem(bytes);
    return item?.kind === "message" && readBurnMs(item) !== undefined ? [item] : [];
  });
}
