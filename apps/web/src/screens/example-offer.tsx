/** Before an example profile is taken: what it is, and what taking it means for this browser. */
import type { JSX } from "preact";
import * as m from "../paraglide/messages.js";
import { useFocus } from "../parts/focus.ts";
import { Icon } from "../parts/icon.tsx";
import { Threshold } from "../parts/threshold.tsx";

export function ExampleOffer({ onAnswer }: { readonly onAnswer: (isWanted: boolean) => void }): JSX.Element {
  const heading = useFocus<HTMLHeadingElement>();
  return (
    <Threshold>
      <div class="threshold__head">
        <h1 tabIndex={-1} ref={heading}>
          {m.example_title()}
        </h1>
        <p>{m.example_text()}</p>
      </div>
      <p class="note">
        <Icon name="alert" />
        {m.example_meaning()}
      </p>
      <div class="threshold__actions">
        <button type="button" class="button button--plain" onClick={() => onAnswer(false)}>
          {m.example_decline()}
        </button>
        <button type="button" class="button button--first" onClick={() => onAnswer(true)}>
          {m.example_take()}
        </button>
      </div>
    </Threshold>
  );
}
