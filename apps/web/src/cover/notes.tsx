/** Notes that are kept, in this browser and in the clear, as notes are. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import type { CoverProps } from "./cover.tsx";
import "../style/cover.css";

const STORED = "notes";
const NOTES_MAX = 200;
const CHARS_MAX = 20_000;

function read(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(stored) ? stored.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return []; // somebody wrote something else there
  }
}

export function App({ way }: CoverProps): JSX.Element {
  const [notes, setNotes] = useState(read);
  const [open, setOpen] = useState(0);
  function keep(next: readonly string[]): void {
    setNotes(next);
    localStorage.setItem(STORED, JSON.stringify(next));
  }
  function begin(): void {
    keep(["", ...notes].slice(0, NOTES_MAX));
    setOpen(0);
  }
  const text = notes[open];
  return (
    <main class="notes">
      <header class="notes__bar">
        <h1 {...way}>{m.cover_notes()}</h1>
        <button type="button" class="button" onClick={begin}>
          {m.notes_new()}
        </button>
      </header>
      {notes.length === 0 && <p class="quiet">{m.notes_empty()}</p>}
      <ul class="notes__list">
        {notes.map((note, at) => (
          <li key={at}>
            <button
              type="button"
              class="notes__title"
              aria-current={at === open ? "true" : undefined}
              onClick={() => setOpen(at)}
            >
              {note.trim().split("\n", 1)[0] || m.notes_new()}
            </button>
          </li>
        ))}
      </ul>
      {text !== undefined && (
        <>
          <textarea
            class="notes__text"
            aria-label={m.notes_note()}
            maxLength={CHARS_MAX}
            value={text}
            onInput={({ currentTarget }) =>
              keep(notes.map((note, at) => (at === open ? currentTarget.value : note)))
            }
          />
          <button
            type="button"
            class="button button--plain"
            onClick={() => {
              keep(notes.filter((_, at) => at !== open));
              setOpen(0);
            }}
          >
            {m.notes_delete()}
          </button>
        </>
      )}
    </main>
  );
}
