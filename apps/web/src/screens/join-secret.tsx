/**
 * The last question of joining: what opens this device. The relay says whether there are guardians for a PIN; a passphrase is the
 * way without them, with its weakness said.
 */
import type { Problem } from "@sotto/client";
import { isPassphraseShort } from "@sotto/client/passphrase";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import * as m from "../paraglide/messages.js";
import { PassphraseField } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { PinChoice } from "../parts/pin-choice.tsx";
import { StrengthBar } from "../parts/strength-bar.tsx";
import { strengthOf } from "../parts/strength.ts";
import type { Joining, UnlockChoice } from "../worker/protocol.ts";
import { Head } from "./join-parts.tsx";
import { Working } from "./working.tsx";

type Props = {
  readonly onChosen: (secret: Joining["secret"]) => void;
  readonly onBack: () => void;
  readonly isBusy: boolean;
  readonly problem: Problem | undefined;
};
type Asked = UnlockChoice | "asking" | "unanswered";

export function SecretStep(props: Props): JSX.Element {
  const device = useDevice();
  const [choice, setChoice] = useState<Asked>("asking");
  const [wantsPassphrase, setWantsPassphrase] = useState(false);
  async function ask(): Promise<void> {
    setChoice("asking");
    setChoice((await device.unlockChoice(location.origin)) ?? "unanswered");
  }
  useEffect(() => void ask(), []);

  if (choice === "asking") return <Working isWorking words={m.join_asking()} />;
  if (choice === "unanswered") return <Unanswered onAgain={() => void ask()} onBack={props.onBack} />;
  const { pins, isPassphraseAllowed } = choice;
  if (pins === undefined || (wantsPassphrase && isPassphraseAllowed))
    return (
      <PassphraseForm {...props} onPin={pins === undefined ? undefined : () => setWantsPassphrase(false)} />
    );
  return (
    <PinForm
      {...props}
      pins={pins}
      onPassphrase={isPassphraseAllowed ? () => setWantsPassphrase(true) : undefined}
    />
  );
}

const Unanswered = (props: { readonly onAgain: () => void; readonly onBack: () => void }): JSX.Element => (
  <>
    <Head title={m.join_pin_title()} text={m.join_unanswered()} />
    <div class="threshold__actions">
      <button type="button" class="button button--plain" onClick={props.onBack}>
        {m.back()}
      </button>
      <button type="button" class="button button--first" onClick={props.onAgain}>
        {m.again()}
      </button>
    </div>
  </>
);

function PinForm(
  props: Props & {
    readonly pins: NonNullable<UnlockChoice["pins"]>;
    readonly onPassphrase: (() => void) | undefined;
  },
): JSX.Element {
  const { pins, onChosen, onBack, onPassphrase, isBusy, problem } = props;
  const { guardians: count, threshold, isTrial } = pins;
  return (
    <>
      <Head title={m.join_pin_title()} text={m.join_pin_text()} />
      <PinChoice
        doneLabel={m.join_finish()}
        onChosen={(pin) => onChosen({ kind: "pin", pin })}
        isBusy={isBusy}
        problem={problem}
      />
      {isTrial ? (
        <p class="note">
          <Icon name="alert" />
          {count === 1 ? m.trial_one() : m.trial_many()}
        </p>
      ) : (
        <p class="small quiet">{m.join_pin_guardians({ threshold, count })}</p>
      )}
      <div class="threshold__actions">
        <button
          type="button"
          class="button button--plain"
          aria-disabled={isBusy}
          onClick={() => !isBusy && onBack()}
        >
          {m.back()}
        </button>
        {onPassphrase !== undefined && (
          <button
            type="button"
            class="button button--plain"
            aria-disabled={isBusy}
            onClick={() => !isBusy && onPassphrase()}
          >
            {m.join_use_passphrase()}
          </button>
        )}
      </div>
    </>
  );
}

function PassphraseForm(props: Props & { readonly onPin: (() => void) | undefined }): JSX.Element {
  const { onChosen, onBack, onPin, isBusy, problem } = props;
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [mistake, setMistake] = useState<Problem>();
  const isDifferent = again !== "" && !passphrase.startsWith(again);
  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (isBusy) return;
    if (isPassphraseShort(passphrase)) setMistake({ kind: "passphrase-short" });
    else if (again === passphrase) onChosen({ kind: "passphrase", passphrase });
    else event.currentTarget.querySelector<HTMLInputElement>('[name="again"]')?.focus();
  }
  return (
    <form onSubmit={submit}>
      <Head title={m.join_passphrase_title()} text={m.join_passphrase_text()} />
      <PassphraseField
        label={m.passphrase()}
        name="passphrase"
        value={passphrase}
        onValue={(value) => {
          setPassphrase(value);
          setMistake(undefined);
        }}
        problem={mistake ?? problem}
        isNew
      />
      <StrengthBar passphrase={passphrase} />
      <PassphraseField
        label={m.join_passphrase_again()}
        name="again"
        value={again}
        onValue={setAgain}
        hint={isDifferent ? m.join_passphrase_different() : undefined}
        isNew
      />
      <p class="note">
        <Icon name="alert" />
        {m.join_offline_text()}
      </p>
      <p class="small quiet">
        {strengthOf(passphrase) < 3 ? m.join_passphrase_note() : m.join_passphrase_no_recovery()}
      </p>
      <div class="threshold__actions">
        <button
          type="button"
          class="button button--plain"
          aria-disabled={isBusy}
          onClick={() => !isBusy && (onPin ?? onBack)()}
        >
          {onPin === undefined ? m.back() : m.join_use_pin()}
        </button>
        <button class="button button--first" aria-disabled={isBusy}>
          {m.join_finish()}
        </button>
      </div>
    </form>
  );
}
