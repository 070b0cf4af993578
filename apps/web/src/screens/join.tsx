/**
 * Three steps, each one question: the activation code, the name, and what opens this device. Before them, for whoever comes back
 * with one, the recovery kit.
 */
import type { Problem } from "@sotto/client";
import { kitFormMistake } from "@sotto/client/kit";
import { textToCode } from "@sotto/protocol";
import type { JSX, RefObject, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { Field, LongField } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { PictureDrop } from "../parts/picture-drop.tsx";
import { Threshold } from "../parts/threshold.tsx";
import type { Joining } from "../worker/protocol.ts";
import { Head } from "./join-parts.tsx";
import { SecretStep } from "./join-secret.tsx";
import { Working } from "./working.tsx";

type Step = "kit" | "code" | "name" | "secret";
const STEPS: readonly Step[] = ["code", "name", "secret"];
const STEPS_WITH_KIT: readonly Step[] = ["kit", ...STEPS];

type Answers = { readonly kit: string; readonly code: string; readonly name: string };
const NOTHING: Answers = { kit: "", code: "", name: "" };

type StepProps = {
  readonly answers: Answers;
  readonly problem: Problem | undefined;
  readonly onAnswer: (name: keyof Answers) => (value: string) => void;
  readonly input: RefObject<HTMLInputElement | null>;
};

/** Which question a problem belongs to. */
function stepOf(problem: Problem): Step {
  if (/^(?:kit|backup)-/.test(problem.kind)) return "kit";
  if (problem.kind === "name-invalid" || problem.kind === "name-too-long") return "name";
  return problem.kind === "code-malformed" || problem.kind === "code-refused" ? "code" : "secret";
}

/** What is already known to be wrong with an answer, before anything is asked of the relay. */
function mistakeAt(step: Exclude<Step, "secret">, { kit, code, name }: Answers): Problem | undefined {
  if (step === "kit") return kitFormMistake(kit); // the list of words is not on this page
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
  const [hasKit, setHasKit] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const isBusy = isUnderWay || isJoining;
  const steps = hasKit ? STEPS_WITH_KIT : STEPS;
  const at = steps.indexOf(step);

  useEffect(() => (area.current ?? input.current)?.focus(), [step]);
  useEffect(() => {
    if (problem !== undefined) setStep(stepOf(problem));
  }, [problem]);

  function join(secret: Joining["secret"]): void {
    void navigator.storage.persist(); // asks the browser not to clear what is kept here when space runs short
    const { kit, code, name } = answers;
    const joining = { code: code.trim(), name: name.trim(), secret, relayUrl: location.origin };
    run(() => device.join(hasKit ? { ...joining, kit } : joining));
  }
  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (isBusy || step === "secret") return;
    const mistake = mistakeAt(step, answers);
    if (mistake !== undefined) fail(mistake);
    else setStep(steps[at + 1] ?? "secret");
  }
  const onAnswer = (name: keyof Answers) => (value: string) => {
    setAnswers((given) => ({ ...given, [name]: value }));
    clear();
  };
  const onBack = (): void => setStep(steps[at - 1] ?? "code");
  function withKit(wanted: boolean): void {
    setHasKit(wanted);
    setAnswers((given) => ({ ...given, kit: "" }));
    clear();
    setStep(wanted ? "kit" : "code");
  }
  const asked = { answers, problem, onAnswer, input };
  return (
    <Threshold steps={{ at: at + 1, of: steps.length }}>
      {step === "secret" ? (
        <SecretStep onChosen={join} onBack={onBack} isBusy={isBusy} problem={problem} />
      ) : (
        <form onSubmit={submit} key={step}>
          {step === "kit" && (
            <KitStep kit={answers.kit} onKit={onAnswer("kit")} problem={problem} area={area} />
          )}
          {step === "code" && <CodeStep {...asked} {...props} />}
          {step === "name" && <NameStep {...asked} />}
          <div class="threshold__actions">
            {step === "code" && !hasKit && (
              <button type="button" class="button button--plain" onClick={() => withKit(true)}>
                {m.join_have_kit()}
              </button>
            )}
            {step === "kit" && (
              <button type="button" class="button button--plain" onClick={() => withKit(false)}>
                {m.join_no_kit()}
              </button>
            )}
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

const KitStep = (props: {
  readonly kit: string;
  readonly onKit: (value: string) => void;
  readonly problem: Problem | undefined;
  readonly area: RefObject<HTMLTextAreaElement | null>;
}): JSX.Element => (
  <>
    <Head title={m.join_kit_title()} text={m.join_kit_text({ host: location.host })} />
    <LongField
      label={m.join_kit()}
      name="kit"
      value={props.kit}
      onValue={props.onKit}
      problem={props.problem}
      inputRef={props.area}
    />
    <PictureDrop label={m.join_kit_picture()} onText={props.onKit} />
    <p class="note">
      <Icon name="alert" />
      {m.join_kit_meaning()}
    </p>
  </>
);

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
