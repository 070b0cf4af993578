/** A new PIN: one that was drawn is offered first, another or an own one can be had, and whoever takes it types it once. */
import type { Problem } from "@sotto/client";
import { generatePin, groupedPin, pinMistake } from "@sotto/client/pin";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as m from "../paraglide/messages.js";
import { PinPad } from "./pin-pad.tsx";

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

type Step = "offered" | "own" | "again";

export function PinChoice(props: {
  /** Of the last step. */
  readonly doneLabel: string;
  readonly onChosen: (pin: string) => void;
  readonly isBusy?: boolean;
  readonly problem?: Problem | undefined;
  /** PINs that mean something else on this device. */
  readonly taken?: readonly string[];
}): JSX.Element {
  const { doneLabel, onChosen, isBusy = false, problem, taken = [] } = props;
  const [step, setStep] = useState<Step>("offered");
  const [offered, setOffered] = useState(() => generatePin(random));
  const [chosen, setChosen] = useState("");
  const [typed, setTyped] = useState("");
  const [mistake, setMistake] = useState<Problem>();

  function goTo(next: Step): void {
    setStep(next);
    setTyped("");
    setMistake(undefined);
  }
  function take(pin: string): void {
    const kind = taken.includes(pin) ? "pin-used" : pinMistake(pin);
    if (kind !== undefined) return fail({ kind });
    setChosen(pin);
    goTo("again");
  }
  function fail(why: Problem): void {
    setTyped("");
    setMistake(why);
  }
  function compare(again: string): void {
    if (again === chosen) onChosen(again);
    else fail({ kind: "pin-different" });
  }
  if (step === "offered")
    return (
      <div class="pin-choice">
        <p class="pin-choice__offered">{groupedPin(offered)}</p>
        <div class="buttons">
          <button type="button" class="button button--first" onClick={() => take(offered)}>
            {m.pin_take()}
          </button>
          <button type="button" class="button" onClick={() => setOffered(generatePin(random))}>
            {m.pin_another()}
          </button>
          <button type="button" class="button button--plain" onClick={() => goTo("own")}>
            {m.pin_own()}
          </button>
        </div>
      </div>
    );
  const isOwn = step === "own";
  return (
    <div class="pin-choice">
      <PinPad
        key={step}
        label={isOwn ? m.pin_own_label() : m.pin_again()}
        doneLabel={isOwn ? m.join_next() : doneLabel}
        value={typed}
        onValue={(value) => {
          setTyped(value);
          setMistake(undefined);
        }}
        onDone={isOwn ? take : compare}
        isBusy={isBusy}
        problem={mistake ?? (isOwn ? undefined : problem)}
      />
      <button
        type="button"
        class="button button--plain"
        aria-disabled={isBusy}
        onClick={() => !isBusy && goTo("offered")}
      >
        {m.pin_offer()}
      </button>
    </div>
  );
}
