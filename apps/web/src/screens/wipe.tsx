/** Wiping: this device in two taps, and another whose texts two people hold. */
import { unreachable } from "@sotto/protocol";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import * as m from "../paraglide/messages.js";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import type { WipeMistake } from "../worker/protocol.ts";
import { Section } from "./panel.tsx";
import { Working } from "./working.tsx";

export function WipeNow(): JSX.Element {
  const device = useDevice();
  const [state, setState] = useState<"calm" | "asked" | "wiping">("calm");
  function wipe(): void {
    setState("wiping");
    localStorage.clear(); // how this device looked, and whatever a cover kept
    void device.wipe();
  }
  return (
    <Section title={m.wipe_title()} text={m.wipe_text()}>
      <button type="button" class="button button--danger" onClick={() => setState("asked")}>
        {m.wipe_do()}
      </button>
      <Working isWorking={state === "wiping"} words={m.wiping()} />
      {state === "asked" && (
        <Dialog title={m.wipe_do()} onClose={() => setState("calm")}>
          <p>{m.wipe_meaning()}</p>
          <div class="buttons buttons--end">
            <button type="button" class="button button--plain" onClick={() => setState("calm")}>
              {m.cancel()}
            </button>
            <button type="button" class="button button--danger" onClick={wipe}>
              {m.wipe_confirm()}
            </button>
          </div>
        </Dialog>
      )}
    </Section>
  );
}

function mistakeWords(mistake: WipeMistake): string {
  switch (mistake) {
    case "notAShare":
      return m.wipe_other_not();
    case "damaged":
      return m.wipe_other_damaged();
    case "newer":
      return m.wipe_other_newer();
    case "different":
      return m.wipe_other_different();
    default:
      return unreachable(mistake);
  }
}

export function WipeOther(): JSX.Element {
  const device = useDevice();
  const [texts, setTexts] = useState<readonly string[]>(["", ""]);
  const [isUnderWay, setUnderWay] = useState(false);
  const [outcome, setOutcome] = useState("");
  const edit = (at: number) => (value: string) => {
    setTexts((before) => before.with(at, value));
    setOutcome("");
  };
  async function submit(event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (isUnderWay) return;
    setUnderWay(true);
    const wiped = await device.wipeOther(texts);
    setUnderWay(false);
    setOutcome(wiped.ok ? m.wipe_other_done(wiped.value) : mistakeWords(wiped.error));
  }
  return (
    <Section title={m.wipe_other_title()} text={m.wipe_other_text()}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        {[m.wipe_other_first(), m.wipe_other_second()].map((label, at) => (
          <Field
            key={label}
            label={label}
            name={`text-${at}`}
            value={texts[at] ?? ""}
            onValue={edit(at)}
            figures
            input={{ autocomplete: "off", spellcheck: false }}
          />
        ))}
        <button class="button button--danger" aria-disabled={isUnderWay || texts.includes("")}>
          {m.wipe_other_do()}
        </button>
        <p role="status">
          {outcome !== "" && (
            <>
              <Icon name="alert" /> {outcome}
            </>
          )}
        </p>
      </form>
    </Section>
  );
}
