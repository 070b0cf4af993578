/** A picture as large as the screen, and larger. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Icon } from "../parts/icon.tsx";

const ZOOM_MAX = 8;
const STEP = 1.5;

export function Viewer(props: {
  readonly url: string;
  readonly label: string;
  readonly onSave: () => void;
  readonly onClose: () => void;
}): JSX.Element {
  const { url, label, onSave, onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState(1);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      dialog.current?.close();
      if (before instanceof HTMLElement && document.activeElement === document.body) before.focus();
    };
  }, []);
  // What was in the middle stays there.
  const middle = useRef(1);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const grown = zoom / middle.current;
    middle.current = zoom;
    element.scrollLeft = (element.scrollLeft + element.clientWidth / 2) * grown - element.clientWidth / 2;
    element.scrollTop = (element.scrollTop + element.clientHeight / 2) * grown - element.clientHeight / 2;
  }, [zoom]);
  const by = (factor: number): void => setZoom((now) => Math.min(ZOOM_MAX, Math.max(1, now * factor)));
  return (
    <dialog
      ref={dialog}
      class="viewer"
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => {
        if (event.key === "+") by(STEP);
        if (event.key === "-") by(1 / STEP);
        if (event.key === "0") setZoom(1);
      }}
    >
      <div class="viewer__bar">
        <button type="button" class="icon-button" aria-label={m.close()} onClick={onClose}>
          <Icon name="close" />
        </button>
        <span class="viewer__space" />
        <button
          type="button"
          class="icon-button"
          aria-label={m.viewer_smaller()}
          onClick={() => by(1 / STEP)}
        >
          <Icon name="less" />
        </button>
        <button type="button" class="icon-button" aria-label={m.viewer_larger()} onClick={() => by(STEP)}>
          <Icon name="add" />
        </button>
        <button type="button" class="icon-button" aria-label={m.file_save()} onClick={onSave}>
          <Icon name="save" />
        </button>
      </div>
      <div
        ref={frame}
        class="viewer__frame"
        tabIndex={0}
        role="group"
        aria-label={label}
        onWheel={(event) => {
          if (!event.ctrlKey) return;
          event.preventDefault();
          by(event.deltaY < 0 ? 1.1 : 1 / 1.1);
        }}
        onDblClick={() => setZoom((now) => (now > 1 ? 1 : 2.5))}
      >
        <img
          src={url}
          alt={label}
          style={{ width: `${zoom * 100}%`, height: `${zoom * 100}%` }}
          draggable={false}
        />
      </div>
    </dialog>
  );
}
