/** Which of a conversation's channels own messages take. Spec: spec/client.md, CL32 and CL33. */
import { equalBytes, fromHex, toHex } from "@sotto/protocol";
import { changeConversation, outboxOf } from "../conversation.ts";
import { channels, type Channel } from "../stored/channel.ts";
import { conversations, outboxEntries } from "../stored/conversation.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Turn } from "../turn.ts";

type Named = { readonly cid: string; readonly channel: Channel };

export function channelsOf(turn: Turn, number: ConversationNumber): readonly Named[] {
  return turn.need(conversations, number).channels.flatMap((bytes) => {
    const cid = toHex(bytes);
    const channel = turn.get(channels, cid);
    return channel === undefined ? [] : [{ cid, channel }];
  });
}

/** Live and with the contact in it: messages can be sealed for it. */
const isUsable = ({ channel }: Named): boolean => channel.state === "live" && channel.epoch > 0;

/**
 * Both sides come to use the one with the smallest cid among those where the contact was heard. A conversation moves
 * there only once everything it sent elsewhere was delivered, so that nothing overtakes.
 */
export function chooseChannel(turn: Turn, number: ConversationNumber): string | undefined {
  const usable = channelsOf(turn, number).filter(isUsable);
  const heard = usable.filter(({ channel }) => channel.isHeard);
  const best = (heard.length > 0 ? heard : usable)
    .map(({ cid }) => cid)
    .toSorted()
    .at(0);
  if (best === undefined) return undefined;
  const { via } = turn.need(conversations, number);
  const current = usable.find(({ cid }) => via !== undefined && toHex(via) === cid);
  if (current?.cid === best) return best;
  if (current !== undefined && !isSettled(turn, number, current)) return current.cid;
  changeConversation(turn, number, { via: fromHex(best) });
  return best;
}

function isSettled(turn: Turn, number: ConversationNumber, current: Named): boolean {
  if (current.channel.lastOwn > current.channel.delivered) return false;
  const cid = fromHex(current.cid);
  return !outboxOf(turn, number).some((id) => {
    const { sealed } = turn.need(outboxEntries, id);
    return sealed !== undefined && equalBytes(sealed.cid, cid);
  });
}
