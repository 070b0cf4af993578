/** A group as a screen shows it. Spec: spec/group.md. */
import { equalBytes, toHex } from "@sotto/protocol";
import type { Core } from "../core.ts";
import { introductionProblem } from "../introduction/problem.ts";
import { introductions } from "../stored/conversation.ts";
import { additions, groupMembers, groups, memberId, wants } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import { profiles } from "../stored/profile.ts";
import type { GroupMember, GroupView } from "../views.ts";
import { contactWith, namesIn, type NameOf } from "./members.ts";
import { roleIn } from "./roster.ts";

export function groupToView(core: Core, number: ConversationNumber): GroupView | undefined {
  const { resident } = core;
  const group = resident.get(groups, number);
  if (group === undefined) return undefined;
  const self = core.self.verified.accountId;
  const leaving = resident.get(wants, number)?.removed ?? [];
  const nameOf = namesIn(resident, number);
  const isVerified = (accountId: Uint8Array): boolean =>
    contactWith(resident, accountId)?.conversation.isVerified ?? false;
  const inside = group.roster.members.map(({ accountId, role, addedBy }): GroupMember => {
    const isSelf = equalBytes(accountId, self);
    const member = resident.get(groupMembers, memberId(number, accountId));
    const isLeaving = member?.leavingAt !== undefined || leaving.some((one) => equalBytes(one, accountId));
    return {
      id: toHex(accountId),
      name: isSelf ? ownName(core) : nameOf(accountId),
      isSelf,
      role,
      addedBy: equalBytes(addedBy, self) || equalBytes(addedBy, accountId) ? undefined : nameOf(addedBy),
      isVerified: isVerified(accountId),
      state: isLeaving ? "leaving" : "in",
      problem: undefined,
    };
  });
  const members = [...inside, ...joiningToView(core, number, { nameOf, isVerified })];
  return {
    role: roleIn(group.roster, self) ?? "member",
    members: members.toSorted((a, b) => Number(b.isSelf) - Number(a.isSelf) || a.name.localeCompare(b.name)),
  };
}

const ownName = ({ resident }: Core): string => resident.get(profiles, "")?.name ?? "";

function joiningToView(
  { resident }: Core,
  number: ConversationNumber,
  of: { readonly nameOf: NameOf; readonly isVerified: (accountId: Uint8Array) => boolean },
): readonly GroupMember[] {
  const roster = resident.get(groups, number)?.roster;
  const isIn = (accountId: Uint8Array): boolean =>
    roster !== undefined && roleIn(roster, accountId) !== undefined;
  const coming = [
    ...[...resident.values(introductions)].map(([id, one]) => ({
      id,
      accountId: one.card.accountId,
      problem: introductionProblem(one),
    })),
    ...[...resident.values(additions)].map(([id, { card }]) => ({
      id,
      accountId: card.accountId,
      problem: undefined,
    })),
  ];
  return coming
    .filter(({ id, accountId }) => id.startsWith(`${number}/`) && !isIn(accountId))
    .map(({ accountId, problem }) => ({
      id: toHex(accountId),
      name: joinerName(resident, accountId, of.nameOf),
      isSelf: false,
      role: "member",
      addedBy: undefined,
      isVerified: of.isVerified(accountId),
      state: "joining",
      problem,
    }));
}

function joinerName(resident: Core["resident"], accountId: Uint8Array, nameOf: NameOf): string {
  const name = contactWith(resident, accountId)?.conversation.name ?? "";
  return name === "" ? nameOf(accountId) : name;
}
