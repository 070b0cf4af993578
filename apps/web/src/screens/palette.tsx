/** Finds people and actions by a few letters. A combobox over a listbox, as ARIA describes it. */
import type { ConversationRow } from "@sotto/client";
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import { search } from "../finding/wanted.ts";
import { go } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { Avatar } from "../parts/avatar.tsx";
import { found } from "../parts/found.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import type { Overlay } from "./shortcuts.tsx";

const SHOWN_MAX = 12;

type Choice = {
  readonly key: string;
  readonly label: string;
  /** Of an action; a conversation has its avatar. */
  readonly icon: IconName | undefined;
  readonly isGroup?: boolean;
  readonly run: () => void;
};

export function Palette(props: {
  readonly rows: readonly ConversationRow[];
  readonly onClose: () => void;
  readonly onOverlay: (overlay: Overlay) => void;
}): JSX.Element {
  const { rows, onClose, onOverlay } = props;
  const device = useDevice();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);

  const actions: readonly Choice[] = [
    { key: "add", label: m.add_someone(), icon: "add", run: () => go({ kind: "add", link: "" }) },
    { key: "group", label: m.group_new(), icon: "group", run: () => go({ kind: "new-group" }) },
    { key: "search", label: m.palette_search(), icon: "search", run: () => search({ text: query }) },
    { key: "me", label: m.palette_me(), icon: "me", run: () => go({ kind: "me" }) },
    { key: "lock", label: m.lock_now(), icon: "lock", run: () => void device.lock() },
    { key: "pins", label: m.pins_title(), icon: "lock", run: () => go({ kind: "pins" }) },
    { key: "kit", label: m.kit_title(), icon: "verified", run: () => go({ kind: "kit" }) },
    { key: "help", label: m.help(), icon: "help", run: () => go({ kind: "help" }) },
    { key: "shortcuts", label: m.shortcuts(), icon: "search", run: () => onOverlay("shortcuts") },
  ];
  const people: readonly Choice[] = rows.map((row) => ({
    key: row.id,
    label: row.name,
    icon: undefined,
    isGroup: row.members !== undefined,
    run: () => go({ kind: "conversation", id: row.id }),
  }));
  const shown = found([...people, ...actions], query).slice(0, SHOWN_MAX);
  const active = Math.min(at, shown.length - 1);

  useEffect(() => {
    list.current?.querySelector(`#choice-${active}`)?.scrollIntoView({ block: "nearest" });
  }, [active]);

  function choose(choice: Choice | undefined): void {
    if (choice === undefined) return;
    onClose();
    choice.run();
  }
  function keys(event: TargetedKeyboardEvent<HTMLInputElement>): void {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt((active + step + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      choose(shown[active]);
    }
  }
  return (
    <Dialog title={m.palette()} onClose={onClose} kind="palette">
      <div class="palette__field">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-choices"
          aria-activedescendant={shown.length > 0 ? `choice-${active}` : undefined}
          aria-label={m.palette()}
          placeholder={m.palette_placeholder()}
          autofocus
          autocomplete="off"
          spellcheck={false}
          value={query}
          onInput={(event) => {
            setQuery(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={keys}
        />
      </div>
      <ul class="palette__choices" id="palette-choices" role="listbox" aria-label={m.palette()} ref={list}>
        {shown.map((choice, index) => (
          <li
            key={choice.key}
            id={`choice-${index}`}
            role="option"
            aria-selected={index === active}
            onClick={() => choose(choice)}
            onMouseMove={() => setAt(index)}
          >
            {choice.icon === undefined ? (
              <Avatar name={choice.label} isGroup={choice.isGroup === true} />
            ) : (
              <span class="palette__icon">
                <Icon name={choice.icon} />
              </span>
            )}
            <bdi>{choice.label}</bdi>
          </li>
        ))}
      </ul>
      <p class="small quiet palette__none" role="status">
        {shown.length === 0 && m.palette_none()}
      </p>
    </Dialog>
  );
}
