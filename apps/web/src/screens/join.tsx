/** Three steps, each one question: the activation code, the name, the passphrase. */
import type { Problem } from "@sotto/client";
import { isPassphraseShort } from "@sotto/client/passphrase";
import { textToCode } from "@sotto/protocol";
import type { JSX, RefObject, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Field, PassphraseField } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { StrengthBar } from "../parts/strength-bar.tsx";
import { strengthOf } from "../parts/strength.ts";
import { Threshold } from "../parts/threshold.tsx";
import { Working } from "./working.tsx";

type Step = "code" | "name" | "passphrase";
const STEPS: readonly Step[] = ["code", "name", "passphrase"];

type Answers = {
  readonly code: string;
  readonly name: string;
  readonly passphrase: string;
  readonly again: string;
};
const NOTHING: Answers = { code: "", name: "", passphrase: "", again: "" };

type StepProps = {
  readonly answers: Answers;
  readonly problem: Problem | undefined;
  readonly onAnswer: (name: keyof Answers) => (value: string) => void;
  readonly input: RefObject<HTMLInputElement | null>;
};

/** Which question a problem belongs to. */
function stepOf(problem: Problem): Step {
  if (problem.kind === "name-invalid" || problem.kind === "name-too-long") return "name";
  return problem.kind === "code-malformed" || problem.kind === "code-refused" ? "code" : "passphrase";
}

/** What is already known to be wrong with an answer, before anything is asked of the relay. */
function mistakeAt(step: Step, { code, name, passphrase }: Answers): Problem | undefined {
  switch (step) {
    case "code":
      return textToCode(code).ok ? undefined : { kind: "code-malformed" };
    case "name":
      return name.trim() === "" ? { kind: "name-invalid" } : undefined;
    case "passphrase":
      return isPassphraseShort(passphrase) ? { kind: "passphrase-short" } : undefined;
  }
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
  const [answers, setAnswers] = useState(NOTHING);
  const input = useRef<HTMLInputElement>(null);
  const isBusy = isUnderWay || isJoining;
  const at = STEPS.indexOf(step);

  useEffect(() => input.current?.focus(), [step]);
  useEffect(() => {
    if (problem !== undefined) setStep(stepOf(problem));
  }, [problem]);

  function join(): void {
    void navigator.storage.persist(); // asks the browser not to clear what is kept here when space runs short
    const { code, name, passphrase } = answers;
    const relayUrl = location.origin;
    run(() => device.join({ code: code.trim(), name: name.trim(), passphrase, relayUrl }));
  }
  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (isBusy) return;
    const mistake = mistakeAt(step, answers);
    const next = STEPS[at + 1];
    if (mistake !== undefined) fail(mistake);
    else if (next !== undefined) setStep(next);
    else if (answers.again === answers.passphrase) join();
    else event.currentTarget.querySelector<HTMLInputElement>('[name="again"]')?.focus();
  }
  const onAnswer = (name: keyof Answers) => (value: string) => {
    setAnswers((given) => ({ ...given, [name]: value }));
    clear();
  };
  const asked = { answers, problem, onAnswer, input };
  return (
    <Threshold steps={{ at: at + 1, of: STEPS.length }}>
      <form onSubmit={submit} key={step}>
        {step === "code" && <CodeStep {...asked} isExampleGone={isExampleGone} />}
        {step === "name" && <NameStep {...asked} />}
        {step === "passphrase" && <PassphraseStep {...asked} />}
        <div class="threshold__actions">
          {at > 0 && (
            <button
              type="button"
              class="button button--plain"
              aria-disabled={isBusy}
              onClick={() => !isBusy && setStep(STEPS[at - 1] ?? "code")}
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

function CodeStep(props: StepProps & { readonly isExampleGone: boolean }): JSX.Element {
  const { answers, problem, onAnswer, input, isExampleGone } = props;
  return (
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
        value={answers.code}
        onValue={onAnswer("code")}
        problem={problem}
        inputRef={input}
        figures
        input={{ autocomplete: "off", autocapitalize: "characters", spellcheck: false }}
      />
    </>
  );
}

const NameStep = ({ answers, problem, onAnswer, input }: StepProps): JSX.Element => (
  <>
    <Head title={m.join_name_title()} text={m.join_name_text()} />
    <Field
      label={m.join_name()}
      name="name"
      value={answers.name}
      onValue={onAnswer("name")}
      problem={problem}
      inputRef={input}
      input={{ autocomplete: "off", maxLength: 64 }}
    />
  </>
);

function PassphraseStep({ answers, problem, onAnswer, input }: StepProps): JSX.Element {
  const { passphrase, again } = answers;
  const isDifferent = again !== "" && !passphrase.startsWith(again);
  return (
    <>
      <Head title={m.join_passphrase_title()} text={m.join_passphrase_text()} />
      <PassphraseField
        label={m.passphrase()}
        name="passphrase"
        value={passphrase}
        onValue={onAnswer("passphrase")}
        problem={problem}
        inputRef={input}
        isNew
      />
      <StrengthBar passphrase={passphrase} />
      <PassphraseField
        label={m.join_passphrase_again()}
        name="again"
        value={again}
        onValue={onAnswer("again")}
        hint={isDifferent ? m.join_passphrase_different() : undefined}
        isNew
      />
      <p class="note">
        <Icon name="alert" />
        {strengthOf(passphrase) < 3 ? m.join_passphrase_note() : m.join_passphrase_no_recovery()}
      </p>
    </>
  );
}

const Head = ({ title, text }: { readonly title: string; readonly text: string }): JSX.Element => (
  <div class="threshold__head">
    <h1>{title}</h1>
    <p>{text}</p>
  </div>
);
