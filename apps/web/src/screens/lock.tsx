/** One field between the person and their conversations. */
import type { JSX, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDevice } from "../device.ts";
import type { Example } from "../example.ts";
import * as m from "../paraglide/messages.js";
import { useAsking } from "../parts/asking.ts";
import { PassphraseField } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Threshold } from "../parts/threshold.tsx";
import { Working } from "./working.tsx";

export function Lock(props: { readonly isOpening: boolean; readonly example: Example }): JSX.Element {
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
    <Threshold>
      {example === "offered" && (
        <p class="note" role="alert">
          <Icon name="alert" />
          {m.example_refused()}
        </p>
      )}
      <h1>{m.lock_title()}</h1>
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
    </Threshold>
  );
}
