/** What a person asks of a group. Spec: spec/group.md. */
import {
  CONTENT_LEAVE,
  encode,
  equalBytes,
  err,
  GROUP_MEMBERS_MAX,
  leaveContent,
  ok,
  toHex,
  unreachable,
  type GroupRole,
  type Result,
} from "@sotto/protocol";
import { chooseChannel } from "../channel/choice.ts";
import {
  addNotice,
  changeConversation,
  conversationOf,
  queueMessage,
  startConversation,
  touchChannels,
} from "../conversation.ts";
import type { Core } from "../core.ts";
import { approachFor } from "../introduction/approach.ts";
import { startChannel } from "../introduction/drive.ts";
import { ownName } from "../names.ts";
import type { Problem } from "../problems.ts";
import { introductions } from "../stored/conversation.ts";
import { additions, groups, memberId, wants, type StoredGroup } from "../stored/group.ts";
import type { ConversationNumber } from "../stored/keys.ts";
import { profiles } from "../stored/profile.ts";
import { nextToken } from "../tokens.ts";
import type { Turn } from "../turn.ts";
import type { Answer, Intent } from "../views.ts";
import { cardIn } from "./cards.ts";
import { leave } from "./leave.ts";
import { newGroup } from "./new-group.ts";
import { isAdmin, memberIn, roleIn } from "./roster.ts";
import { forgetComing, wantGone, wantIn } from "./wants.ts";

type Answered = Result<Answer, Problem>;
const DONE: Answered = ok({ kind: "done" });

export async function createGroup(
  core: Core,
  turn: Turn,
  { name: wanted, members }: Extract<Intent, { kind: "create-group" }>,
): Promise<Answered> {
  const name = ownName(wanted);
  if (!name.ok) return name;
  if (turn.need(profiles, "").relayId === undefined) return err({ kind: "relay-unreachable" });
  if (new Set(members).size >= GROUP_MEMBERS_MAX) return err({ kind: "group-full" });
  const others = contactsOf(core, turn, members);
  if (!others.ok) return others;
  const createToken = nextToken(turn);
  if (createToken === undefined) return err({ kind: "tokens-spent" });
  const id = core.randomBytes(32);
  const number = startConversation(turn, id, name.value);
  turn.put(groups, number, newGroup(core, name.value, turn.need(profiles, "").name));
  addNotice(turn, number, { kind: "group-created", by: undefined });
  await startChannel(core, turn, number, createToken);
  for (const accountId of others.value) approachMember(turn, number, accountId);
  return ok({ kind: "conversation", id: toHex(id) });
}

/** Contacts who can be reached, each once. */
function contactsOf(core: Core, turn: Turn, ids: readonly string[]): Result<readonly Uint8Array[], Problem> {
  const found: Uint8Array[] = [];
  for (const id of new Set(ids)) {
    const accountId = accountOf(id);
    const isContact = accountId !== undefined && conversationOf(turn, accountId) !== undefined;
    if (!isContact || equalBytes(accountId, core.self.verified.accountId))
      return err({ kind: "member-unreachable" });
    if (cardIn(turn, "", accountId) === undefined) return err({ kind: "member-unreachable" });
    found.push(accountId);
  }
  return ok(found);
}

const accountOf = (id: string): Uint8Array | undefined =>
  /^[0-9a-f]{64}$/.test(id) ? Uint8Array.fromHex(id) : undefined;

function approachMember(turn: Turn, number: ConversationNumber, accountId: Uint8Array): void {
  const card = cardIn(turn, number, accountId);
  if (card !== undefined) approachFor(turn, memberId(number, accountId), card);
}

type GroupIntent = Exclude<
  Extract<Intent, { kind: `${string}-group` | `${string}-member` | "add-members" | "set-role" }>,
  { kind: "create-group" }
>;

/** In a conversation of two nothing of it means anything. */
export function changeGroup(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  intent: GroupIntent,
): Answered {
  const group = turn.get(groups, number);
  if (group === undefined) return err({ kind: "group-role" });
  if (group.state !== "in") return err({ kind: "group-over" });
  if (intent.kind === "leave-group") return leaveGroup(core, turn, number, group);
  const role = roleIn(group.roster, core.self.verified.accountId);
  const isAllowed = intent.kind === "set-role" ? role === "owner" : isAdmin(role);
  if (!isAllowed) return err({ kind: "group-role" });
  const answer = decide(core, turn, number, group, intent);
  turn.changedItems.add(number);
  touchChannels(turn, number);
  return answer;
}

function decide(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  group: StoredGroup,
  intent: Exclude<GroupIntent, { kind: "leave-group" }>,
): Answered {
  const want = wantIn(turn, number);
  switch (intent.kind) {
    case "add-members":
      return addMembers(core, turn, number, group, intent.members);
    case "remove-member":
      return removeMember(core, turn, number, group, intent.member);
    case "rename-group": {
      const name = ownName(intent.name);
      if (!name.ok) return name;
      if (name.value !== group.roster.name) turn.put(wants, number, { ...want, name: name.value });
      return DONE;
    }
    case "set-role":
      return setRole(core, turn, number, group, intent.member, intent.role);
    default:
      return unreachable(intent);
  }
}

function addMembers(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  { roster }: StoredGroup,
  ids: readonly string[],
): Answered {
  const wanted = contactsOf(core, turn, ids);
  if (!wanted.ok) return wanted;
  const isComing = (id: string): boolean =>
    turn.get(additions, id) !== undefined || turn.get(introductions, id)?.state === "claiming";
  const joining = wanted.value.filter(
    (one) => memberIn(roster, one) === undefined && !isComing(memberId(number, one)),
  );
  const coming = turn.ids(additions, `${number}/`).length + turn.ids(introductions, `${number}/`).length;
  if (roster.members.length + coming + joining.length > GROUP_MEMBERS_MAX) return err({ kind: "group-full" });
  for (const accountId of joining) approachMember(turn, number, accountId);
  return DONE;
}

/** Whoever is only on their way in is no longer waited for. */
function removeMember(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  { roster }: StoredGroup,
  member: string,
): Answered {
  const accountId = accountOf(member);
  if (accountId === undefined || equalBytes(accountId, core.self.verified.accountId))
    return err({ kind: "group-role" });
  forgetComing(turn, memberId(number, accountId));
  const role = roleIn(roster, accountId);
  if (role === "owner") return err({ kind: "group-role" });
  if (role !== undefined) wantGone(turn, number, accountId);
  return DONE;
}

/** The owner stays the owner until they make somebody else it. */
function setRole(
  core: Core,
  turn: Turn,
  number: ConversationNumber,
  { roster }: StoredGroup,
  member: string,
  role: GroupRole,
): Answered {
  const accountId = accountOf(member);
  if (accountId === undefined || roleIn(roster, accountId) === undefined) return err({ kind: "group-role" });
  if (equalBytes(accountId, core.self.verified.accountId)) return err({ kind: "group-role" });
  const want = wantIn(turn, number);
  const others = want.roles.filter((one) => !equalBytes(one.accountId, accountId));
  turn.put(wants, number, { ...want, roles: [...others, { accountId, role }] });
  return DONE;
}

/** An owner among others makes somebody else the owner first. Without a channel there is nobody to tell. */
function leaveGroup(core: Core, turn: Turn, number: ConversationNumber, group: StoredGroup): Answered {
  const isAlone = group.roster.members.length === 1;
  if (roleIn(group.roster, core.self.verified.accountId) === "owner" && !isAlone)
    return err({ kind: "group-owner-leaves" });
  if (isAlone || chooseChannel(turn, number) === undefined) {
    leave(core, turn, number, { kind: "left" });
    return DONE;
  }
  turn.put(groups, number, { ...group, state: "leaving" });
  queueMessage(turn, number, {
    messageId: core.randomBytes(16),
    burnMs: turn.need(profiles, "").policy.burnMaxMs,
    sentAt: turn.now,
    contentKind: CONTENT_LEAVE,
    content: encode(leaveContent, {}),
  });
  changeConversation(turn, number, { changedAt: turn.now });
  return DONE;
}
