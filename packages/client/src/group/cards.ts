/** How members of a group are reached: by the card they gave the group, or as a contact. */
import type { ContactCard } from "@sotto/protocol";
import { conversationOf } from "../conversation.ts";
import { contacts } from "../stored/conversation.ts";
import { groupMembers, memberId } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";

export function cardIn(
  turn: Turn,
  number: ConversationNumber,
  accountId: Uint8Array,
): ContactCard | undefined {
  const contact = conversationOf(turn, accountId);
  const known = contact === undefined ? undefined : turn.get(contacts, contact)?.card;
  return known ?? turn.get(groupMembers, memberId(number, accountId))?.card;
}
