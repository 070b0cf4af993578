/** One thing between the person and their conversations: a PIN, or a passphrase. */
import type { LockView } from "@sotto/client";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import type { Example } from "../example.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { PassphraseField } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { PinPad } from "../parts/pin-pad.tsx";
import { Threshold } from "../parts/threshold.tsx";
import { dateWords } from "../words.ts";
import { Working } from "./working.tsx";

export function Lock(props: {
  readonly lock: LockView | undefined;
  readonly isOpening: boolean;
  readonly example: Example;
}): JSX.Element {
  const { lock, isOpening, example } = props;
  return (
    <Threshold>
      {example === "offered" && (
        <p class="note" role="alert">
          <Icon name="alert" />
          {m.example_refused()}
        </p>
      )}
      <h1>{m.lock_title()}</h1>
      {lock?.kind === "pin" && <PinLock lock={lock} isOpening={isOpening} />}
      {lock?.kind === "passphrase" && <PassphraseLock isOpening={isOpening} example={example} />}
      {lock === undefined && <Working isWorking words={m.starting()} />}
    </Threshold>
  );
}

function PinLock(props: {
  readonly lock: Extract<LockView, { kind: "pin" }>;
  readonly isOpening: boolean;
}): JSX.Element {
  const { lock, isOpening } = props;
  const device = useDevice();
  const { isUnderWay, problem, run, clear } = useAsking();
  const [pin, setPin] = useState("");
  const isBusy = isUnderWay || isOpening;
  function open(typed: string): void {
    run(() => device.unlock(typed));
    setPin(""); // what was typed is not kept for as long as guardians take
  }
  return (
    <>
      <PinPad
        label={m.pin()}
        doneLabel={m.lock_open()}
        value={pin}
        onValue={(value) => {
          setPin(value);
          clear();
        }}
        onDone={open}
        isBusy={isBusy}
        problem={problem}
      />
      <Working isWorking={isBusy} words={m.lock_opening()} />
      <p class="small quiet">{m.lock_pin_text()}</p>
      {lock.wipesAt !== undefined && (
        <p class="small quiet">{m.lock_wipes_at({ date: dateWords(lock.wipesAt) })}</p>
      )}
      {lock.isTrial && <p class="small quiet">{m.trial_short()}</p>}
    </>
  );
}

function PassphraseLock(props: { readonly isOpening: boolean; readonly example: Example }): JSX.Element {
  const { isOpening, example } = props;
  const device = useDevice();
  const { isUnderWay, problem, run, clear } = useAsking();
  const [passphrase, setPassphrase] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (problem !== undefined) input.current?.select();
  }, [problem]);

  function submit(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    run(() => device.unlock(passphrase));
  }
  const isBusy = isUnderWay || isOpening;
  return (
    <>
      <form onSubmit={submit}>
        <PassphraseField
          label={m.passphrase()}
          name="passphrase"
          value={passphrase}
          onValue={(value) => {
            setPassphrase(value);
            clear();
          }}
          problem={problem}
          inputRef={input}
        />
        <div class="threshold__actions">
          <button class="button button--first" aria-disabled={isBusy}>
            {m.lock_open()}
          </button>
        </div>
        <Working isWorking={isBusy} words={m.lock_opening()} />
      </form>
      <p class="small quiet">{example === "taken" ? m.lock_example() : m.lock_forgotten()}</p>
    </>
  );
}
