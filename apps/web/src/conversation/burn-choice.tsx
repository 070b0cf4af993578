/** How long the message that is being written is kept, where that is another time than the conversation's. */
import type { ChosenBurn, MeView } from "@sotto/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { Choice } from "../parts/choice.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../times.ts";
import { durationWords } from "../words.ts";

const CHOICES_MS = [5_000, 30_000, 5 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

type Policy = MeView["policy"];
type BurnChoiceProps = {
  readonly policy: Policy;
  readonly name: string;
  /** Undefined: as the conversation has it. */
  readonly chosen: ChosenBurn | undefined;
  readonly onChosen: (burn: ChosenBurn | undefined) => void;
};

/** The button beside the field, and what it opens. */
export function BurnButton(props: BurnChoiceProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        class="composer__burn"
        aria-label={m.burn_message()}
        aria-pressed={props.chosen !== undefined}
        onClick={() => setOpen(true)}
      >
        <Icon name="burn" />
      </button>
      {isOpen && <BurnDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function optionsOf({ burnMaxMs, burnOffAllowed }: Policy): readonly (readonly [string, string])[] {
  const times = CHOICES_MS.filter((ms) => ms <= burnMaxMs).map(
    (ms) => [String(ms), durationWords(ms)] as const,
  );
  return [
    ["", m.burn_as_conversation()],
    ...times,
    ...(burnOffAllowed ? [["0", m.burn_off()] as const] : []),
  ];
}

function BurnDialog(props: BurnChoiceProps & { readonly onClose: () => void }): JSX.Element {
  const { policy, name, chosen, onChosen, onClose } = props;
  const mayRead = chosen !== undefined && chosen.ms > 0;
  const choose = (value: string): void =>
    onChosen(value === "" ? undefined : { ms: Number(value), from: chosen?.from ?? "sending" });
  return (
    <Dialog title={m.burn_message()} onClose={onClose}>
      <p>{m.burn_message_text()}</p>
      <Choice
        legend={m.burn_message()}
        name="burn-message"
        options={optionsOf(policy).map(([value, label]) => ({ value, label }))}
        value={chosen === undefined ? "" : String(chosen.ms)}
        onValue={choose}
      />
      {mayRead && (
        <div class="burn-from">
          <Choice
            legend={m.burn_counted()}
            name="burn-from"
            options={[
              { value: "sending", label: m.burn_from_sending() },
              { value: "reading", label: m.burn_from_reading() },
            ]}
            value={chosen.from}
            onValue={(from) => onChosen({ ms: chosen.ms, from })}
          />
          {chosen.from === "reading" && <p class="small">{m.burn_reading_tells({ name })}</p>}
        </div>
      )}
      <div class="options">
        <button type="button" class="button button--first" onClick={onClose}>
          {m.done()}
        </button>
      </div>
    </Dialog>
  );
}

/** What was chosen, above the field: nobody sends what burns without seeing so. */
export function BurnLine(props: Pick<BurnChoiceProps, "chosen" | "name" | "onChosen">): JSX.Element | null {
  const { chosen, name, onChosen } = props;
  if (chosen === undefined) return null;
  return (
    <div class="composer__about">
      <Icon name="burn" />
      <p role="status">{burnLineWords(chosen, name)}</p>
      <button
        type="button"
        class="icon-button"
        aria-label={m.burn_as_conversation()}
        onClick={() => onChosen(undefined)}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

function burnLineWords({ ms, from }: ChosenBurn, name: string): string {
  if (ms === 0) return m.burn_line_off();
  const time = durationWords(ms);
  return from === "reading" ? m.burn_line_reading({ time, name }) : m.burn_line_sending({ time });
}
