/** Who is in a group, by name, and what this member is there. */
import { equalBytes, toHex, type Roster } from "@sotto/protocol";
import { signingKey, type SigningKey } from "@sotto/crypto";
import type { Resident } from "../resident.ts";
import { conversations, type Conversation } from "../stored/conversation.ts";
import { groupMembers, groups, memberId, type StoredGroup } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import type { Table } from "../stored/record.ts";
import { isAdminIn } from "./roster.ts";

/** A turn or what is resident: both give what is durable. */
export type Reading = { get<T>(of: Table<T>, id: string): T | undefined };

export const isGroup = (from: Reading, number: ConversationNumber): boolean =>
  from.get(groups, number) !== undefined;

const SHORT_ID = 8;
const SUFFIX = 4;

/** Of an account. Never empty, and of two people in one group never the same. */
export type NameOf = (accountId: Uint8Array) => string;

/** For many names at once: a screen shows one beside every message, and a group has many members. */
export function namesIn(from: Reading, number: ConversationNumber): NameOf {
  const toldBy = (accountId: Uint8Array): string =>
    from.get(groupMembers, memberId(number, accountId))?.name ?? "";
  const members = from.get(groups, number)?.roster.members ?? [];
  const idsByName = Map.groupBy(
    members.map(({ accountId }) => accountId),
    toldBy,
  );
  return (accountId) => {
    const id = toHex(accountId);
    const own = toldBy(accountId);
    if (own === "") return id.slice(0, SHORT_ID);
    const hasNamesake = idsByName.get(own)?.some((one) => !equalBytes(one, accountId));
    return hasNamesake === true ? `${own} (${id.slice(0, SUFFIX)})` : own;
  };
}

export const nameIn = (from: Reading, number: ConversationNumber, accountId: Uint8Array): string =>
  namesIn(from, number)(accountId);

/** The seed of the admins' key, where this member is one and was told. */
export function adminSigner(
  { adminKey, adminSeeds, roster }: StoredGroup,
  self: Uint8Array,
): SigningKey | undefined {
  if (!isAdminIn(roster, self)) return undefined;
  return adminSeeds.map(signingKey).find(({ publicKey }) => equalBytes(publicKey, adminKey));
}

/** The conversation of two with this account. */
export function contactWith(
  resident: Pick<Resident, "values">,
  accountId: Uint8Array,
): { readonly number: ConversationNumber; readonly conversation: Conversation } | undefined {
  for (const [number, conversation] of resident.values(conversations))
    if (equalBytes(conversation.id, accountId)) return { number, conversation };
  return undefined;
}

export const accountsOf = ({ members }: Roster): readonly Uint8Array[] =>
  members.map(({ accountId }) => accountId);
