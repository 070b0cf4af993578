/** A new group: what it is called, and who is in it. */
import type { ConversationRow, PersonId } from "@sotto/client";
import { GROUP_MEMBERS_MAX } from "@sotto/protocol";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import { PeoplePicker } from "../groups/people-picker.tsx";
import { go, goInstead } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Field } from "../parts/field.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Panel, Section } from "./panel.tsx";

const NOBODY: ReadonlySet<PersonId> = new Set();

export function NewGroup({ rows }: { readonly rows: readonly ConversationRow[] }): JSX.Element {
  const contacts = rows.filter(({ members }) => members === undefined);
  return (
    <Panel title={m.group_new()}>
      {contacts.length === 0 ? (
        <Section title={m.group_nobody_title()} text={m.group_nobody_text()}>
          <button type="button" class="button button--first" onClick={() => go({ kind: "add", link: "" })}>
            {m.add_someone()}
          </button>
        </Section>
      ) : (
        <GroupForm contacts={contacts} />
      )}
    </Panel>
  );
}

function GroupForm({ contacts }: { readonly contacts: readonly ConversationRow[] }): JSX.Element {
  const device = useDevice();
  const { isUnderWay, problem, run, clear } = useAsking();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<readonly PersonId[]>([]);
  const isReady = name.trim() !== "" && chosen.length > 0 && !isUnderWay;
  const isOfName = problem?.kind === "name-invalid" || problem?.kind === "name-too-long";

  function create(): void {
    if (!isReady) return;
    run(
      () => device.ask({ kind: "create-group", name: name.trim(), members: chosen }),
      (answer) => {
        if (answer.kind === "conversation") goInstead({ kind: "conversation", id: answer.id });
      },
    );
  }
  return (
    <form
      class="group-form"
      onSubmit={(event: TargetedSubmitEvent<HTMLFormElement>) => {
        event.preventDefault();
        create();
      }}
    >
      <Field
        label={m.group_name()}
        name="group-name"
        hint={m.group_name_hint()}
        value={name}
        onValue={(value) => {
          setName(value);
          clear();
        }}
        problem={isOfName ? problem : undefined}
        input={{ autocomplete: "off", maxLength: 64 }}
      />
      <PeoplePicker
        legend={m.group_who()}
        contacts={contacts}
        already={NOBODY}
        chosen={chosen}
        onChange={(change) => {
          setChosen(change);
          clear();
        }}
        room={GROUP_MEMBERS_MAX - 1}
      />
      <div class="group-form__end">
        <Trouble problem={isOfName ? undefined : problem} />
        <button class="button button--first" aria-disabled={!isReady}>
          {isUnderWay ? m.group_creating() : m.group_create()}
        </button>
      </div>
    </form>
  );
}
