/** Finds messages and people by words and dates, in all conversations or in one. Spec: spec/handset.md, UI42 to UI44. */
import type { ConversationRow, SearchView } from "@sotto/client";
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { back, go } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { dateWords } from "../words.ts";
import { FoundMessages, FoundPeople } from "./results.tsx";
import { useSearch } from "./use-search.ts";
import { opened, pages, queryOf, wanted, type Wanted } from "./wanted.ts";
import "../style/search.css";

export function Search({ rows }: { readonly rows: readonly ConversationRow[] }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const results = useRef<HTMLDivElement>(null);
  const asked = wanted.value;
  const { view, more } = useSearch(queryOf(asked), pages.value);
  const person = rows.find(({ id }) => id === asked.in);

  // Whoever comes back from a message finds the focus on it; everybody else begins to type.
  const hasReturned = useRef(opened.value === undefined);
  useEffect(() => {
    if (opened.value === undefined) field.current?.focus();
  }, []);
  useEffect(() => {
    if (hasReturned.current || view === undefined) return;
    const found = results.current?.querySelector<HTMLElement>(`[data-found="${opened.value}"]`);
    if (found === null || found === undefined) {
      if (!view.isReading) field.current?.focus();
      return;
    }
    hasReturned.current = true;
    found.scrollIntoView({ block: "center" });
    found.focus({ preventScroll: true });
  }, [view]);

  function change(to: Partial<Wanted>): void {
    wanted.value = { ...wanted.value, ...to };
    pages.value = 1;
    opened.value = undefined;
  }
  function load(): void {
    pages.value++;
    void more();
  }
  /** Down from the field, and up and down among what was found. */
  function keys(event: TargetedKeyboardEvent<HTMLElement>): void {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const isInDate = event.target instanceof HTMLInputElement && event.target !== field.current;
    if (step === 0 || isInDate) return;
    const stops = [field.current, ...(results.current?.querySelectorAll<HTMLElement>("[data-found]") ?? [])];
    const at = stops.findIndex((stop) => stop === document.activeElement);
    const to = stops[at + step];
    if (at < 0 || !to) return;
    event.preventDefault();
    to.focus();
  }
  return (
    <section class="search" aria-labelledby="search-title" onKeyDown={keys}>
      <h1 class="unseen" id="search-title">
        {m.search()}
      </h1>
      <header class="bar">
        <button type="button" class="icon-button" aria-label={m.back()} onClick={back}>
          <Icon name="back" />
        </button>
        <div class="search__field">
          <input
            ref={field}
            type="search"
            aria-label={person === undefined ? m.search() : m.search_in({ name: person.name })}
            placeholder={m.search_placeholder()}
            enterkeyhint="search"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            value={asked.text}
            onInput={(event) => change({ text: event.currentTarget.value })}
          />
        </div>
      </header>
      <Filters asked={asked} person={person} onChange={change} />
      <p class="unseen" role="status">
        {view !== undefined && statusWords(view)}
      </p>
      <div class="search__results" ref={results}>
        {view !== undefined && <Found view={view} onMore={load} />}
      </div>
    </section>
  );
}

function Filters(props: {
  readonly asked: Wanted;
  readonly person: ConversationRow | undefined;
  readonly onChange: (to: Partial<Wanted>) => void;
}): JSX.Element {
  const { asked, person, onChange } = props;
  const isDated = asked.from !== "" || asked.to !== "";
  const [isOpen, setOpen] = useState(isDated);
  return (
    <div class="search__filters">
      <div class="buttons">
        {person !== undefined && (
          <button type="button" class="chip" onClick={() => onChange({ in: undefined })}>
            <bdi>{person.name}</bdi>
            <Icon name="close" />
            <span class="unseen">{m.search_everywhere()}</span>
          </button>
        )}
        <button type="button" class="chip" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name="calendar" />
          {m.search_dates()}
        </button>
        {isDated && (
          <button type="button" class="chip" onClick={() => onChange({ from: "", to: "" })}>
            {m.search_any_date()}
            <Icon name="close" />
          </button>
        )}
      </div>
      {isOpen && (
        <div class="search__dates">
          <Field
            label={m.search_from()}
            name="from"
            value={asked.from}
            onValue={(from) => onChange({ from })}
            input={{ type: "date", max: asked.to }}
          />
          <Field
            label={m.search_to()}
            name="to"
            value={asked.to}
            onValue={(to) => onChange({ to })}
            input={{ type: "date", min: asked.from }}
          />
        </div>
      )}
    </div>
  );
}

function Found({ view, onMore }: { readonly view: SearchView; readonly onMore: () => void }): JSX.Element {
  const { state, people, messages, hasMore, isReading, onlySince } = view;
  const isNothing = state === "found" && people.length === 0 && messages.length === 0;
  return (
    <>
      {state === "empty" && <p class="quiet search__note">{m.search_hint()}</p>}
      {state === "too-long" && <p class="search__note">{m.search_too_long()}</p>}
      {isNothing && !isReading && <p class="quiet search__note">{m.search_none()}</p>}
      {people.length > 0 && (
        <section aria-labelledby="found-people">
          <h2 id="found-people">{m.search_people()}</h2>
          <FoundPeople people={people} onOpen={(id) => go({ kind: "conversation", id })} />
        </section>
      )}
      {messages.length > 0 && (
        <section aria-labelledby="found-messages">
          <h2 id="found-messages">{m.messages()}</h2>
          <FoundMessages
            messages={messages}
            onOpen={({ in: id, key }) => {
              opened.value = key;
              go({ kind: "conversation", id, at: { kind: "message", key } });
            }}
          />
        </section>
      )}
      {hasMore && (
        <button type="button" class="button button--plain search__more" onClick={onMore}>
          {m.search_more()}
        </button>
      )}
      {isReading && state === "found" && <p class="quiet small search__note">{m.search_reading()}</p>}
      {onlySince !== undefined && Number.isFinite(onlySince) && (
        <p class="quiet small search__note">{m.search_only_since({ date: dateWords(onlySince) })}</p>
      )}
    </>
  );
}

function statusWords({ state, people, messages, hasMore, isReading }: SearchView): string {
  if (state === "empty") return "";
  if (state === "too-long") return m.search_too_long();
  const count = people.length + messages.length;
  if (count === 0) return isReading ? "" : m.search_none();
  return hasMore ? m.search_found_more({ count }) : m.search_found({ count });
}
