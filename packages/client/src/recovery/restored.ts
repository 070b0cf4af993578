/** Contacts of a restored account are looked for where their cards say, as if their links had been pasted. RK18. */
import { equalBytes, isOrigin } from "@sotto/protocol";
import { addNotice, conversationOf, learnContact, startConversation } from "../conversation.ts";
import type { Core } from "../core.ts";
import { approach } from "../introduction/approach.ts";
import { restoredContacts } from "../stored/recovery.ts";
import type { Turn } from "../turn.ts";

/** Each is a connection of its own: a few at a time. */
const APART_MS = 500;

/** All of them in the turn in which the records of whom to find go, so that nobody is found twice or never. */
export function findAgain(core: Core, turn: Turn): void {
  // The oldest first: the newest conversation then is what it was.
  for (const [at, id] of turn.ids(restoredContacts).toReversed().entries()) {
    const { name, card } = turn.need(restoredContacts, id);
    turn.remove(restoredContacts, id);
    const isOwn = equalBytes(card.accountId, core.self.verified.accountId);
    if (isOwn || !isOrigin(card.endpoint.url) || conversationOf(turn, card.accountId) !== undefined) continue;
    const number = startConversation(turn, card.accountId, name);
    addNotice(turn, number, { kind: "started" });
    learnContact(turn, number, { card });
    approach(turn, number, card, turn.now + at * APART_MS);
  }
}
