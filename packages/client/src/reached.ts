/** Whether the relays that matter are reached, and why a contact is not. Spec: CL3. */
import { assert, toHex } from "@sotto/protocol";
import { channelCircuit } from "./channel/drive.ts";
import type { Core } from "./core.ts";
import { introductionCircuit } from "./introduction/drive.ts";
import { introductionProblem } from "./introduction/problem.ts";
import { lineId } from "./line/line-id.ts";
import type { Problem } from "./problems.ts";
import { channels } from "./stored/channel.ts";
import { conversations, introductions, type Conversation } from "./stored/conversation.ts";
import type { ConversationNumber } from "./stored/keys.ts";
import { activations, profiles, type Profile } from "./stored/profile.ts";
import type { Reachability } from "./views.ts";

export function profileOf({ resident }: Core): Profile {
  const profile = resident.get(profiles, "");
  assert(profile !== undefined, "a member has a profile");
  return profile;
}

export function ownReachability(core: Core): Reachability {
  const { relayUrl, relayId } = profileOf(core);
  return core.lines.reachability(core.lines.idsOf({ url: relayUrl, relayId }));
}

/** Of the relay that a conversation lives on. */
export function reachabilityOf(core: Core, number: ConversationNumber): Reachability {
  const { resident, lines } = core;
  const conversation = resident.get(conversations, number);
  const via = conversation && viaOf(conversation);
  const channel = via === undefined ? undefined : resident.get(channels, via);
  if (channel === undefined) return ownReachability(core);
  return lines.reachability([lineId(channel.endpoint, channelCircuit(channel))]);
}

/** Why the contact is not reached: what their inbox said, or that their relay does not answer as it should. */
export function problemOf(core: Core, number: ConversationNumber): Problem | undefined {
  const { resident, lines } = core;
  const introduction = resident.get(introductions, number);
  if (introduction === undefined) return undefined;
  const isAsking = [...resident.values(activations).values()].some(({ state }) => state === "asking");
  if (introduction.state === "noTokens" && isAsking) return undefined; // they may be on their way
  const line = lineId(introduction.card.endpoint, introductionCircuit(introduction.card));
  const reached = lines.reachability([line]);
  return introductionProblem(introduction) ?? (reached.kind === "offline" ? reached.problem : undefined);
}

/** The channel that own messages take, or would. */
export const viaOf = ({ via, channels: all }: Conversation): string | undefined => {
  const cid = via ?? all.at(-1);
  return cid && toHex(cid);
};

export const hostOf = (url: string): string => url.replace(/^https?:\/\//, "");
