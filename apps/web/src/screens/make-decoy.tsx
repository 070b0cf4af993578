/** A second profile, one question at a time: its name, its code, its two PINs; then how it comes to look lived-in. */
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import { back } from "../navigation.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { PinChoice } from "../parts/pin-choice.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Panel, Section } from "./panel.tsx";
import { Working } from "./working.tsx";

type Step = "account" | "decoy" | "duress" | "done";

export function MakeDecoy(): JSX.Element {
  const device = useDevice();
  const { problem, run, clear, isUnderWay } = useAsking();
  const [step, setStep] = useState<Step>("account");
  const [name, setName] = useState("");
  const [code, setCode] = useState("");
  const [decoyPin, setDecoyPin] = useState("");

  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (name.trim() !== "" && code.trim() !== "") setStep("decoy");
  }
  function make(duressPin: string): void {
    const relayUrl = location.origin;
    run(
      () => device.makeDecoy({ name: name.trim(), code: code.trim(), relayUrl, decoyPin, duressPin }),
      () => setStep("done"),
    );
  }
  return (
    <Panel title={m.decoy_make()}>
      {step === "account" && (
        <Section title={m.decoy_title()} text={m.decoy_text()}>
          <ul class="facts">
            <li>{m.decoy_limit_1()}</li>
            <li>{m.decoy_limit_2()}</li>
            <li>{m.decoy_limit_3()}</li>
          </ul>
          <form class="stack" onSubmit={submit}>
            <Field
              label={m.decoy_name()}
              name="name"
              value={name}
              onValue={setName}
              input={{ autocomplete: "off", maxLength: 64 }}
            />
            <Field
              label={m.decoy_code()}
              name="code"
              value={code}
              onValue={setCode}
              hint={m.decoy_code_text()}
              figures
              input={{ autocomplete: "off", autocapitalize: "characters", spellcheck: false }}
            />
            <button class="button button--first">{m.join_next()}</button>
          </form>
        </Section>
      )}
      {step === "decoy" && (
        <Section title={m.decoy_pin_step()}>
          <PinChoice
            key="decoy"
            doneLabel={m.join_next()}
            onChosen={(pin) => {
              setDecoyPin(pin);
              setStep("duress");
            }}
          />
        </Section>
      )}
      {step === "duress" && (
        <Section title={m.duress_pin_step()}>
          <p class="note">
            <Icon name="alert" />
            {m.duress_pin_text()}
          </p>
          <PinChoice
            key="duress"
            doneLabel={m.decoy_make()}
            taken={[decoyPin]}
            isBusy={isUnderWay}
            onChosen={make}
          />
          <Trouble problem={problem} />
          {problem !== undefined && (
            <button
              type="button"
              class="button button--plain"
              onClick={() => {
                clear();
                setStep("account");
              }}
            >
              {m.back()}
            </button>
          )}
          <Working isWorking={isUnderWay} words={m.decoy_working()} />
        </Section>
      )}
      {step === "done" && <Routine />}
    </Panel>
  );
}

const Routine = (): JSX.Element => {
  const device = useDevice();
  return (
    <Section title={m.decoy_next_title()} text={m.decoy_set()}>
      <ol class="steps-list">
        <li>{m.decoy_next_1()}</li>
        <li>{m.decoy_next_2()}</li>
        <li>{m.decoy_next_3()}</li>
        <li>{m.decoy_next_4()}</li>
      </ol>
      <div class="buttons">
        <button type="button" class="button button--first" onClick={() => void device.lock()}>
          <Icon name="lock" />
          {m.lock_now()}
        </button>
        <button type="button" class="button button--plain" onClick={back}>
          {m.back()}
        </button>
      </div>
    </Section>
  );
};
