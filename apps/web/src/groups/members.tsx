/** Who is in a group: one row for each, with what they may do there and who brought them in. */
import type { GroupMember } from "@sotto/client";
import type { GroupRole } from "@sotto/protocol";
import type { JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { nameWords } from "../words.ts";

export function roleWords(role: GroupRole): string {
  switch (role) {
    case "owner":
      return m.role_owner();
    case "admin":
      return m.role_admin();
    case "member":
      return m.role_member();
  }
}

export const addedWords = ({ addedBy }: GroupMember): string | undefined =>
  addedBy === undefined ? undefined : m.member_added_by({ name: nameWords(addedBy) });

function stateWords({ state, problem }: GroupMember): string | undefined {
  if (problem !== undefined) return m.member_not_reached();
  switch (state) {
    case "in":
      return undefined;
    case "joining":
      return m.member_joining();
    case "leaving":
      return m.member_leaving();
  }
}

export function Members(props: {
  readonly members: readonly GroupMember[];
  readonly onChoose: (member: GroupMember) => void;
}): JSX.Element {
  return (
    <ul class="members">
      {props.members.map((member) => (
        <li key={member.id}>
          <MemberRow member={member} onChoose={() => props.onChoose(member)} />
        </li>
      ))}
    </ul>
  );
}

function MemberRow(props: { readonly member: GroupMember; readonly onChoose: () => void }): JSX.Element {
  const { member, onChoose } = props;
  const state = stateWords(member);
  const facts = [roleWords(member.role), addedWords(member)].filter((words) => words !== undefined);
  return (
    <button type="button" class="member" aria-haspopup="dialog" onClick={onChoose}>
      <Avatar name={member.name} />
      <span class="member__name">
        <bdi>{member.name}</bdi>
        {member.isSelf && <span class="quiet small">{m.member_self()}</span>}
        {member.isVerified && (
          <span class="verified" title={m.verified()}>
            <Icon name="verified" />
            <span class="unseen">{m.verified()}</span>
          </span>
        )}
      </span>
      <span class="member__facts small">
        <span>{facts.join(" · ")}</span>
        {state !== undefined && (
          <span class="member__state" data-is-trouble={member.problem !== undefined}>
            <Icon name={member.problem === undefined ? "clock" : "alert"} />
            {state}
          </span>
        )}
      </span>
    </button>
  );
}
