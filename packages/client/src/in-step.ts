/**
 * Whether nothing is left to do: everything the relays have was read, everything written here is with them. What
 * waits for a relay that is away, or for a contact who was not reached, is left to do. Spec: spec/terminal.md, TC9.
 */
import type { Core } from "./core.ts";
import { isShelfWanting } from "./inbox/shelf.ts";
import { isGroup } from "./group/members.ts";
import { channels, outgoingPosts } from "./stored/channel.ts";
import { introductions, outboxEntries } from "./stored/conversation.ts";
import { additions, wants } from "./stored/group.ts";
import { blobErasures, uploads } from "./stored/file.ts";
import { activations, inboxes } from "./stored/profile.ts";

export function isInStep(core: Core, now: number): boolean {
  const { resident } = core;
  return (
    [...resident.values(activations).values()].every(({ state }) => state !== "asking") &&
    [...resident.values(introductions).values()].every(({ state }) => state !== "claiming") &&
    [...resident.values(outboxEntries).values()].every(({ state }) => state !== "waiting") &&
    resident.values(outgoingPosts).size + resident.values(additions).size + resident.values(wants).size ===
      0 &&
    [...resident.values(uploads).keys()].every((id) => core.transfers.isStopped(id)) &&
    resident.values(blobErasures).size === 0 &&
    isInboxInStep(core, now) &&
    [...resident.values(channels)].every(
      // Epoch 0 is before the contact was added; a group may stay there. A renewal of keys is not waited for: a relay
      // lets it through once in a while.
      ([cid, { state, epoch, conversation }]) =>
        state === "broken" ||
        (state === "live" && (epoch > 0 || isGroup(resident, conversation)) && isChannelInStep(core, cid)),
    )
  );
}

function isInboxInStep({ resident, inbox: session }: Core, now: number): boolean {
  const inbox = resident.get(inboxes, "");
  if (inbox === undefined) return true; // no code was granted yet
  const hasTokensToChange = inbox.toAllow.length + inbox.toRevoke.length > 0;
  return (
    session.hasRead &&
    session.backlog.length === 0 &&
    !session.isShelving &&
    !isShelfWanting(session, inbox, now) &&
    !hasTokensToChange
  );
}

function isChannelInStep({ sessions }: Core, cid: string): boolean {
  const session = sessions.get(cid);
  return session?.hasRead === true && session.backlog.length === 0;
}
