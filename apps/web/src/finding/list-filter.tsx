/** Which conversations the list shows: all, or those with something unread. Spec: spec/handset.md, UI46. */
import type { ConversationRow } from "@sotto/client";
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { lastConversation } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import "../style/search.css";

const isUnreadOnly = signal(false);
export const showAllRows = (): void => void (isUnreadOnly.value = false);

/** The conversation that was opened last stays until another one is: it does not vanish by being read. */
export const filteredRows = (rows: readonly ConversationRow[]): readonly ConversationRow[] =>
  isUnreadOnly.value ? rows.filter(({ id, unread }) => unread > 0 || id === lastConversation.value) : rows;

export function ListFilter({ rows }: { readonly rows: readonly ConversationRow[] }): JSX.Element {
  const count = rows.filter(({ unread }) => unread > 0).length;
  const isEmpty = filteredRows(rows).length === 0;
  return (
    <div class="list-filter">
      <button
        type="button"
        class="chip"
        aria-pressed={isUnreadOnly.value}
        onClick={() => (isUnreadOnly.value = !isUnreadOnly.value)}
      >
        {m.filter_unread({ count })}
      </button>
      <p class="quiet small" role="status">
        {isUnreadOnly.value && isEmpty && m.filter_nothing_unread()}
      </p>
    </div>
  );
}
