/** Three steps, each one question: the activation code, the name, the passphrase. */
import type { Problem } from "@sotto/client";
import { textToCode } from "@sotto/protocol";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Field, PassphraseField } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { StrengthBar } from "../parts/strength-bar.tsx";
import { strengthOf } from "../parts/strength.ts";
import { Threshold } from "../parts/threshold.tsx";
import { PASSPHRASE_CHARS_MIN } from "../worker/protocol.ts";
import { Working } from "./working.tsx";

type Step = "code" | "name" | "passphrase";
const STEPS: readonly Step[] = ["code", "name", "passphrase"];

/** Which question a problem belongs to. */
function stepOf(problem: Problem): Step {
  if (problem.kind === "name-invalid" || problem.kind === "name-too-long") return "name";
  return problem.kind === "code-malformed" || problem.kind === "code-refused" ? "code" : "passphrase";
}

export function Join(props: {
  readonly done: number | undefined;
  readonly isJoining: boolean;
  /** The example profile this page was opened for is not there. */
  readonly isExampleGone: boolean;
}): JSX.Element {
  const { done, isJoining, isExampleGone } = props;
  const device = useDevice();
  const { isUnderWay, problem, run, clear, fail } = useAsking();
  const [step, setStep] = useState<Step>("code");
  const [code, setCode] = useState("");
  const [name, setName] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const repeated = useRef<HTMLInputElement>(null);
  const isBusy = isUnderWay || isJoining;
  const isDifferent = again !== "" && !passphrase.startsWith(again);

  useEffect(() => input.current?.focus(), [step]);
  useEffect(() => {
    if (problem !== undefined) setStep(stepOf(problem));
  }, [problem]);

  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (isBusy) return;
    clear();
    switch (step) {
      case "code":
        if (!textToCode(code).ok) fail({ kind: "code-malformed" });
        else setStep("name");
        break;
      case "name":
        if (name.trim() === "") fail({ kind: "name-invalid" });
        else setStep("passphrase");
        break;
      case "passphrase":
        if (passphrase.length < PASSPHRASE_CHARS_MIN) fail({ kind: "passphrase-short" });
        else if (again !== passphrase) repeated.current?.focus();
        else
          run(() =>
            device.join({ code: code.trim(), name: name.trim(), passphrase, relayUrl: location.origin }),
          );
    }
  }
  const edit = (set: (value: string) => void) => (value: string) => {
    set(value);
    clear();
  };
  const at = STEPS.indexOf(step) + 1;
  return (
    <Threshold steps={{ at, of: STEPS.length }}>
      <form onSubmit={submit} key={step}>
        {step === "code" && (
          <>
            {isExampleGone && (
              <p class="note" role="alert">
                <Icon name="alert" />
                {m.example_gone()}
              </p>
            )}
            <Head title={m.join_code_title()} text={m.join_code_text({ host: location.host })} />
            <Field
              label={m.join_code()}
              name="code"
              value={code}
              onValue={edit(setCode)}
              problem={problem}
              inputRef={input}
              figures
              input={{ autocomplete: "off", autocapitalize: "characters", spellcheck: false }}
            />
          </>
        )}
        {step === "name" && (
          <>
            <Head title={m.join_name_title()} text={m.join_name_text()} />
            <Field
              label={m.join_name()}
              name="name"
              value={name}
              onValue={edit(setName)}
              problem={problem}
              inputRef={input}
              input={{ autocomplete: "off", maxLength: 64 }}
            />
          </>
        )}
        {step === "passphrase" && (
          <>
            <Head title={m.join_passphrase_title()} text={m.join_passphrase_text()} />
            <PassphraseField
              label={m.passphrase()}
              name="passphrase"
              value={passphrase}
              onValue={edit(setPassphrase)}
              problem={problem}
              inputRef={input}
              isNew
            />
            <StrengthBar passphrase={passphrase} />
            <PassphraseField
              label={m.join_passphrase_again()}
              name="again"
              value={again}
              onValue={setAgain}
              hint={isDifferent ? m.join_passphrase_different() : undefined}
              inputRef={repeated}
              isNew
            />
            <p class="note">
              <Icon name="alert" />
              {strengthOf(passphrase) < 3 ? m.join_passphrase_note() : m.join_passphrase_no_recovery()}
            </p>
          </>
        )}
        <div class="threshold__actions">
          {at > 1 && (
            <button
              type="button"
              class="button button--plain"
              aria-disabled={isBusy}
              onClick={() => !isBusy && setStep(STEPS[at - 2] ?? "code")}
            >
              {m.back()}
            </button>
          )}
          <button class="button button--first" aria-disabled={isBusy}>
            {step === "passphrase" ? m.join_finish() : m.join_next()}
          </button>
        </div>
        <Working isWorking={isBusy} words={m.join_working()} done={done} />
      </form>
    </Threshold>
  );
}

const Head = ({ title, text }: { readonly title: string; readonly text: string }): JSX.Element => (
  <div class="threshold__head">
    <h1>{title}</h1>
    <p>{text}</p>
  </div>
);
