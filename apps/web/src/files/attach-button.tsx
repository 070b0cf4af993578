/** Where a picture or a file is chosen. */
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { holdLock } from "../auto-lock.ts";
import * as m from "../paraglide/messages.js";
import { Icon } from "../parts/icon.tsx";

export function AttachButton({ onFile }: { readonly onFile: (file: File) => void }): JSX.Element {
  const choose = useChoice(onFile);
  return (
    <>
      <button type="button" class="composer__attach" aria-label={m.attach()} onClick={choose.open}>
        <Icon name="add" />
      </button>
      {choose.input}
    </>
  );
}

/** The system's picker: its input stands beside what opens it. */
export function useChoice(onFile: (file: File) => void): {
  readonly open: () => void;
  readonly input: JSX.Element;
} {
  const input = useRef<HTMLInputElement>(null);
  /** The picker hides the page on some systems: that is no reason to lock. Coming back ends it. */
  function open(): void {
    const release = holdLock();
    for (const ending of ["change", "cancel"])
      input.current?.addEventListener(ending, release, { once: true });
    input.current?.click();
  }
  return {
    open,
    input: (
      <input
        ref={input}
        type="file"
        hidden
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          if (file !== undefined) onFile(file);
        }}
      />
    ),
  };
}
