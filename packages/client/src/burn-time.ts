/**
 * How long messages of a conversation are kept: one time for both sides. Changing it is a message, shown to both; of two
 * changes at once the later in the log holds. Spec: spec/client.md, CL86.
 */
import { burnTimeContent, CONTENT_BURN_TIME, decode, encode } from "@sotto/protocol";
import { burnWithin } from "./burning.ts";
import { addNotice, changeConversation, queueMessage, type ToSend } from "./conversation.ts";
import type { Core } from "./core.ts";
import { burnOf } from "./rows.ts";
import { conversations } from "./stored/conversation.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { profiles } from "./stored/profile.ts";
import type { Turn } from "./turn.ts";

export function setBurnTime(core: Core, turn: Turn, number: ConversationNumber, wantedMs: number): void {
  const { policy } = turn.need(profiles, "");
  const burnMs = burnWithin(policy, wantedMs);
  if (!change(turn, number, burnMs, true)) return;
  queueMessage(turn, number, {
    messageId: core.randomBytes(16),
    burnMs: policy.burnMaxMs,
    sentAt: turn.now,
    contentKind: CONTENT_BURN_TIME,
    content: encode(burnTimeContent, { burnMs }),
  });
  turn.touch("burn");
}

type Said = Pick<ToSend, "contentKind" | "content">;

/** Returns whether the contact spoke of the burn time. What the own policy does not allow is brought within it. */
export function hearBurnTime(turn: Turn, number: ConversationNumber, heard: Said): boolean {
  const burnMs = readBurnTime(heard);
  if (burnMs === undefined) return false;
  change(turn, number, burnWithin(turn.need(profiles, "").policy, burnMs), false);
  return true;
}

/** An own change found its place in the log: it holds, whatever the contact said before it. */
export function learnOwnBurnTime(turn: Turn, number: ConversationNumber, own: Said): void {
  const burnMs = readBurnTime(own);
  if (burnMs !== undefined) change(turn, number, burnMs, true);
}

function readBurnTime({ contentKind, content }: Said): number | undefined {
  const read = contentKind === CONTENT_BURN_TIME ? decode(burnTimeContent, content) : undefined;
  return read?.ok ? read.value.burnMs : undefined;
}

/** False: it was so already. */
function change(turn: Turn, number: ConversationNumber, burnMs: number, mine: boolean): boolean {
  const { policy } = turn.need(profiles, "");
  const isSame = burnOf(turn.need(conversations, number), policy) === burnMs;
  changeConversation(turn, number, { burnMs });
  turn.changedItems.add(number);
  if (!isSame) addNotice(turn, number, { kind: "burn-changed", mine, burnMs });
  return !isSame;
}
