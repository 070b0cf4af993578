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

type Words = (inputs: { readonly name: string }) => string;
type ActWords = {
  /** Of the button that leads to the question. */
  readonly label: () => string;
  readonly title: Words;
  readonly text: Words;
  readonly confirm: Words;
  /** What they are from then on; undefined: nothing. */
  readonly role: GroupRole | undefined;
  readonly isFinal: boolean;
};
const ACTS: Readonly<Record<Act, ActWords>> = {
  "make-admin": {
    label: m.member_make_admin,
    title: m.make_admin_title,
    text: m.make_admin_text,
    confirm: m.make_admin_do,
    role: "admin",
    isFinal: false,
  },
  "take-back": {
    label: m.member_take_back,
    title: m.take_back_title,
    text: m.take_back_text,
    confirm: m.take_back_do,
    role: "member",
    isFinal: false,
  },
  "make-owner": {
    label: m.member_make_owner,
    title: m.make_owner_title,
    text: m.make_owner_text,
    confirm: m.make_owner_do,
    role: "owner",
    isFinal: true,
  },
  remove: {
    label: m.member_remove,
    title: m.remove_title,
    text: m.remove_text,
    confirm: m.remove_do,
    role: undefined,
    isFinal: true,
  },
};

export function askedOf(act: Act, group: ConversationId, { id, name }: GroupMember): Asked {
  const { title, text, confirm, role, isFinal } = ACTS[act];
  const named = { name: nameWords(name) };
  const whom = { in: group, member: id };
  return {
    title: title(named),
    text: text(named),
    confirm: confirm(named),
    intent: role === undefined ? { kind: "remove-member", ...whom } : { kind: "set-role", ...whom, role },
    isFinal,
  };
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
            {ACTS[one].label()}
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
