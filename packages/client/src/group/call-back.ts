/** Somebody goes out of a group and comes in again: with another device, or because theirs could not read on. */
import type { ContactCard } from "@sotto/protocol";
import { approachFor } from "../introduction/approach.ts";
import { memberId } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";
import { isComing, wantGone } from "./wants.ts";

/** Without a card they only go. */
export function callBack(
  turn: Turn,
  number: ConversationNumber,
  accountId: Uint8Array,
  card: ContactCard | undefined,
): void {
  wantGone(turn, number, accountId);
  const id = memberId(number, accountId);
  if (card !== undefined && !isComing(turn, id)) approachFor(turn, id, card);
}
