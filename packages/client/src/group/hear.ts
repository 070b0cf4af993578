/** What members of a group say to each other's clients. Spec: spec/group.md. */
import {
  CONTENT_CARD,
  CONTENT_CHANNEL_GONE,
  CONTENT_LEAVE,
  CONTENT_PROFILE,
  contactCard,
  decode,
  equalBytes,
  isOrigin,
  profileContent,
} from "@sotto/protocol";
import { touchChannels } from "../conversation.ts";
import { harmlessName } from "../names.ts";
import { groupMembers, memberId } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";

type Said = {
  readonly author: Uint8Array;
  readonly contentKind: number;
  readonly content: Uint8Array;
};

/** Returns whether it was said to the client and not to the person. */
export function hearInGroup(turn: Turn, number: ConversationNumber, said: Said): boolean {
  const id = memberId(number, said.author);
  const known = turn.get(groupMembers, id);
  switch (said.contentKind) {
    case CONTENT_PROFILE: {
      const profile = decode(profileContent, said.content);
      const name = profile.ok ? harmlessName(profile.value.name) : "";
      if (known !== undefined && name !== "") turn.put(groupMembers, id, { ...known, name });
      turn.changedItems.add(number);
      return true;
    }
    case CONTENT_CARD: {
      const card = decode(contactCard, said.content);
      const isOwn = card.ok && equalBytes(card.value.accountId, said.author);
      if (known !== undefined && isOwn && isOrigin(card.value.endpoint.url))
        turn.put(groupMembers, id, { ...known, card: card.value });
      return true;
    }
    case CONTENT_LEAVE:
      if (known !== undefined) turn.put(groupMembers, id, { ...known, leavingAt: turn.now });
      turn.changedItems.add(number);
      touchChannels(turn, number);
      return true;
    case CONTENT_CHANNEL_GONE:
      return true; // for conversations of two
    default:
      return false;
  }
}
