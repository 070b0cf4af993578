/**
 * The key that admins sign Commits with, beside the epoch's own: what it signed is not held up by other members' Commits,
 * so that nobody stays in by racing. Its seed goes to admins' inboxes. Spec: spec/group.md.
 */
import { adminKeyPost, encode, equalBytes, fromHex, type Secret, type TypeOf } from "@sotto/protocol";
import { signCommitAsAdmin, signingKey } from "@sotto/crypto";
import { conversationOf, touchChannels } from "../conversation.ts";
import type { Core } from "../core.ts";
import { post } from "../introduction/invite.ts";
import { channels, type PendingCommit } from "../stored/channel.ts";
import { conversations } from "../stored/conversation.ts";
import { ADMIN_SEEDS_MAX, groups, type StoredGroup } from "../stored/group.ts";
import type { Turn } from "../turn.ts";
import { cardIn } from "./cards.ts";
import { adminSigner } from "./members.ts";
import { isAdmin } from "./roster.ts";

/** Of a Commit by an admin who was told the seed; the same whenever it is asked for within an epoch. */
export function adminSignature(
  core: Core,
  turn: Turn,
  cid: string,
  { epoch, body, next }: Pick<PendingCommit, "epoch" | "body" | "next">,
): Uint8Array | undefined {
  const { conversation, endpoint } = turn.need(channels, cid);
  const group = turn.get(groups, conversation);
  const signer = group && adminSigner(group, core.self.verified.accountId);
  return (
    signer &&
    signCommitAsAdmin({ relayId: endpoint.relayId, cid: fromHex(cid) }, { epoch, body, next }, signer)
  );
}

/** Keeps the seed that fits and the newest of the others: one may belong to a Commit that is not read yet. */
export function withSeed(group: StoredGroup, seed: Secret): StoredGroup {
  const isKnown = group.adminSeeds.some((one) => isSameSeed(one, seed));
  if (isKnown || group.state === "over") return group;
  const fits = group.adminSeeds.filter((one) => equalBytes(signingKey(one).publicKey, group.adminKey));
  const others = group.adminSeeds.filter((one) => !fits.includes(one));
  return { ...group, adminSeeds: [...fits, ...[...others, seed].slice(-(ADMIN_SEEDS_MAX - fits.length))] };
}

const isSameSeed = (a: Secret, b: Secret): boolean => a.expose((x) => b.expose((y) => equalBytes(x, y)));

/** To those of the other admins that `isToldNow` names. */
export async function postAdminKey(
  core: Core,
  turn: Turn,
  cid: string,
  isToldNow: (accountId: Uint8Array) => boolean,
): Promise<void> {
  const number = turn.need(channels, cid).conversation;
  const group = turn.need(groups, number);
  const self = core.self.verified.accountId;
  const signer = adminSigner(group, self);
  if (signer === undefined) return;
  const plaintext = encode(adminKeyPost, {
    version: 3,
    groupId: turn.need(conversations, number).id,
    seed: signer.seed,
  });
  for (const { accountId, role } of group.roster.members) {
    if (equalBytes(accountId, self) || !isAdmin(role)) continue;
    const card = isToldNow(accountId) ? cardIn(turn, number, accountId) : undefined;
    if (card !== undefined) await post(core, turn, cid, card, plaintext);
  }
}

/** An admin told the seed of the key, or somebody says so: it is of use only if it fits (GP8). */
export function takeSeed(turn: Turn, { groupId, seed }: TypeOf<typeof adminKeyPost>): void {
  const number = conversationOf(turn, groupId);
  const group = number === undefined ? undefined : turn.get(groups, number);
  if (number === undefined || group === undefined) return;
  turn.put(groups, number, withSeed(group, seed));
  touchChannels(turn, number);
}
