/** What holds for a group: who is in it and may do what, what it is called, when its messages burn, the way out. */
import type { ConversationRow, ConversationView, GroupView, MeView } from "@sotto/client";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import { DateJump } from "../finding/date-jump.tsx";
import { go } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Avatar } from "../parts/avatar.tsx";
import { BurnChoice } from "../parts/burn-choice.tsx";
import { Field } from "../parts/field.tsx";
import { found } from "../parts/found.ts";
import { SearchField } from "../parts/search-field.tsx";
import { Icon } from "../parts/icon.tsx";
import { durationWords } from "../words.ts";
import { Section } from "../screens/panel.tsx";
import { Leaving } from "./leaving.tsx";
import { MemberDialog } from "./member-dialog.tsx";
import { Members } from "./members.tsx";

/** More than this, and one looks for somebody. */
const SEARCHED_MEMBERS = 12;

export function GroupSections(props: {
  readonly row: ConversationRow;
  readonly me: MeView;
  /** Undefined until it has been read. */
  readonly view: ConversationView | undefined;
}): JSX.Element {
  const { row, me, view } = props;
  const isOver = row.state === "over";
  const group = view?.group;
  const mayChange = !isOver && group !== undefined && group.role !== "member";
  return (
    <>
      <div class="person">
        <Avatar name={row.name} large isGroup />
        <p class="person__name">
          <bdi>{row.name}</bdi>
        </p>
        <p class="quiet small">{isOver ? m.over() : m.people_count({ count: row.members ?? 0 })}</p>
      </div>
      {view !== undefined && group !== undefined && (
        <>
          <MembersSection view={view} group={group} isOver={isOver} mayAdd={mayChange} />
          {mayChange && <NameSection key={view.name} view={view} />}
          <Section title={m.date_jump_title()}>
            <DateJump id={row.id} />
          </Section>
          {!isOver && (mayChange ? <BurnChoice view={view} me={me} /> : <BurnTold burnMs={view.burnMs} />)}
          <Section title={m.safety_numbers()} text={m.group_safety_text()} />
          <Section title={m.relay()} text={m.details_relay({ host: view.relayHost })} />
          {!isOver && <LeaveSection view={view} group={group} />}
        </>
      )}
    </>
  );
}

function MembersSection(props: {
  readonly view: ConversationView;
  readonly group: GroupView;
  readonly isOver: boolean;
  readonly mayAdd: boolean;
}): JSX.Element {
  const { view, group, isOver, mayAdd } = props;
  const device = useDevice();
  const [chosen, setChosen] = useState<string | undefined>();
  const [query, setQuery] = useState("");
  const section = useRef<HTMLDivElement>(null);
  const member = group.members.find(({ id }) => id === chosen);
  const opened = device.view.value;
  const rows = opened.kind === "open" ? opened.member.conversations : [];
  /** The row of somebody who was removed may be gone before the focus can return to it. */
  function finish(): void {
    setChosen(undefined);
    requestAnimationFrame(() => section.current?.focus());
  }
  // Somebody who is gone while one looks at them: the focus stays where they were.
  useEffect(() => {
    if (chosen !== undefined && member === undefined) finish();
  }, [chosen, member]);
  return (
    <Section title={m.members()} text={isOver ? undefined : m.members_text()}>
      {mayAdd && (
        <button type="button" class="button" onClick={() => go({ kind: "add-people", id: view.id })}>
          <Icon name="add" />
          {m.people_add()}
        </button>
      )}
      {group.members.length > SEARCHED_MEMBERS && (
        <SearchField label={m.members_search()} value={query} onValue={setQuery} />
      )}
      <div tabIndex={-1} ref={section} role="group" aria-label={m.members()}>
        <Members
          members={found(
            group.members.map((one) => ({ ...one, label: one.name })),
            query,
          )}
          onChoose={({ id }) => setChosen(id)}
        />
      </div>
      {member !== undefined && (
        <MemberDialog
          key={member.id}
          group={view.id}
          role={isOver ? undefined : group.role}
          member={member}
          isContact={rows.some(({ id, members }) => id === member.id && members === undefined)}
          onDone={finish}
          onClose={() => setChosen(undefined)}
        />
      )}
    </Section>
  );
}

/** For whoever may not change it. */
const BurnTold = ({ burnMs }: { readonly burnMs: number }): JSX.Element => (
  <Section
    title={m.burn_time()}
    text={burnMs === 0 ? m.group_burn_off() : m.group_burn_told({ time: durationWords(burnMs) })}
  />
);

function NameSection({ view }: { readonly view: ConversationView }): JSX.Element {
  const device = useDevice();
  const { problem, run, clear, isUnderWay } = useAsking();
  const [name, setName] = useState(view.name);
  const [isAsked, setAsked] = useState(false);
  return (
    <Section title={m.group_name()} text={m.group_name_hint()}>
      <form
        class="stack"
        onSubmit={(event: TargetedSubmitEvent<HTMLFormElement>) => {
          event.preventDefault();
          if (name.trim() === view.name) return;
          run(
            () => device.ask({ kind: "rename-group", in: view.id, name: name.trim() }),
            () => setAsked(true),
          );
        }}
      >
        <Field
          label={m.group_name()}
          isLabelUnseen
          name="group-name"
          value={name}
          onValue={(value) => {
            setName(value);
            setAsked(false);
            clear();
          }}
          problem={problem}
          input={{ autocomplete: "off", maxLength: 64 }}
        />
        <div class="buttons">
          <button class="button" aria-disabled={isUnderWay || isAsked || name.trim() === view.name}>
            {m.save()}
          </button>
          <span class="small quiet" role="status">
            {isAsked && m.group_renaming()}
          </span>
        </div>
      </form>
    </Section>
  );
}

function LeaveSection(props: { readonly view: ConversationView; readonly group: GroupView }): JSX.Element {
  const [isAsked, setAsked] = useState(false);
  return (
    <Section title={m.leave_title()} text={m.leave_short()}>
      <button type="button" class="button" onClick={() => setAsked(true)}>
        <Icon name="leave" />
        {m.leave_title()}
      </button>
      {isAsked && <Leaving {...props} onClose={() => setAsked(false)} />}
    </Section>
  );
}
