/** Everything one member's client is made of, for the machines that work on it. */
import { fromHex, Secret, type RandomBytes } from "@sotto/protocol";
import { deriveEpochKeys, wipeEpochKeys, type EpochKeys, type Group, type MlsEngine } from "@sotto/crypto";
import type { Agenda } from "./agenda.ts";
import { believedTime, type Attested } from "./believed-time.ts";
import { newSession, type Session } from "./channel/session.ts";
import type { InboxSession } from "./inbox/session.ts";
import type { Lines } from "./lines.ts";
import type { OneShots } from "./one-shots.ts";
import type { Records } from "./ports.ts";
import type { Problem } from "./problems.ts";
import type { Resident } from "./resident.ts";
import type { ChainBook, Self } from "./self.ts";
import { channels, pendingCommits, secretsKey, treeKey, type Channel } from "./stored/channel.ts";
import { groups } from "./stored/group.ts";
import { uploads } from "./stored/file.ts";
import { identities, inboxes, profiles } from "./stored/profile.ts";
import { kits } from "./stored/recovery.ts";
import type { Scrub } from "./scrub.ts";
import type { Transfers } from "./file/transfers.ts";
import type { Sweep } from "./sweep.ts";
import type { Groups, Turn } from "./turn.ts";

export type Core = {
  readonly records: Records;
  readonly randomBytes: RandomBytes;
  readonly engine: MlsEngine;
  readonly self: Self;
  readonly book: ChainBook;
  readonly resident: Resident;
  readonly groups: Groups;
  readonly agenda: Agenda;
  readonly lines: Lines;
  readonly sessions: Map<string, Session>;
  readonly epochKeys: Map<string, EpochKeys>;
  readonly oneShots: OneShots;
  readonly transfers: Transfers;
  inbox: InboxSession;
  /** By handle, for pushes: which channel or inbox it names on which line. */
  readonly handles: Map<
    string,
    { readonly kind: "channel"; readonly cid: string; readonly epoch: number } | { readonly kind: "inbox" }
  >;
  attested: Attested | undefined;
  storageProblem: Problem | undefined;
  sweep: Sweep;
  scrub: Scrub;
  /** How often connections were probed: whose turn it is. */
  probes: number;
  /** Nothing is dialled before: the device has no room for what would come. */
  pausedUntil: number;
};

export const believedNow = (core: Core, ownTime: number): number =>
  believedTime(ownTime, core.resident.get(profiles, "")?.highestTime ?? 0, core.attested);

export function sessionOf(core: Core, cid: string): Session {
  let session = core.sessions.get(cid);
  if (session === undefined) core.sessions.set(cid, (session = newSession()));
  return session;
}

/** Keys of the channel's current epoch, derived once. */
export function keysOf(
  core: Core,
  cid: string,
  channel: Pick<Channel, "epoch" | "exported" | "endpoint">,
): EpochKeys {
  const known = core.epochKeys.get(cid);
  if (known?.epoch === channel.epoch && known.exported === channel.exported) return known;
  if (known !== undefined) wipeEpochKeys(known);
  const place = { relayId: channel.endpoint.relayId, cid: fromHex(cid) };
  const keys = deriveEpochKeys(channel.exported, place, channel.epoch);
  core.epochKeys.set(cid, keys);
  return keys;
}

/** The channel's group as of this turn; undefined where its records cannot be read. */
export async function groupOf(core: Core, turn: Turn, cid: string): Promise<Group | undefined> {
  const inMemory = turn.groupInMemory(cid);
  if (inMemory !== undefined) return inMemory;
  const [tree, secrets] = [await turn.read(treeKey(cid)), await turn.read(secretsKey(cid))];
  if (tree === undefined || secrets === undefined) return undefined;
  const loaded = core.engine.load({ tree, secrets });
  if (!loaded.ok) return undefined;
  turn.keepGroup(cid, loaded.value);
  return loaded.value;
}

/** Takes over what an operation on the group gave; the group before is wiped once that is durable. */
export function adoptGroup(
  core: Core,
  turn: Turn,
  cid: string,
  step: { readonly next: Group; wipe?(): void },
  isNewTree: boolean,
): void {
  turn.setGroup(cid, step.next, core.engine.save(step.next), isNewTree);
  if (step.wipe) turn.afterwards(() => step.wipe?.());
}

/** Every key in memory. Nothing can be asked of this core afterwards. */
export function forgetKeys(core: Core): void {
  const { resident } = core;
  core.groups.clear();
  for (const keys of core.epochKeys.values()) wipeEpochKeys(keys);
  for (const { exported, past } of resident.values(channels).values())
    for (const secret of [exported, ...past.map((one) => one.exported)]) secret.wipe();
  for (const { exported } of resident.values(pendingCommits).values()) exported.wipe();
  const seeds = [identities, inboxes, kits, uploads].flatMap((of) => [
    ...resident.values<object>(of).values(),
  ]);
  for (const holder of seeds)
    for (const value of Object.values(holder)) if (value instanceof Secret) value.wipe();
  for (const { adminSeeds } of resident.values(groups).values()) for (const seed of adminSeeds) seed.wipe();
  core.self.device.reader.scalar.wipe();
  resident.clear();
}
