/** Contacts to choose several of: found by a few letters, and who cannot be chosen says why. */
import type { ConversationRow, PersonId } from "@sotto/client";
import { GROUP_MEMBERS_MAX } from "@sotto/protocol";
import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Avatar } from "../parts/avatar.tsx";
import { found } from "../parts/found.ts";
import { Icon } from "../parts/icon.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { countWords } from "../words.ts";

/** Undefined: can be chosen. */
function whyNot({ id, state, problem }: ConversationRow, already: ReadonlySet<PersonId>): string | undefined {
  if (already.has(id)) return m.pick_already();
  if (problem !== undefined) return m.pick_not_reached();
  if (state === "setting-up") return m.pick_not_yet();
  return state === "broken" ? m.pick_broken() : undefined;
}

export function PeoplePicker(props: {
  readonly legend: string;
  /** Conversations of two: who they are with is who can be chosen. */
  readonly contacts: readonly ConversationRow[];
  /** In the group already. */
  readonly already: ReadonlySet<PersonId>;
  readonly chosen: readonly PersonId[];
  /** Given how to change what is chosen by then: two taps can come before either is drawn. */
  readonly onChange: (change: (chosen: readonly PersonId[]) => readonly PersonId[]) => void;
  /** How many fit beside those who are in it. */
  readonly room: number;
}): JSX.Element {
  const { legend, contacts, already, chosen, onChange, room } = props;
  const [query, setQuery] = useState("");
  const id = useId();
  const shown = found(
    contacts.map((row) => ({ row, label: row.name })).toSorted((a, b) => a.label.localeCompare(b.label)),
    query,
  );
  const isFull = chosen.length >= room;
  const choose = (person: PersonId, isChosen: boolean): void =>
    onChange((before) => {
      const others = before.filter((one) => one !== person);
      return isChosen ? [...others, person] : others;
    });
  return (
    <fieldset class="picker">
      <legend class="picker__legend">{legend}</legend>
      <SearchField label={m.pick_search()} value={query} onValue={setQuery} />
      <p class="small quiet" role="status">
        {chosen.length > 0 && m.pick_chosen({ count: countWords(chosen.length) })}{" "}
        {isFull && m.pick_full({ most: GROUP_MEMBERS_MAX })}
        {shown.length === 0 && m.pick_none()}
      </p>
      <ul class="picker__list">
        {shown.map(({ row }) => {
          const why = whyNot(row, already);
          const isChosen = chosen.includes(row.id);
          return (
            <li key={row.id}>
              <label class="picker__one">
                <input
                  type="checkbox"
                  checked={isChosen}
                  disabled={why !== undefined || (isFull && !isChosen)}
                  aria-describedby={why === undefined ? undefined : `${id}-${row.id}`}
                  onChange={(event) => choose(row.id, event.currentTarget.checked)}
                />
                <Avatar name={row.name} />
                <span class="picker__name">
                  <bdi>{row.name}</bdi>
                  {row.isVerified && (
                    <span class="verified" title={m.verified()}>
                      <Icon name="verified" />
                      <span class="unseen">{m.verified()}</span>
                    </span>
                  )}
                </span>
                {why !== undefined && (
                  <span class="picker__why small" id={`${id}-${row.id}`}>
                    {why}
                  </span>
                )}
              </label>
            </li>
          );
        })}
      </ul>
    </fieldset>
  );
}
