/** Leaving a group, with what it means; an owner says first who owns it from then on. */
import type { ConversationView, GroupMember, GroupView } from "@sotto/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Dialog } from "../parts/dialog.tsx";
import { nameWords } from "../words.ts";
import { askedOf } from "./member-dialog.tsx";
import { Members } from "./members.tsx";
import { Question, type Asked } from "./question.tsx";

export function Leaving(props: {
  readonly view: ConversationView;
  readonly group: GroupView;
  readonly onClose: () => void;
}): JSX.Element {
  const { view, group, onClose } = props;
  const [heir, setHeir] = useState<GroupMember | undefined>();
  const [isPassedOn, setPassedOn] = useState(false);
  const others = group.members.filter(({ isSelf, state }) => !isSelf && state === "in");
  if (group.role !== "owner" || others.length === 0) {
    return <Question key="leave" asked={askedToLeave(view)} onDone={onClose} onCancel={onClose} />;
  }
  if (heir !== undefined && isPassedOn) {
    return (
      <Dialog key="wait" title={m.leave_title()} onClose={onClose}>
        <p role="status">{m.leave_waits({ name: nameWords(heir.name) })}</p>
      </Dialog>
    );
  }
  if (heir !== undefined) {
    return (
      <Question
        key={heir.id}
        asked={askedOf("make-owner", view.id, heir)}
        onDone={() => setPassedOn(true)}
        onCancel={() => setHeir(undefined)}
      />
    );
  }
  return (
    <Dialog key="heir" title={m.leave_owner_title()} onClose={onClose}>
      <p>{m.leave_owner_text()}</p>
      <Members members={others} onChoose={setHeir} />
    </Dialog>
  );
}

function askedToLeave({ id, name: groupName }: ConversationView): Asked {
  const name = nameWords(groupName);
  return {
    title: m.leave_title(),
    text: m.leave_text(),
    confirm: m.leave_do({ name }),
    intent: { kind: "leave-group", in: id },
    isFinal: true,
  };
}
