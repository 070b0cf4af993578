/** Three steps, each one question: the activation code, the name, and what opens this device. */
import type { Problem } from "@sotto/client";
import { textToCode } from "@sotto/protocol";
import type { JSX, RefObject, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Threshold } from "../parts/threshold.tsx";
import type { Joining } from "../worker/protocol.ts";
import { Head } from "./join-parts.tsx";
import { SecretStep } from "./join-secret.tsx";
import { Working } from "./working.tsx";

type Step = "code" | "name" | "secret";
const STEPS: readonly Step[] = ["code", "name", "secret"];

type Answers = { readonly code: string; readonly name: string };
const NOTHING: Answers = { code: "", name: "" };

type StepProps = {
  readonly answers: Answers;
  readonly problem: Problem | undefined;
  readonly onAnswer: (name: keyof Answers) => (value: string) => void;
  readonly input: RefObject<HTMLInputElement | null>;
};

/** Which question a problem belongs to. */
function stepOf(problem: Problem): Step {
  if (problem.kind === "name-invalid" || problem.kind === "name-too-long") return "name";
  return problem.kind === "code-malformed" || problem.kind === "code-refused" ? "code" : "secret";
}

/** What is already known to be wrong with an answer, before anything is asked of the relay. */
function mistakeAt(step: Exclude<Step, "secret">, { code, name }: Answers): Problem | undefined {
  if (step === "code") return textToCode(code).ok ? undefined : { kind: "code-malformed" };
  return name.trim() === "" ? { kind: "name-invalid" } : undefined;
}

export function Join(props: {
  readonly done: number | undefined;
  readonly isJoining: boolean;
  /** The example profile this page was opened for is not there. */
  readonly isExampleGone: boolean;
  /** There was a profile a moment ago. */
  readonly isWiped: boolean;
}): JSX.Element {
  const { done, isJoining } = props;
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

  function join(secret: Joining["secret"]): void {
    void navigator.storage.persist(); // asks the browser not to clear what is kept here when space runs short
    const { code, name } = answers;
    run(() => device.join({ code: code.trim(), name: name.trim(), secret, relayUrl: location.origin }));
  }
  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (isBusy || step === "secret") return;
    const mistake = mistakeAt(step, answers);
    if (mistake !== undefined) fail(mistake);
    else setStep(STEPS[at + 1] ?? "secret");
  }
  const onAnswer = (name: keyof Answers) => (value: string) => {
    setAnswers((given) => ({ ...given, [name]: value }));
    clear();
  };
  const onBack = (): void => setStep(STEPS[at - 1] ?? "code");
  const asked = { answers, problem, onAnswer, input };
  return (
    <Threshold steps={{ at: at + 1, of: STEPS.length }}>
      {step === "secret" ? (
        <SecretStep onChosen={join} onBack={onBack} isBusy={isBusy} problem={problem} />
      ) : (
        <form onSubmit={submit} key={step}>
          {step === "code" ? <CodeStep {...asked} {...props} /> : <NameStep {...asked} />}
          <div class="threshold__actions">
            {at > 0 && (
              <button type="button" class="button button--plain" onClick={onBack}>
                {m.back()}
              </button>
            )}
            <button class="button button--first">{m.join_next()}</button>
          </div>
        </form>
      )}
      <Working isWorking={isBusy} words={m.join_working()} done={done} />
    </Threshold>
  );
}

function CodeStep(
  props: StepProps & { readonly isExampleGone: boolean; readonly isWiped: boolean },
): JSX.Element {
  const { answers, problem, onAnswer, input, isExampleGone, isWiped } = props;
  return (
    <>
      {(isExampleGone || isWiped) && (
        <p class="note" role="alert">
          <Icon name="alert" />
          {isWiped ? m.wiped_text() : m.example_gone()}
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
