/** One member: who they are to this person, and what this person may do about them here. */
import type { ConversationId, GroupMember } from "@sotto/client";
import type { GroupRole } from "@sotto/protocol";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { go } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { nameWords } from "../words.ts";
import { addedWords, roleWords } from "./members.tsx";
import { Question, type Asked } from "./question.tsx";

type Act = "remove" | "make-admin" | "take-back" | "make-owner";

/** What the own role allows to do about somebody. */
function actsOf(own: GroupRole, { isSelf, role, state }: GroupMember): readonly Act[] {
  if (isSelf || state === "leaving") return [];
  if (own === "owner") {
    const ofRole: readonly Act[] = role === "admin" ? ["take-back"] : ["make-admin"];
    return state === "in" ? [...ofRole, "make-owner", "remove"] : ["remove"];
  }
  return own === "admin" && role !== "owner" ? ["remove"] : [];
}

const ACT_WORDS: Readonly<Record<Act, () => string>> = {
  "make-admin": m.member_make_admin,
  "take-back": m.member_take_back,
  "make-owner": m.member_make_owner,
  remove: m.member_remove,
};

export function askedOf(act: Act, group: ConversationId, member: GroupMember): Asked {
  const name = nameWords(member.name);
  const role = (next: GroupRole) => ({ kind: "set-role", in: group, member: member.id, role: next }) as const;
  switch (act) {
    case "make-admin":
      return {
        title: m.make_admin_title({ name }),
        text: m.make_admin_text({ name }),
        confirm: m.make_admin_do({ name }),
        intent: role("admin"),
        isFinal: false,
      };
    case "take-back":
      return {
        title: m.take_back_title({ name }),
        text: m.take_back_text({ name }),
        confirm: m.take_back_do({ name }),
        intent: role("member"),
        isFinal: false,
      };
    case "make-owner":
      return {
        title: m.make_owner_title({ name }),
        text: m.make_owner_text({ name }),
        confirm: m.make_owner_do({ name }),
        intent: role("owner"),
        isFinal: true,
      };
    case "remove":
      return {
        title: m.remove_title({ name }),
        text: m.remove_text({ name }),
        confirm: m.remove_do({ name }),
        intent: { kind: "remove-member", in: group, member: member.id },
        isFinal: true,
      };
  }
}

export function MemberDialog(props: {
  readonly group: ConversationId;
  /** The own one; undefined once this person is in the group no longer. */
  readonly role: GroupRole | undefined;
  readonly member: GroupMember;
  /** Whether there is a conversation of two with them. */
  readonly isContact: boolean;
  readonly onDone: () => void;
  readonly onClose: () => void;
}): JSX.Element {
  const { group, role, member, isContact, onDone, onClose } = props;
  const [act, setAct] = useState<Act | undefined>();
  if (act !== undefined) {
    return (
      <Question
        key={act}
        asked={askedOf(act, group, member)}
        onDone={onDone}
        onCancel={() => setAct(undefined)}
      />
    );
  }
  const acts = role === undefined ? [] : actsOf(role, member);
  return (
    <Dialog title={member.name} onClose={onClose}>
      <ul class="facts">
        <li>{roleWords(member.role)}</li>
        {member.addedBy !== undefined && <li>{addedWords(member)}</li>}
        {!member.isSelf && <li>{trustWords(member, isContact)}</li>}
      </ul>
      <Trouble problem={member.problem} />
      <div class="options">
        {isContact && (
          <>
            <button
              type="button"
              class="button"
              onClick={() => {
                onClose();
                go({ kind: "conversation", id: member.id });
              }}
            >
              <Icon name="chats" />
              {m.member_write()}
            </button>
            <button
              type="button"
              class="button"
              onClick={() => {
                onClose();
                go({ kind: "verify", id: member.id });
              }}
            >
              <Icon name="verified" />
              {member.isVerified ? m.verify_again() : m.member_compare()}
            </button>
          </>
        )}
        {acts.map((one) => (
          <button key={one} type="button" class="button" onClick={() => setAct(one)}>
            <Icon name={one === "remove" ? "leave" : "me"} />
            {ACT_WORDS[one]()}
          </button>
        ))}
      </div>
    </Dialog>
  );
}

function trustWords(member: GroupMember, isContact: boolean): string {
  const name = nameWords(member.name);
  if (member.isVerified) return m.details_verified({ name });
  return isContact ? m.member_unverified({ name }) : m.member_stranger({ name });
}
