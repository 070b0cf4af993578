/** A message's text, as it reads now, in another conversation. Spec: spec/client.md, CL115. */
import { CONTENT_FORWARD, encode, err, forwardContent, ok, toHex, type Result } from "@sotto/protocol";
import { changeConversation, queueMessage } from "./conversation.ts";
import type { Core } from "./core.ts";
import type { Problem } from "./problems.ts";
import { readNow } from "./quotes.ts";
import { burningAs } from "./read-burn.ts";
import { burnOf } from "./rows.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { profiles } from "./stored/profile.ts";
import type { Turn } from "./turn.ts";
import type { Answer } from "./views.ts";

type Original = { readonly number: ConversationNumber; readonly key: string };

/** Burns as messages of that conversation do, and no later than what it was taken from. */
export async function forward(
  core: Core,
  turn: Turn,
  original: Original,
  to: ConversationNumber,
): Promise<Result<Answer, Problem>> {
  const found = await readNow(core, original.number, original.key, turn.believedNow);
  if (found === undefined) return err({ kind: "message-gone" });
  if (found.text.trim() === "") return err({ kind: "text-empty" }); // a file without a word
  const { policy } = turn.need(profiles, "");
  const conversation = changeConversation(turn, to, { changedAt: turn.now });
  const content = encode(forwardContent, { text: found.text });
  const burning = burningAs(policy, burnOf(conversation, policy), undefined, {
    contentKind: CONTENT_FORWARD,
    content,
  });
  const leftMs = found.burnAt === undefined ? Infinity : Math.max(1, found.burnAt - turn.believedNow);
  const burnMs = Math.min(burning.burnMs === 0 ? Infinity : burning.burnMs, leftMs);
  const messageId = core.randomBytes(16);
  queueMessage(turn, to, {
    ...burning,
    messageId,
    burnMs: burnMs === Infinity ? 0 : burnMs,
    sentAt: turn.now,
  });
  turn.touch("burn");
  return ok({ kind: "message", key: toHex(messageId) });
}
