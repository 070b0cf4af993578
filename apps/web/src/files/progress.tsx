/** How much of a file is there, as a ring, with the way to end it in its middle. */
import type { JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { Icon } from "../parts/icon.tsx";
import { partWords } from "../words.ts";

/** `part`: 0 to 1. */
export function Progress(props: {
  readonly part: number;
  readonly kind: "sending" | "loading";
  readonly onCancel: () => void;
}): JSX.Element {
  const { part, kind, onCancel } = props;
  const words = partWords(part);
  const label = kind === "sending" ? m.file_sending({ part: words }) : m.file_loading({ part: words });
  return (
    <div class="transfer">
      <svg
        viewBox="0 0 48 48"
        role="progressbar"
        aria-label={label}
        aria-valuenow={Math.round(part * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <circle class="transfer__track" cx="24" cy="24" r="21" />
        <circle
          class="transfer__part"
          cx="24"
          cy="24"
          r="21"
          pathLength="100"
          stroke-dasharray={`${Math.max(2, part * 100)} 100`}
        />
      </svg>
      <button type="button" class="transfer__cancel" aria-label={m.file_cancel()} onClick={onCancel}>
        <Icon name="close" />
      </button>
    </div>
  );
}
