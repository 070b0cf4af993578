/** The beginning of the way to a contact: a record that says where to knock. The rest follows from it, step by step. */
import type { ContactCard } from "@sotto/protocol";
import { introductions } from "../stored/conversation.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";

export function approach(turn: Turn, number: ConversationNumber, card: ContactCard, notBefore = 0): void {
  approachFor(turn, number, card, notBefore);
  turn.changedRows.add(number);
}

/** `id`: as in `introductions`. */
export function approachFor(turn: Turn, id: string, card: ContactCard, notBefore = 0): void {
  turn.put(introductions, id, { state: "claiming", card, notBefore });
  turn.touch(`introduction/${id}`);
}
