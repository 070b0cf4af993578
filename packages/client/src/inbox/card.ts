/** This account's contact card: one for the link that is shown, one for the contacts that are there. */
import type { ContactCard } from "@sotto/protocol";
import type { Inbox } from "../stored/profile.ts";

/** Everything somebody needs to begin a conversation with this account. */
export function cardOf(inbox: Inbox, accountId: Uint8Array, use: "link" | "contacts"): ContactCard {
  const { endpoint, inboxId, hpkeKey } = inbox;
  const postToken = use === "link" ? inbox.linkToken : inbox.contactsToken;
  const shelfKey = inbox.shelfKey.expose((bytes) => bytes.slice());
  return { version: 1, endpoint, accountId, inboxId, postToken, hpkeKey, shelfKey };
}
