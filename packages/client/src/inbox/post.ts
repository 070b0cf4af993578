/** A post that came to the inbox. Whatever is not what it says is dropped without a word: anybody may post anything. */
import { adminKeyPost, decode, groupInvitation, invitation, knockPost, type Codec } from "@sotto/protocol";
import { openPost } from "@sotto/crypto";
import type { Core } from "../core.ts";
import { takeSeed } from "../group/admin-key.ts";
import { joinGroup } from "../group/join.ts";
import { hearKnock } from "../group/knock.ts";
import { inboxes } from "../stored/profile.ts";
import type { Turn } from "../turn.ts";
import { join } from "./join.ts";

/** later: it is to be heard again. */
export async function hearPost(core: Core, turn: Turn, body: Uint8Array): Promise<"taken" | "later"> {
  const inbox = turn.need(inboxes, "");
  const place = { relayId: inbox.endpoint.relayId, inboxId: inbox.inboxId };
  const opened = await openPost(place, inbox, body);
  if (opened === undefined) return "taken";
  const read = <T>(codec: Codec<T>): T | undefined => {
    const decoded = decode(codec, opened);
    return decoded.ok ? decoded.value : undefined;
  };
  const [invited, group, knock, key] = [
    read(invitation),
    read(groupInvitation),
    read(knockPost),
    read(adminKeyPost),
  ];
  if (invited !== undefined) await join(core, turn, invited);
  if (group !== undefined) return joinGroup(core, turn, group);
  if (knock !== undefined) hearKnock(core, turn, knock);
  if (key !== undefined) takeSeed(turn, key);
  return "taken";
}
