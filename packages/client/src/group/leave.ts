/** This member is in a group no longer: nothing more is read or sent there, and what was said stays until it burns. */
import { toHex } from "@sotto/protocol";
import { forgetAnnotations } from "../annotation-slots.ts";
import { acknowledge } from "../channel/acknowledge.ts";
import { endChannel } from "../channel/broken.ts";
import { addNotice, changeConversation, outboxOf } from "../conversation.ts";
import type { Core } from "../core.ts";
import { keepDraft } from "../drafts.ts";
import { cancelUploads } from "../file/upload.ts";
import { channels } from "../stored/channel.ts";
import { conversations, introductions, outboxEntries } from "../stored/conversation.ts";
import { additions, groups, wants } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { StoredNotice } from "../stored/message.ts";
import type { Turn } from "../turn.ts";

export function leave(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  notice: Extract<StoredNotice, { kind: "left" | "removed" }>,
): void {
  const group = turn.need(groups, number);
  if (group.state === "over") return;
  turn.put(groups, number, { ...group, state: "over", adminSeeds: [] });
  for (const cid of turn.need(conversations, number).channels.map(toHex)) abandonChannel(core, turn, cid);
  for (const id of turn.ids(additions, `${number}/`)) turn.remove(additions, id);
  for (const id of turn.ids(introductions, `${number}/`)) turn.remove(introductions, id);
  turn.remove(wants, number);
  for (const id of outboxOf(turn, number)) {
    forgetAnnotations(turn, `${number}/${toHex(turn.need(outboxEntries, id).messageId)}`);
    turn.remove(outboxEntries, id);
  }
  cancelUploads(core, turn, number);
  addNotice(turn, number, notice);
  keepDraft(turn, number, "");
  changeConversation(turn, number, { changedAt: turn.now });
  turn.changedItems.add(number);
}

/** The relay need keep nothing more for this device. */
function abandonChannel(core: Core, turn: Turn, cid: string): void {
  const channel = turn.get(channels, cid);
  if (channel === undefined) return;
  const session = core.sessions.get(cid);
  if (session !== undefined) acknowledge(turn, cid, session);
  endChannel(core, turn, cid, channel);
}
