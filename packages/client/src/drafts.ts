/** Drafts, which burn as messages do, from their last edit on. Spec: spec/client.md, CL77. */
import { burnWithin } from "./burning.ts";
import { changeConversation } from "./conversation.ts";
import type { Resident } from "./resident.ts";
import { conversations, draftTimes } from "./stored/conversation.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { profiles, type Profile } from "./stored/profile.ts";
import type { Turn } from "./turn.ts";

/** An empty text is no draft. "burn" is to be looked at afterwards. */
export function keepDraft(turn: Turn, number: ConversationNumber, text: string): void {
  changeConversation(turn, number, { draft: text });
  if (text === "") turn.remove(draftTimes, number);
  else turn.put(draftTimes, number, { editedAt: turn.believedNow });
}

/**
 * Looks at the drafts themselves: one whose time was never noted, or was lost, has it from now on. A time without a
 * draft goes, because it would be due for ever.
 */
export function burnDrafts(turn: Turn): void {
  const { policy } = turn.need(profiles, "");
  for (const number of turn.ids(conversations)) {
    const { draft } = turn.need(conversations, number);
    const time = turn.get(draftTimes, number);
    if (draft === "") {
      if (time !== undefined) turn.remove(draftTimes, number);
    } else if (time === undefined) turn.put(draftTimes, number, { editedAt: turn.believedNow });
    else if (burnsAt(policy, time) <= turn.believedNow) {
      keepDraft(turn, number, "");
      turn.hasBurned = true;
    }
  }
}

/** When the next draft burns; Infinity where none does. */
export function nextDraftDue(resident: Resident): number {
  const profile = resident.get(profiles, "");
  let next = Infinity;
  if (profile === undefined) return next;
  for (const time of resident.values(draftTimes).values())
    next = Math.min(next, burnsAt(profile.policy, time));
  return next;
}

function burnsAt(policy: Profile["policy"], { editedAt }: { readonly editedAt: number }): number {
  const burnMs = burnWithin(policy, policy.burnDefaultMs);
  return burnMs === 0 ? Infinity : editedAt + burnMs;
}
