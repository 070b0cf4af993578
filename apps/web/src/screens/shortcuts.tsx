/** The list of shortcuts, and the one place that listens for them. */
import type { ConversationRow } from "@sotto/client";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { search } from "../finding/wanted.ts";
import { back, go, lastConversation, place } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { Dialog } from "../parts/dialog.tsx";

export type Overlay = "palette" | "shortcuts" | undefined;

const isMac = (): boolean => /mac|iphone|ipad/i.test(navigator.userAgent);
const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");

const isSearchKey = (event: KeyboardEvent): boolean =>
  event.key.toLowerCase() === "f" && event.shiftKey && (event.ctrlKey || event.metaKey) && !event.altKey;

/** The conversation above or below the one that is open, for Alt with an arrow. */
function neighbour(rows: readonly ConversationRow[], step: 1 | -1): ConversationRow | undefined {
  const at = rows.findIndex((row) => row.id === lastConversation.value);
  return at < 0 ? rows[0] : rows[at + step];
}

export function useShortcuts(rows: readonly ConversationRow[], open: (overlay: Overlay) => void): void {
  useEffect(() => {
    function keys(event: KeyboardEvent): void {
      if (isSearchKey(event)) {
        event.preventDefault();
        open(undefined);
        search();
        return;
      }
      const hasDialog = document.querySelector("dialog[open]") !== null;
      if (
        event.key.toLowerCase() === "k" &&
        (event.ctrlKey || event.metaKey) &&
        !event.shiftKey &&
        !event.altKey
      ) {
        event.preventDefault();
        open(hasDialog ? undefined : "palette");
        return;
      }
      if (hasDialog || event.defaultPrevented) return;
      if (event.key === "?" && !isWriting(event.target)) {
        event.preventDefault();
        open("shortcuts");
      } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        const next = neighbour(rows, event.key === "ArrowDown" ? 1 : -1);
        if (next === undefined) return;
        event.preventDefault();
        go({ kind: "conversation", id: next.id });
      } else if (event.key === "Escape" && place.value.kind !== "chats") {
        event.preventDefault();
        back();
      }
    }
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, [rows]);
}

export function Shortcuts({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const command = isMac() ? "⌘" : "Ctrl";
  const lines: readonly (readonly [readonly string[], string])[] = [
    [[command, "K"], m.shortcut_palette()],
    [[command, isMac() ? "⇧" : "Shift", "F"], m.search()],
    [["?"], m.shortcut_list()],
    [["Alt", "↑ ↓"], m.shortcut_neighbour()],
    [["↑ ↓"], m.shortcut_rows()],
    [["Enter"], m.shortcut_send()],
    [["Shift", "Enter"], m.shortcut_newline()],
    [["Esc"], m.shortcut_back()],
  ];
  return (
    <Dialog title={m.shortcuts()} onClose={onClose}>
      <dl class="shortcuts">
        {lines.map(([keys, words]) => (
          <div key={words}>
            <dt>{words}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
