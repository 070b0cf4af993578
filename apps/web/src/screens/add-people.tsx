/** More people for a group that is there. */
import type { ConversationRow, GroupView, PersonId } from "@sotto/client";
import { GROUP_MEMBERS_MAX } from "@sotto/protocol";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { useConversation } from "../conversation/use-conversation.ts";
import { useDevice } from "../device.ts";
import { PeoplePicker } from "../groups/people-picker.tsx";
import { back } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Trouble } from "../parts/trouble.tsx";
import { Panel } from "./panel.tsx";

type Props = { readonly row: ConversationRow; readonly rows: readonly ConversationRow[] };

export function AddPeople({ row, rows }: Props): JSX.Element {
  const { view } = useConversation(row.id);
  return (
    <Panel title={m.people_add()}>
      {view?.group !== undefined && <PeopleForm row={row} rows={rows} group={view.group} />}
    </Panel>
  );
}

function PeopleForm({ row, rows, group }: Props & { readonly group: GroupView }): JSX.Element {
  const device = useDevice();
  const { isUnderWay, problem, run, clear } = useAsking();
  const [chosen, setChosen] = useState<readonly PersonId[]>([]);
  const isReady = chosen.length > 0 && !isUnderWay;
  return (
    <form
      class="group-form"
      onSubmit={(event: TargetedSubmitEvent<HTMLFormElement>) => {
        event.preventDefault();
        if (isReady) run(() => device.ask({ kind: "add-members", in: row.id, members: chosen }), back);
      }}
    >
      <p class="quiet small">{m.people_add_text()}</p>
      <PeoplePicker
        legend={m.people_add_who({ name: row.name })}
        contacts={rows.filter(({ members }) => members === undefined)}
        already={new Set(group.members.map(({ id }) => id))}
        chosen={chosen}
        onChange={(change) => {
          setChosen(change);
          clear();
        }}
        room={GROUP_MEMBERS_MAX - group.members.length}
      />
      <div class="group-form__end">
        <Trouble problem={problem} />
        <button class="button button--first" aria-disabled={!isReady}>
          {isUnderWay ? m.people_adding() : m.people_add_do()}
        </button>
      </div>
    </form>
  );
}
