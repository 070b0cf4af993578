/**
 * How long messages of a conversation are kept: one time for both sides. Changing it is a message, shown to both; of two
 * changes at once the later in the log holds. Spec: spec/client.md, CL86.
 */
import { burnTimeContent, CONTENT_BURN_TIME, decode, encode } from "@sotto/protocol";
import { burnWithin } from "./burning.ts";
import { addNotice, changeConversation, queueMessage, type ToSend } from "./conversation.ts";
import type { Core } from "./core.ts";
import { nameIn } from "./group/members.ts";
import { isAdminIn } from "./group/roster.ts";
import { burnOf } from "./rows.ts";
import { conversations } from "./stored/conversation.ts";
import { groups } from "./stored/group.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { profiles } from "./stored/profile.ts";
import type { Turn } from "./turn.ts";

export function setBurnTime(core: Core, turn: Turn, number: ConversationNumber, wantedMs: number): void {
  const { policy } = turn.need(profiles, "");
  const burnMs = burnWithin(policy, wantedMs);
  if (!change(turn, number, burnMs, OWN)) return;
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

/**
 * Returns whether somebody spoke of the burn time. What the own policy does not allow is brought within it; in a group
 * it is for admins alone, and from others counts for nothing. `author`: in a group.
 */
export function hearBurnTime(
  turn: Turn,
  number: ConversationNumber,
  heard: Said & { readonly author: Uint8Array | undefined },
): boolean {
  const burnMs = readBurnTime(heard);
  if (burnMs === undefined) return false;
  const group = turn.get(groups, number);
  const { author } = heard;
  if (group !== undefined && !(author && isAdminIn(group.roster, author))) return true;
  const by = author && nameIn(turn, number, author);
  change(turn, number, burnWithin(turn.need(profiles, "").policy, burnMs), { mine: false, by });
  return true;
}

/** An own change found its place in the log: it holds, whatever the contact said before it. */
export function learnOwnBurnTime(turn: Turn, number: ConversationNumber, own: Said): void {
  const burnMs = readBurnTime(own);
  if (burnMs !== undefined) change(turn, number, burnMs, OWN);
}

function readBurnTime({ contentKind, content }: Said): number | undefined {
  const read = contentKind === CONTENT_BURN_TIME ? decode(burnTimeContent, content) : undefined;
  return read?.ok ? read.value.burnMs : undefined;
}

const OWN = { mine: true, by: undefined };

/** False: it was so already. */
function change(
  turn: Turn,
  number: ConversationNumber,
  burnMs: number,
  whose: { readonly mine: boolean; readonly by: string | undefined },
): boolean {
  const { policy } = turn.need(profiles, "");
  const isSame = burnOf(turn.need(conversations, number), policy) === burnMs;
  changeConversation(turn, number, { burnMs });
  turn.changedItems.add(number);
  if (!isSame) addNotice(turn, number, { kind: "burn-changed", ...whose, burnMs });
  return !isSame;
}
