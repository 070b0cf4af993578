/** Somebody goes out of a group and comes in again: with another device, or because theirs could not read on. */
import { equalBytes, type ContactCard } from "@sotto/protocol";
import { approachFor } from "../introduction/approach.ts";
import { introductions } from "../stored/conversation.ts";
import { additions, memberId, wants } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";

/** Without a card they only go. */
export function callBack(
  turn: Turn,
  number: ConversationNumber,
  accountId: Uint8Array,
  card: ContactCard | undefined,
): void {
  const want = turn.get(wants, number) ?? { name: undefined, removed: [], roles: [] };
  if (!want.removed.some((one) => equalBytes(one, accountId)))
    turn.put(wants, number, { ...want, removed: [...want.removed, accountId.slice()] });
  const id = memberId(number, accountId);
  const isComing = turn.get(additions, id) !== undefined || turn.get(introductions, id) !== undefined;
  if (card !== undefined && !isComing) approachFor(turn, id, card);
}
