/** Groups: making one, who is in it, and what its owner, its admins and its members may do. Spec: spec/terminal.md, TC20 to TC22. */
import type { ConversationRow, GroupMember, Intent } from "@sotto/client";
import { assert, err, ok, unreachable, type GroupRole, type Result } from "@sotto/protocol";
import { isGroupAct } from "./arguments.ts";
import {
  done,
  failed,
  find,
  lookPatience,
  named,
  patience,
  rowOf,
  type Asked,
  type Ended,
  type Kind,
} from "./asked.ts";
import { memberJson, memberLine, printable, rowJson, rowLine } from "./output.ts";
import { openWindow, untilInStep } from "./waiting.ts";

const NOT_YET = "The relay was not reached. It is kept here, and goes on with a later command.";

const CONTACTS: Kind = {
  none: (who) => `There is no contact called "${who}". ./sotto list shows them all.`,
  many: "contacts",
};
const MEMBERS: Kind = {
  none: (who) =>
    `There is nobody else called "${who}" in this group. ./sotto group members GROUP shows them all.`,
  many: "members",
};

export async function group(asked: Asked): Promise<Ended> {
  const [act, first = "", ...rest] = asked.command.operands;
  assert(isGroupAct(act), "what was typed was looked at before");
  if (act === "new") return create(asked, first, rest);
  const found = await find(asked, first);
  if (!found.ok) return found;
  if (found.value.members === undefined)
    return err(`"${first}" is no group. A group is made by ./sotto group new NAME PERSON…`);
  const { id } = found.value;
  switch (act) {
    case "members":
      return members(asked, id);
    case "add":
      return add(asked, id, rest);
    case "remove":
      return remove(asked, id, rest[0] ?? "");
    case "rename":
      return change(asked, id, { kind: "rename-group", in: id, name: rest[0] ?? "" });
    case "role":
      return setRole(asked, id, rest[0] ?? "", rest[1] as GroupRole);
    case "leave":
      return leave(asked, found.value);
    default:
      return unreachable(act);
  }
}

async function create(asked: Asked, name: string, who: readonly string[]): Promise<Ended> {
  const people = await contactsCalled(asked, who);
  if (!people.ok) return people;
  const answer = await asked.member.ask({ kind: "create-group", name, members: people.value });
  if (!answer.ok) return failed(answer.error);
  assert(answer.value.kind === "conversation", "create-group is answered with the conversation");
  return settle(asked, answer.value.id);
}

async function add(asked: Asked, id: string, who: readonly string[]): Promise<Ended> {
  const people = await contactsCalled(asked, who);
  if (!people.ok) return people;
  return change(asked, id, { kind: "add-members", in: id, members: people.value });
}

async function members({ command, member, streams }: Asked, id: string): Promise<Ended> {
  const isInStep = await untilInStep(member, lookPatience(command, streams));
  for (const one of await membersOf({ member }, id))
    await streams.out(command.json ? memberJson(one) : memberLine(one));
  return isInStep ? done : err("The relay was not reached: this is what was known before.");
}

async function remove(asked: Asked, id: string, who: string): Promise<Ended> {
  const found = await memberCalled(asked, id, who);
  if (!found.ok) return found;
  const ended = await change(asked, id, { kind: "remove-member", in: id, member: found.value.id });
  const { json } = asked.command;
  if (ended.ok && !json)
    await asked.streams.out(
      `${printable(found.value.name)} cannot read what comes; what they have, they keep until it burns.`,
    );
  return ended;
}

async function setRole(asked: Asked, id: string, who: string, role: GroupRole): Promise<Ended> {
  const found = await memberCalled(asked, id, who);
  if (!found.ok) return found;
  return change(asked, id, { kind: "set-role", in: id, member: found.value.id, role });
}

async function leave(asked: Asked, { id, name }: ConversationRow): Promise<Ended> {
  const { command, member, streams } = asked;
  const answer = await member.ask({ kind: "leave-group", in: id });
  if (!answer.ok) return failed(answer.error);
  if (!(await untilInStep(member, patience(command, streams)))) return err(NOT_YET);
  const row = rowOf(member.view(), id);
  if (command.json && row !== undefined) await streams.out(rowJson(row));
  if (!command.json) await streams.out(`You left ${printable(name)}. What you have stays until it burns.`);
  return done;
}

async function change(asked: Asked, id: string, intent: Intent): Promise<Ended> {
  const answer = await asked.member.ask(intent);
  return answer.ok ? settle(asked, id) : failed(answer.error);
}

/** Once the relays have it: the group as it is then. Who could not be reached is said, and is waited for. */
async function settle({ command, member, streams }: Asked, id: string): Promise<Ended> {
  if (!(await untilInStep(member, patience(command, streams)))) return err(NOT_YET);
  const row = rowOf(member.view(), id);
  if (row === undefined) return done;
  await streams.out(command.json ? rowJson(row) : rowLine(row));
  const waiting = (await membersOf({ member }, id)).filter(({ problem }) => problem !== undefined);
  return waiting.length === 0 ? done : err(waiting.map(memberLine).join("\n"));
}

/** Whoever is meant by these names, each once. The first that means nobody ends it. */
async function contactsCalled(
  asked: Asked,
  who: readonly string[],
): Promise<Result<readonly string[], string>> {
  const { command, member, streams } = asked;
  const contacts = (): readonly ConversationRow[] =>
    member.view().conversations.filter(({ members: count }) => count === undefined);
  const look = (one: string) => named(contacts(), one, CONTACTS);
  if (who.some((one) => !look(one).ok)) await untilInStep(member, lookPatience(command, streams));
  const ids = new Set<string>();
  for (const one of who) {
    const found = look(one);
    if (!found.ok) return found;
    ids.add(found.value.id);
  }
  return ok([...ids]);
}

/** Of the others. */
async function memberCalled(asked: Asked, id: string, who: string): Promise<Result<GroupMember, string>> {
  const { command, member, streams } = asked;
  const look = async () =>
    named(
      (await membersOf(asked, id)).filter(({ isSelf }) => !isSelf),
      who,
      MEMBERS,
    );
  const found = await look();
  if (found.ok) return found;
  await untilInStep(member, lookPatience(command, streams));
  return look();
}

async function membersOf({ member }: Pick<Asked, "member">, id: string): Promise<readonly GroupMember[]> {
  const window = await openWindow(member, id);
  const known = window?.view().group?.members ?? [];
  window?.close();
  return known;
}
