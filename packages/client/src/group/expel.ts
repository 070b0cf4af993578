/** Whoever commits what they may not is not asked back where the owner makes the channel anew. Spec: spec/group.md, GP13. */
import type { Core } from "../core.ts";
import { groups } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";
import { roleIn } from "./roster.ts";
import { wantGone } from "./wants.ts";

/** `offender`: as MLS authenticated them. For the owner; nobody else makes channels anew. */
export function expel(core: Core, turn: Turn, number: ConversationNumber, offender: Uint8Array): void {
  const { roster } = turn.need(groups, number);
  if (roleIn(roster, core.self.verified.accountId) !== "owner") return;
  wantGone(turn, number, offender);
}
