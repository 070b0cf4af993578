/** How often a conversation may be given a new channel: the first at once, the next ever later. Spec: CL34, GP12. */
import { changeConversation } from "../conversation.ts";
import { conversations, type Conversation } from "../stored/conversation.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";

export const REMAKE_MS_MIN = 60_000;
const REMAKE_MS_MAX = 86_400_000;

/** ms, own clock. */
export function nextRemakeAt({ remakes, remadeAt }: Conversation): number {
  if (remakes === 0) return 0;
  return remadeAt + Math.min(REMAKE_MS_MAX, REMAKE_MS_MIN * 4 ** Math.min(remakes, 8));
}

export function noteRemake(turn: Turn, number: ConversationNumber): void {
  const { remakes } = turn.need(conversations, number);
  changeConversation(turn, number, { remakes: remakes + 1, remadeAt: turn.now });
}
