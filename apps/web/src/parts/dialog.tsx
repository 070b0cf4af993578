/** A native modal dialog: the browser keeps focus inside and gives it back at the end. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Icon } from "./icon.tsx";

export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly kind?: "palette";
}): JSX.Element {
  const { title, onClose, children, kind } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      // Closing gives focus back by itself, unless the element is gone from the page before it can.
      if (before instanceof HTMLElement && document.activeElement === document.body) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={kind === "palette" ? "dialog dialog--palette" : "dialog"}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="dialog__inner">
        <div class={kind === "palette" ? "unseen" : "dialog__head"}>
          <h2 id={id}>{title}</h2>
          <button type="button" class="icon-button" aria-label={m.close()} onClick={onClose}>
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
