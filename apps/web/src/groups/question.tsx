/** Asks once before something is done to a person or a group: names both, and what follows from it. */
import type { Intent } from "@sotto/client";
import type { JSX } from "preact";
import { useDevice } from "../device.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Trouble } from "../parts/trouble.tsx";

export type Asked = {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly intent: Intent;
  /** Whoever does it cannot take it back. */
  readonly isFinal: boolean;
};

export function Question(props: {
  readonly asked: Asked;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}): JSX.Element {
  const { asked, onDone, onCancel } = props;
  const device = useDevice();
  const { isUnderWay, problem, run } = useAsking();
  return (
    <Dialog title={asked.title} onClose={onCancel}>
      <p>{asked.text}</p>
      <Trouble problem={problem} />
      <div class="options">
        <button
          type="button"
          class={asked.isFinal ? "button button--danger" : "button button--first"}
          aria-disabled={isUnderWay}
          onClick={() => run(() => device.ask(asked.intent), onDone)}
        >
          {asked.confirm}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {m.cancel()}
        </button>
      </div>
    </Dialog>
  );
}
